// Ops that write or read at int64 indices. An index out of range throws IndexError naming it; negative ones are refused
// where PyTorch refuses them. Where an element is written twice, the last write counts, and it alone gets the gradient.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../tensor.h"

namespace descent {

/// Options of scatter.
struct ScatterOptions {
  std::optional<std::string> reduce = std::nullopt;  ///< "add" or "multiply" instead of replacing
};
/// A copy of `a` with a[index[i][j]][j] = source[i][j] for dim 0, a[i][index[i][j]] = source[i][j] for dim 1, and so
/// on. index has as many dims as a, and is no larger than source, nor than a in the other dims. No negative index.
Tensor scatter(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source,
               const ScatterOptions& options = {});
Tensor scatter(const Tensor& a, std::int64_t dim, const Tensor& index, Scalar value,
               const ScatterOptions& options = {});

/// Options of scatter_reduce.
struct ScatterReduceOptions {
  bool include_self = true;  ///< false: what `a` holds at a place that is written does not count
};
/// As scatter, but combines all that falls on one place; reduce: "sum", "prod", "mean", "amax" or "amin". Equal
/// extremes share the gradient. Means are of floats.
Tensor scatter_reduce(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source,
                      const std::string& reduce, const ScatterReduceOptions& options = {});

/// A copy of `a` with a[.., index[i], ..] = source[.., i, ..] along dim. No negative index.
Tensor index_copy(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source);
/// A copy of `a` with a[.., index[i], ..] = value; negative indices count from the end. A tensor value is 0-dim.
Tensor index_fill(const Tensor& a, std::int64_t dim, const Tensor& index, Scalar value);
Tensor index_fill(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& value);

/// a.flatten()[index], of index's shape; negative indices count from the end.
Tensor take(const Tensor& a, const Tensor& index);
/// gather, with all dims but `dim` broadcast; without a dim both are flattened. No negative index.
Tensor take_along_dim(const Tensor& a, const Tensor& index, std::optional<std::int64_t> dim = std::nullopt);

/// Python's a[i, j, …] with one entry a dim (the last dims may be left out): an int64 tensor (negative entries count
/// from the end), a boolean mask over as many dims as it has, or Tensor() for `:`. Index tensors broadcast together;
/// their dims come where the indexed dims were if these are adjacent, else first. Always a copy.
Tensor index(const Tensor& a, const std::vector<Tensor>& indices);

/// Options of index_put.
struct IndexPutOptions {
  bool accumulate = false;  ///< add to what is there; repeated indices add up
};
/// A copy of `a` with a[indices] = values, which broadcast to index(a, indices) and have a's dtype.
Tensor index_put(const Tensor& a, const std::vector<Tensor>& indices, const Tensor& values,
                 const IndexPutOptions& options = {});
Tensor index_put(const Tensor& a, const std::vector<Tensor>& indices, Scalar value,
                 const IndexPutOptions& options = {});

}  // namespace descent
