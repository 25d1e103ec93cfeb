#include "colormap.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>

namespace descent::plot {
namespace {

constexpr Color from_hex(std::uint32_t rgb) {
  return {static_cast<float>((rgb >> 16) & 255) / 255, static_cast<float>((rgb >> 8) & 255) / 255,
          static_cast<float>(rgb & 255) / 255};
}

constexpr std::array<std::pair<std::string_view, std::uint32_t>, 16> kNames{{
    {"black", 0x000000},
    {"white", 0xffffff},
    {"gray", 0x808080},
    {"grey", 0x808080},
    {"lightgray", 0xd0d0d0},
    {"darkgray", 0x505050},
    {"red", 0xc62828},
    {"green", 0x1b8a3a},
    {"blue", 0x1f5fbf},
    {"orange", 0xe67700},
    {"purple", 0x7b3fa0},
    {"brown", 0x8c564b},
    {"pink", 0xcc79a7},
    {"cyan", 0x17a2b8},
    {"yellow", 0xe6c700},
    {"magenta", 0xc2188b},
}};

constexpr std::uint32_t kCycle[kCycleLength] = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7,
                                                0xe69f00, 0x56b4e9, 0x7a4a9e, 0x4d4d4d};

// matplotlib's viridis, at twenty places.
constexpr std::uint32_t kViridis[] = {0x440154, 0x481567, 0x482677, 0x453781, 0x404788, 0x39568c, 0x33638d,
                                      0x2d708e, 0x287d8e, 0x238a8d, 0x1f968b, 0x20a387, 0x29af7f, 0x3cbb75,
                                      0x55c667, 0x73d055, 0x95d840, 0xb8de29, 0xdce319, 0xfde725};
// ColorBrewer's Blues and RdBu (reversed: red is positive).
constexpr std::uint32_t kBlues[] = {0xf7fbff, 0xdeebf7, 0xc6dbef, 0x9ecae1, 0x6baed6,
                                    0x4292c6, 0x2171b5, 0x08519c, 0x08306b};
constexpr std::uint32_t kDiverging[] = {0x053061, 0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7,
                                        0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b, 0x67001f};
constexpr std::uint32_t kGray[] = {0x000000, 0xffffff};

std::span<const std::uint32_t> anchors_of(std::string_view name) {
  if (name == "viridis") return kViridis;
  if (name == "blues") return kBlues;
  if (name == "gray") return kGray;
  if (name == "diverging") return kDiverging;
  throw std::invalid_argument(fmt::format("colormap: expected viridis, blues, gray or diverging, got \"{}\"", name));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Color parse_color(std::string_view text, const char* option) {
  for (const auto& [name, rgb] : kNames) {
    if (text == name) return from_hex(rgb);
  }
  const bool is_short = text.size() == 4;
  bool valid = (is_short || text.size() == 7) && text[0] == '#';
  std::uint32_t rgb = 0;
  for (std::size_t i = 1; valid && i < text.size(); ++i) {
    const int digit = hex_digit(text[i]);
    valid = digit >= 0;
    rgb = rgb * 16 + static_cast<std::uint32_t>(digit);
    if (is_short) rgb = rgb * 16 + static_cast<std::uint32_t>(digit);
  }
  if (!valid)
    throw std::invalid_argument(fmt::format("{}: expected #rrggbb, #rgb or a name, got \"{}\"", option, text));
  return from_hex(rgb);
}

Color cycle_color(std::size_t i) { return from_hex(kCycle[i % kCycleLength]); }

double luminance(const Color& color) { return 0.2126 * color.r + 0.7152 * color.g + 0.0722 * color.b; }

Colormap::Colormap(std::string_view name) {
  for (const std::uint32_t rgb : anchors_of(name)) anchors_.push_back(from_hex(rgb));
}

Color Colormap::operator()(double t) const {
  if (std::isnan(t)) return kMissing;
  const double position = std::clamp(t, 0.0, 1.0) * static_cast<double>(anchors_.size() - 1);
  const std::size_t i = std::min(static_cast<std::size_t>(position), anchors_.size() - 2);
  const float w = static_cast<float>(position - static_cast<double>(i));
  const Color &p = anchors_[i], &q = anchors_[i + 1];
  return {p.r + w * (q.r - p.r), p.g + w * (q.g - p.g), p.b + w * (q.b - p.b)};
}

}  // namespace descent::plot
