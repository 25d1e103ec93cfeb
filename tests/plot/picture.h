// Reads back what a figure wrote.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plot/canvas.h"
#include "plot/figure.h"

namespace descent::testing {

/// A decoded PNG.
struct Picture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;

  /// 0xrrggbb.
  std::uint32_t at(int x, int y) const;
  /// How many pixels of [x0, x1) × [y0, y1) are within `tolerance` of a colour, channel by channel.
  int count(std::uint32_t color, int tolerance, int x0, int y0, int x1, int y1) const;
  int count(std::uint32_t color, int tolerance = 3) const { return count(color, tolerance, 0, 0, width, height); }
  /// Columns and rows that the pixels of a colour span; x0 > x1 without any.
  plot::Rect bounds(std::uint32_t color, int tolerance = 3) const;
};

/// Fails the test unless the bytes are a complete PNG of three channels.
Picture decode(const std::vector<std::uint8_t>& png);
Picture decode_file(const std::string& path);
inline Picture picture_of(const plot::Figure& figure) { return decode(figure.png()); }

/// Sum over all pixels of how dark they are, in units of black pixels: the area of black shapes on white.
double ink(const plot::Canvas& canvas);
/// The rectangle of pixels that are not white.
plot::Rect inked(const plot::Canvas& canvas);

}  // namespace descent::testing
