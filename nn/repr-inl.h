// Values as Python prints them, for extra_repr.
#pragma once

#include <fmt/core.h>

#include <string>

namespace descent::nn {

inline std::string python(bool value) { return value ? "True" : "False"; }

/// The shortest text that reads back as the same double; always with a point or an exponent.
inline std::string python(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

}  // namespace descent::nn
