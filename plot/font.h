// Text in DejaVu Sans, which is part of the library. UTF-8; '\n' starts a new line.
#pragma once

#include <string>
#include <string_view>

#include "canvas.h"

namespace descent::plot {

enum class HAlign { Left, Center, Right };
/// Where the anchor is: Top and Bottom of the whole block, Middle of it as the eye sees it, or the first baseline.
enum class VAlign { Top, Middle, Bottom, Baseline };

struct TextStyle {
  double size = 24;  ///< height of the font in pixels
  Color color = kInk;
  HAlign horizontal = HAlign::Left;
  VAlign vertical = VAlign::Baseline;
  double angle = 0;  ///< in degrees, counter-clockwise about the anchor
};

/// Width of the widest line, in pixels.
double text_width(std::string_view text, double size);
/// Height of all lines, in pixels.
double text_height(std::string_view text, double size);
/// From one baseline to the next.
double line_height(double size);

/// Bytes that are no UTF-8, and characters that the font lacks, are drawn as its box.
void draw_text(Canvas& canvas, Point anchor, std::string_view text, const TextStyle& style);

/// The largest size up to `size`, but at least `smallest`, at which the text is no wider than `width`.
double fit_size(std::string_view text, double size, double smallest, double width);
/// Each line cut, with "…" at its end, where it is wider than `width`.
std::string ellipsize(std::string_view text, double size, double width);

}  // namespace descent::plot
