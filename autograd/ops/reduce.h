// Reductions over all dims, or over the given ones. An empty list of dims means all, as in PyTorch.
// A dim out of range throws IndexError, one given twice ShapeError.
#pragma once

#include "../tensor.h"

namespace descent {

Tensor sum(const Tensor& a);  ///< integers and booleans sum to int64
Tensor sum(const Tensor& a, const Shape& dims, bool keepdim = false);
Tensor mean(const Tensor& a);  ///< floats only (DTypeError); NaN over nothing
Tensor mean(const Tensor& a, const Shape& dims, bool keepdim = false);

/// Largest element (smallest for min); NaN wins; throws ShapeError on an empty tensor.
/// Ties share the gradient equally here, and give it to the first index along a dim.
Tensor max(const Tensor& a);
Tensor min(const Tensor& a);
ValuesAndIndices max(const Tensor& a, std::int64_t dim, bool keepdim = false);
ValuesAndIndices min(const Tensor& a, std::int64_t dim, bool keepdim = false);
Tensor max(const Tensor& a, const Tensor& b);  ///< maximum(a, b)
Tensor min(const Tensor& a, const Tensor& b);

/// int64 position of the largest (smallest) element: the first of equals, the first NaN; in the flattened tensor, or
/// along a dim.
Tensor argmax(const Tensor& a);
Tensor argmax(const Tensor& a, std::int64_t dim, bool keepdim = false);
Tensor argmin(const Tensor& a);
Tensor argmin(const Tensor& a, std::int64_t dim, bool keepdim = false);

/// Sums `a` down to `shape`, which must broadcast to a's: the adjoint of expand.
Tensor sum_to(const Tensor& a, const Shape& shape);

}  // namespace descent
