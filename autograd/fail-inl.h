// For the library's .cpp files: throw an error whose message is formatted by fmt.
#pragma once

#include <fmt/format.h>

#include <utility>

#include "../kernels/dtype.h"
#include "error.h"
#include "shape.h"

template <>
struct fmt::formatter<descent::Shape> : fmt::formatter<std::string> {
  template <class Context>
  auto format(const descent::Shape& shape, Context& context) const {
    return fmt::formatter<std::string>::format(shape.str(), context);
  }
};

template <>
struct fmt::formatter<descent::DType> : fmt::formatter<const char*> {
  template <class Context>
  auto format(descent::DType dtype, Context& context) const {
    return fmt::formatter<const char*>::format(descent::name_of(dtype), context);
  }
};

namespace descent {

/// Throws E("op: message"). Kept out of line of the caller's hot path.
template <class E, class... Args>
[[noreturn, gnu::cold, gnu::noinline]] void fail(const char* op, fmt::format_string<Args...> text, Args&&... args) {
  throw E(std::string(op) + ": " + fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace descent
