// The bilinear form of two vectors.
#pragma once

#include "../tensor.h"

namespace descent {

/// y_o = x1ᵀ·W_o·x2 + b_o: x1 [.., n], x2 [.., m] with the same leading dims, weight [o, n, m], bias [o] or Tensor()
/// -> [.., o]. Floats of one type. Throws ShapeError and DTypeError.
Tensor bilinear(const Tensor& x1, const Tensor& x2, const Tensor& weight, const Tensor& bias = {});

}  // namespace descent
