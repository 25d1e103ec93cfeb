// Values as Python prints them, for extra_repr, and checks that constructors share.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/window.h"

namespace descent::nn {

inline std::string python(bool value) { return value ? "True" : "False"; }

/// The shortest text that reads back as the same double; always with a point or an exponent.
inline std::string python(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

inline std::string python(const std::optional<double>& value) { return value ? python(*value) : "None"; }

/// "(3,)", "(3, 5)".
inline std::string python(const Shape& values) {
  std::string text;
  for (const std::int64_t value : values) text += fmt::format("{}{}", text.empty() ? "" : ", ", value);
  return "(" + text + (values.size() == 1 ? ",)" : ")");
}

/// As it was given: a number, or a tuple of several.
inline std::string python(const Extent& extent) {
  return extent.values().size() == 1 ? fmt::format("{}", extent.values()[0]) : python(extent.values());
}

/// Throws std::invalid_argument when `value` is smaller than `least`.
inline void check_at_least(std::int64_t least, std::int64_t value, const char* layer, const char* option) {
  if (value < least) {
    throw std::invalid_argument(fmt::format("{}: {} must be at least {}, got {}", layer, option, least, value));
  }
}

/// Throws std::invalid_argument unless `dtype` is a floating type.
inline void check_floating(DType dtype, const char* layer) {
  if (!is_floating_point(dtype)) {
    throw std::invalid_argument(fmt::format("{}: dtype must be floating, got {}", layer, name_of(dtype)));
  }
}

/// Throws std::invalid_argument unless 0 <= p <= 1.
inline void check_probability(double p, const char* layer) {
  if (!(p >= 0 && p <= 1)) throw std::invalid_argument(fmt::format("{}: p must be in [0, 1], got {}", layer, p));
}

/// Throws std::invalid_argument for a negative or NaN eps.
inline void check_eps(double eps, const char* layer) {
  if (!(eps >= 0)) throw std::invalid_argument(fmt::format("{}: eps must not be negative, got {}", layer, eps));
}

/// Calls that one of three functions which is for so many spatial dims.
template <class F, class... Args>
auto for_dims(int dims, F* one, F* two, F* three, const Args&... args) {
  F* const functions[] = {one, two, three};
  return functions[dims - 1](args...);
}

}  // namespace descent::nn
