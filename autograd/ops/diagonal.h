// Triangles and diagonals of matrices, of any dtype. Diagonal k > 0 lies above the main one, k < 0 below.
#pragma once

#include "../tensor.h"

namespace descent {

/// Options of tril and triu.
struct TrilOptions {
  std::int64_t diagonal = 0;
};
using TriuOptions = TrilOptions;

/// The elements on and below a diagonal of each matrix [.., n, m], zeros elsewhere. ShapeError below 2 dims.
Tensor tril(const Tensor& a, const TrilOptions& options = {});
Tensor tril(const Tensor& a, std::int64_t diagonal);
/// The elements on and above a diagonal of each matrix, zeros elsewhere.
Tensor triu(const Tensor& a, const TriuOptions& options = {});
Tensor triu(const Tensor& a, std::int64_t diagonal);

/// Options of diagonal.
struct DiagonalOptions {
  std::int64_t offset = 0;
  std::int64_t dim1 = 0;
  std::int64_t dim2 = 1;
};
/// (view) The elements where the index along dim2 is that along dim1 plus offset; they become the last dim. Empty where
/// offset leaves the matrix. ShapeError when dim1 is dim2.
Tensor diagonal(const Tensor& a, const DiagonalOptions& options = {});
Tensor diagonal(const Tensor& a, std::int64_t offset);

/// Options of diag_embed.
struct DiagEmbedOptions {
  std::int64_t offset = 0;
  std::int64_t dim1 = -2;
  std::int64_t dim2 = -1;
};
/// Zeros with the last dim of `a` on a diagonal of dim1 and dim2 of the result, which has one dim more.
Tensor diag_embed(const Tensor& a, const DiagEmbedOptions& options = {});

/// Options of diag.
struct DiagOptions {
  std::int64_t diagonal = 0;
};
/// A vector as the diagonal of a square matrix; of a matrix, a copy of its diagonal. ShapeError otherwise.
Tensor diag(const Tensor& a, const DiagOptions& options = {});
Tensor diag(const Tensor& a, std::int64_t diagonal);
/// Sum of the diagonal of a matrix (2 dims, ShapeError). Integers sum to int64.
Tensor trace(const Tensor& a);

}  // namespace descent
