// Ops that follow int64 indices. An index out of range throws IndexError naming it; none may be negative.
#pragma once

#include "../tensor.h"

namespace descent {

/// out[.., i, ..] = a[.., index[i], ..] along dim; index has at most one dim. Repeated indices add up in the gradient.
Tensor index_select(const Tensor& a, std::int64_t dim, const Tensor& index);
/// out[i][j] = a[index[i][j]][j] for dim 0, a[i][index[i][j]] for dim 1, and so on. index has as many dims as a and is
/// no larger than a in the others.
Tensor gather(const Tensor& a, std::int64_t dim, const Tensor& index);
/// A copy of `a` with a[.., index[i], ..] += source[.., i, ..].
Tensor index_add(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source);
/// A copy of `a` with a[index[i][j]][j] += source[i][j] for dim 0, and so on.
Tensor scatter_add(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source);

}  // namespace descent
