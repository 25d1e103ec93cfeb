// Rows of functions of one element.
#pragma once

#include <cstdint>

#include "elementwise.h"

namespace descent::kernels {

/// y[0, n) = f(x[0, n)), contiguous.
using UnaryRow = void (*)(void* y, const void* x, std::int64_t n);

/// The row of a function from Exp2 on, for float64 or float32.
UnaryRow special_unary_row(Unary op, bool is_double);

}  // namespace descent::kernels
