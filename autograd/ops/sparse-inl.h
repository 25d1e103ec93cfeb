// Row-sparse tensors inside the library.
#pragma once

#include "../tensor_impl.h"

namespace descent::autograd {

/// The row-sparse tensor Σ values[i] in row indices[i]; repeated indices add up, in order. `indices` int64 [n], in
/// range; `values` [n, shape[1], ...].
Tensor sparse_from_rows(const Tensor& indices, const Tensor& values, const Shape& shape);

/// a + b of two row-sparse tensors of one shape and dtype: a row that both have is added.
Tensor sparse_sum(const Tensor& a, const Tensor& b);

}  // namespace descent::autograd
