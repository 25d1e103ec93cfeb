// Ops that follow boolean masks, and where elements are not zero.
#pragma once

#include <vector>

#include "../tensor.h"

namespace descent {

/// `value` where the mask holds, else a; both broadcast. The result has a's dtype; a tensor value is 0-dim. Throws
/// DTypeError unless the mask is boolean.
Tensor masked_fill(const Tensor& a, const Tensor& mask, Scalar value);
Tensor masked_fill(const Tensor& a, const Tensor& mask, const Tensor& value);
/// The elements of `a` where the mask holds, in row-major order -> [n]; both broadcast.
Tensor masked_select(const Tensor& a, const Tensor& mask);
/// a with its elements under the mask replaced by the first ones of `source`, in row-major order; a and mask broadcast.
/// Throws ShapeError when source has too few.
Tensor masked_scatter(const Tensor& a, const Tensor& mask, const Tensor& source);

/// Coordinates of the elements that are not zero (NaN is not), in row-major order -> int64 [n, a.dim()].
Tensor nonzero(const Tensor& a);
/// The columns of nonzero(condition), one [n] a dim: made for index(a, where(condition)). A 0-dim tensor has one.
std::vector<Tensor> where(const Tensor& condition);

}  // namespace descent
