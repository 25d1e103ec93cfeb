// Colours: parsing, the cycle of line colours, colour maps.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace descent::plot {

/// Red, green, blue and opacity, each in [0, 1], as sRGB.
struct Color {
  float r = 0, g = 0, b = 0, a = 1;
  Color with_alpha(double alpha) const { return {r, g, b, static_cast<float>(alpha)}; }
  bool operator==(const Color&) const = default;
};

inline constexpr Color kWhite{1, 1, 1};
inline constexpr Color kInk{0.13f, 0.13f, 0.13f};      // text
inline constexpr Color kAxis{0.35f, 0.35f, 0.35f};     // frame and ticks
inline constexpr Color kGrid{0.89f, 0.89f, 0.89f};     // grid lines
inline constexpr Color kMissing{0.85f, 0.85f, 0.85f};  // NaN

/// "#rrggbb", "#rgb" or a name. Throws std::invalid_argument naming `option`.
Color parse_color(std::string_view text, const char* option = "color");

/// How many colours the cycle has before it starts again.
inline constexpr std::size_t kCycleLength = 8;

/// The i-th line colour: the palette of Okabe and Ito (2008), which the common colour blindnesses keep apart.
Color cycle_color(std::size_t i);

/// How light a colour looks, in [0, 1].
double luminance(const Color& color);

/// A map from [0, 1] to colours, linear between evenly spaced anchors.
class Colormap {
 public:
  /// "viridis", "blues", "gray" or "diverging"; throws std::invalid_argument for others.
  explicit Colormap(std::string_view name);
  /// Arguments outside [0, 1] take the nearer end; NaN is light gray.
  Color operator()(double t) const;

 private:
  std::vector<Color> anchors_;
};

}  // namespace descent::plot
