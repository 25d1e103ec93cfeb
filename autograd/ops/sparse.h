// Sparse tensors: rows of a large matrix (gradients of embeddings), and matrices in compressed sparse rows.
#pragma once

#include "../tensor.h"

namespace descent {

/// The tensor of `size` that is 0 but for some rows: row indices[0, i] holds values[i]. `indices` int64 [1, n] (or
/// [n]), in any order, repeated ones add up; `values` [n, size[1], ...] of a floating type. It is no op: gradients do
/// not flow into `values`. Throws ShapeError, DTypeError, IndexError.
Tensor sparse_coo_tensor(const Tensor& indices, const Tensor& values, const Shape& size);

/// An m × n matrix in compressed sparse rows: row i holds values[k] in column col_indices[k] for k from
/// crow_indices[i] to crow_indices[i + 1] - 1. Made by sparse_csr_tensor.
class SparseCsrTensor {
 public:
  const Tensor& crow_indices() const { return crow_; }  ///< int64 [m + 1]
  const Tensor& col_indices() const { return col_; }    ///< int64 [nnz]
  const Tensor& values() const { return values_; }      ///< floating [nnz], on the tape when it requires grad
  const Shape& shape() const { return shape_; }         ///< {m, n}
  /// With all its zeros; differentiable in `values`.
  Tensor to_dense() const;

 private:
  friend SparseCsrTensor sparse_csr_tensor(const Tensor&, const Tensor&, const Tensor&, const Shape&);
  Tensor crow_, col_, values_;
  Shape shape_;
};

/// A matrix from its compressed rows. Column indices of a row come in any order; repeated ones add up. Throws
/// ShapeError, DTypeError, and IndexError for row pointers that fall or do not end at nnz and columns out of range.
SparseCsrTensor sparse_csr_tensor(const Tensor& crow_indices, const Tensor& col_indices, const Tensor& values,
                                  const Shape& size);

/// a·b with b [n, k] or [n], without making a dense: differentiable in a's values and in b, any number of times. The
/// same bits for any number of threads. Throws ShapeError, DTypeError unless both have one floating type.
Tensor matmul(const SparseCsrTensor& a, const Tensor& b);

}  // namespace descent
