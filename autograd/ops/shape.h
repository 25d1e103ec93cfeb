// Ops that rearrange elements. Those marked (view) share memory with their input; all are differentiable.
#pragma once

#include <vector>

#include "../tensor.h"

namespace descent {

/// The same elements in row-major order under another shape; one size may be −1. A view where strides allow it, else a
/// copy. Throws ShapeError.
Tensor reshape(const Tensor& a, const Shape& shape);
/// (view) reshape that throws ShapeError where a copy would be needed.
Tensor view(const Tensor& a, const Shape& shape);
/// One dim cut into several, of these sizes; one may be −1. A view.
Tensor unflatten(const Tensor& a, std::int64_t dim, const Shape& sizes);
/// Joins dims start … end into one.
Tensor flatten(const Tensor& a, std::int64_t start_dim = 0, std::int64_t end_dim = -1);
Tensor transpose(const Tensor& a, std::int64_t dim0, std::int64_t dim1);  ///< (view) two dims swapped
Tensor t(const Tensor& a);                                                ///< (view) transpose of at most 2 dims
Tensor permute(const Tensor& a, const Shape& dims);                       ///< (view) result dim i is dim dims[i]
/// (view) Dim source[i] moves to place destination[i], the others keep their order. Throws ShapeError when a dim comes
/// twice or the counts differ.
Tensor movedim(const Tensor& a, const Shape& source, const Shape& destination);
Tensor squeeze(const Tensor& a);  ///< (view) without the dims of size 1
Tensor squeeze(const Tensor& a, std::int64_t dim);
Tensor squeeze(const Tensor& a, const Shape& dims);   ///< (view) without those of `dims` that have size 1
Tensor unsqueeze(const Tensor& a, std::int64_t dim);  ///< (view) a new dim of size 1
/// (view) Broadcast to `shape`; −1 keeps a size. Several elements share memory: no in-place op takes the result.
Tensor expand(const Tensor& a, const Shape& shape);
Tensor broadcast_to(const Tensor& a, const Shape& shape);
Tensor expand_as(const Tensor& a, const Tensor& other);  ///< (view) expand to the other's shape
/// (view) start, start + step, … below end along dim; negative bounds count from the end, bounds are clipped to it as
/// in Python. step >= 1 (std::invalid_argument).
Tensor slice(const Tensor& a, std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step = 1);
/// (view) `length` elements from `start` on; throws IndexError unless all lie inside.
Tensor narrow(const Tensor& a, std::int64_t dim, std::int64_t start, std::int64_t length);
/// (view) One position along dim, which disappears; negative counts from the end. Throws IndexError.
Tensor select(const Tensor& a, std::int64_t dim, std::int64_t index);
/// Joins tensors along dim; all other sizes are equal, types are promoted. An empty vector [0] joins anything.
Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim = 0);
/// Joins equal shapes along a new dim.
Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim = 0);
/// cat along dim 1, of vectors along dim 0; a 0-dim tensor counts as [1].
Tensor hstack(const std::vector<Tensor>& tensors);
/// cat along dim 0; a vector [n] counts as [1, n].
Tensor vstack(const std::vector<Tensor>& tensors);
/// cat along dim 2; a vector [n] counts as [1, n, 1], a matrix [m, n] as [m, n, 1].
Tensor dstack(const std::vector<Tensor>& tensors);
/// Converted to `dtype`; the gradient is converted back.
Tensor to(const Tensor& a, DType dtype);

}  // namespace descent
