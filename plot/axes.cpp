#include "axes.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace descent::plot {
namespace {

constexpr double kLargest = 1e300;    // spans stay finite
constexpr double kSmallest = 1e-300;  // and logarithms exact
constexpr std::string_view kMinus = "\u2212";

// A hyphen is too short for a minus.
std::string with_minus(std::string text) {
  for (std::size_t at; (at = text.find('-')) != text.npos;) text.replace(at, 1, kMinus);
  return text;
}

std::string trim_zeros(std::string text) {
  if (text.find('.') == text.npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

int exponent_of(double value) {
  return value == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-12));
}

// mantissa·10^exponent, "2.5e−4".
std::string scientific(double value, int decimals) {
  std::string text = fmt::format("{:.{}e}", value, decimals);
  const std::size_t e = text.find('e');
  return fmt::format("{}e{}", trim_zeros(text.substr(0, e)), std::stoi(text.substr(e + 1)));
}

std::string power_of_ten(int exponent) {
  static constexpr std::string_view kDigits[] = {"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                                 "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
  std::string out = "10";
  for (const char c : std::to_string(exponent)) out += c == '-' ? std::string_view("\u207b") : kDigits[c - '0'];
  return out;
}

// The smallest of 1, 2, 5·10^k with at most `count` multiples in [low, high]: mantissa and k.
struct Step {
  int mantissa;
  int exponent;
  double size() const { return mantissa * std::pow(10.0, exponent); }
};

Step choose_step(double low, double high, std::size_t count, bool whole) {
  const double most = static_cast<double>(std::max<std::size_t>(count, 2));
  const double span = high - low;
  const int finest = exponent_of(span / most) - 1;
  for (int k = whole ? std::max(finest, 0) : finest;; ++k) {
    for (const int mantissa : {1, 2, 5}) {
      const double size = mantissa * std::pow(10.0, k);
      if (std::floor(high / size + 1e-9) - std::ceil(low / size - 1e-9) + 1 <= most) return {mantissa, k};
    }
  }
}

std::vector<Tick> linear_ticks(double low, double high, std::size_t count, bool whole) {
  const Step step = choose_step(low, high, count, whole);
  const double size = step.size();
  const double largest = std::max(std::abs(low), std::abs(high));
  const int top = exponent_of(largest);
  const bool is_scientific = top >= 6 || top <= -4;
  std::vector<Tick> ticks;
  for (double i = std::ceil(low / size - 1e-9); i <= std::floor(high / size + 1e-9); ++i) {
    const double value = i * size + 0.0;  // never −0
    std::string label = "0";
    if (!is_scientific)
      label = fmt::format("{:.{}f}", value, std::max(0, -step.exponent));
    else if (value != 0)
      label = scientific(value, std::max(0, exponent_of(value) - step.exponent));
    ticks.push_back({std::clamp(value, low, high), with_minus(label)});
  }
  return ticks;
}

std::vector<Tick> log_ticks(double low, double high, std::size_t count) {
  const double from = std::log10(low), to = std::log10(high);
  const int first = static_cast<int>(std::ceil(from - 1e-9)), last = static_cast<int>(std::floor(to + 1e-9));
  if (to - from < 0.7) return linear_ticks(low, high, count, false);
  const int most = static_cast<int>(std::max<std::size_t>(count, 2));
  const int stride = std::max(1, (last - first + most) / most);
  const bool few = to - from < 2 && most >= 5;
  const bool plain = std::floor(from) >= -4 && std::ceil(to) <= 4;
  std::vector<Tick> ticks;
  for (int k = first - 1; k <= last; ++k) {
    const double decade = std::pow(10.0, k);
    const bool labelled = ((k % stride) + stride) % stride == 0;
    for (int m = 1; m <= 9; ++m) {
      const double value = m * decade;
      if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
      std::string label;
      if (m == 1 && labelled) label = plain ? format_number(value) : with_minus(power_of_ten(k));
      if ((m == 2 || m == 5) && few) label = format_number(value);
      if (few && !plain && !label.empty()) label = with_minus(scientific(value, 0));
      if (m > 1 && label.empty() && stride > 1) continue;
      ticks.push_back({value, label});
    }
  }
  return ticks;
}

}  // namespace

double Axis::fraction(double value) const {
  double t = std::numeric_limits<double>::quiet_NaN();
  if (!log)
    t = (value / 2 - low / 2) / (high / 2 - low / 2);
  else if (value > 0)
    t = (std::log10(value) - std::log10(low)) / (std::log10(high) - std::log10(low));
  return inverted ? 1 - t : t;
}

double Axis::value(double t) const {
  if (inverted) t = 1 - t;
  if (!log) return low + t * (high - low);
  return low * std::pow(high / low, t);
}

void Extent::add(double value, bool log) {
  if (!std::isfinite(value) || std::abs(value) > kLargest || (log && value < kSmallest)) return;
  low = std::min(low, value);
  high = std::max(high, value);
  integral &= value == std::round(value);
}

Axis make_axis(const Extent& data, const Range& wanted, bool log, double margin) {
  const bool fixed_low = !std::isnan(wanted.low), fixed_high = !std::isnan(wanted.high);
  Extent range = data;
  if (range.empty() && (fixed_low || fixed_high)) {
    const double end = fixed_low ? wanted.low : wanted.high;
    range.low = fixed_low ? end : log ? end / 10 : end - 1;
    range.high = fixed_high ? wanted.high : log ? end * 10 : end + 1;
  } else if (range.empty()) {
    range = log ? Extent{1, 10, false} : Extent{0, 1, false};
    margin = 0;
  }
  if (fixed_low) range.low = wanted.low;
  if (fixed_high) range.high = wanted.high;
  if (range.low > range.high)
    (fixed_low ? range.high : range.low) = fixed_low ? range.low : range.high;  // all data outside

  // Too narrow to tell its ticks apart.
  const double size = std::max(std::abs(range.low), std::abs(range.high));
  const bool constant = log ? range.high <= range.low * (1 + 1e-9) : range.high - range.low <= 1e-9 * size;
  double below = 0, above = 0;
  if (constant) {
    below = above = log ? 0.5 : size == 0 ? 1.0 : 0.1 * size;
  } else {
    below = above = margin * (log ? std::log10(range.high) - std::log10(range.low) : range.high - range.low);
  }
  if (fixed_low && !(constant && fixed_high)) below = 0;
  if (fixed_high && !(constant && fixed_low)) above = 0;
  Axis axis;
  axis.log = log;
  axis.low = log ? std::max(kSmallest, range.low * std::pow(10.0, -below)) : std::max(-kLargest, range.low - below);
  axis.high = log ? std::min(kLargest, range.high * std::pow(10.0, above)) : std::min(kLargest, range.high + above);
  if (!log && !(axis.high - axis.low >= kSmallest)) {  // subnormal data
    axis.low -= 1e-290;
    axis.high += 1e-290;
  }
  return axis;
}

void check_range(const Range& range, bool log, const char* option) {
  const bool low = !std::isnan(range.low), high = !std::isnan(range.high);
  const auto bad_end = [&](double end) { return std::abs(end) > kLargest || (log && end < kSmallest); };
  if ((low && bad_end(range.low)) || (high && bad_end(range.high)) || (low && high && range.low >= range.high)) {
    throw std::invalid_argument(fmt::format("{}: expected low < high, finite{}, got {{{}, {}}}", option,
                                            log ? " and positive on a log axis" : "", range.low, range.high));
  }
}

std::vector<Tick> make_ticks(const Axis& axis, std::size_t count, bool whole) {
  return axis.log ? log_ticks(axis.low, axis.high, count) : linear_ticks(axis.low, axis.high, count, whole);
}

std::string format_number(double value, int significant) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : with_minus("-inf");
  const int exponent = exponent_of(value);
  if (value == 0) return "0";
  if (exponent >= 6 || exponent <= -5) return with_minus(scientific(value, significant - 1));
  return with_minus(trim_zeros(fmt::format("{:.{}f}", value, std::max(0, significant - 1 - exponent))));
}

}  // namespace descent::plot
