// The inner product over last dims.
#pragma once

#include "../tensor.h"

namespace descent {

/// Σₖ a[.., k]·b[.., k] for every row of a and every row of b: [*m, k] and [*n, k] -> [*m, *n]; a 0-dim operand is a
/// factor. Floats of one type (DTypeError), unless an operand is 0-dim; ShapeError where the last sizes differ.
Tensor inner(const Tensor& a, const Tensor& b);

}  // namespace descent
