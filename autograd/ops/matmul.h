// Matrix products of floats (DTypeError otherwise; both operands of one type).
#pragma once

#include "../tensor.h"

namespace descent {

/// As in PyTorch: 1-D x 1-D is a dot product, 2-D x 2-D a matrix product, a 1-D operand is a row (left) or a column
/// (right) that disappears again, further leading dims are broadcast batches. Throws ShapeError.
Tensor matmul(const Tensor& a, const Tensor& b);
Tensor mm(const Tensor& a, const Tensor& b);   ///< [n, k] x [k, m]
Tensor bmm(const Tensor& a, const Tensor& b);  ///< [b, n, k] x [b, k, m]

/// x·Wᵀ + bias, one fused op: x [.., in], weight [out, in], bias [out] or Tensor() -> [.., out].
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

}  // namespace descent
