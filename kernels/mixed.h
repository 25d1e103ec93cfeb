// Elementwise functions of three operands in one pass.
#pragma once

#include "view.h"

namespace descent::kernels {

/// Lerp: a + c·(b − a) where |c| < ½, else b − (b − a)·(1 − c). Floats only.
/// Addcmul: a + value·b·c, every number type (integers wrap, value is whole). Addcdiv: a + value·b/c, floats only.
enum class Mixed { Lerp, Addcmul, Addcdiv };

/// All views have one shape and type; a broadcast operand has strides of 0. `out` may be one of the operands.
void mixed(Mixed op, View out, View a, View b, View c, double value = 1);

}  // namespace descent::kernels
