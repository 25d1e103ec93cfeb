// Checks that the activation functions share.
#pragma once

#include <cmath>

#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent::autograd {

inline void floats_only(const char* op, const Tensor& a) {
  a.checked(op);
  if (!a.is_floating_point()) fail<DTypeError>(op, "takes floats, got {}", a.dtype());
}

inline void finite_option(const char* op, const char* option, double value) {
  if (!std::isfinite(value))
    throw std::invalid_argument(fmt::format("{}: {} must be finite, got {}", op, option, value));
}

}  // namespace descent::autograd
