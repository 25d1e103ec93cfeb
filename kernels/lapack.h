// Factorisations of batches of matrices, by the LAPACK of OpenBLAS. Each matrix is serial; a batch is shared out by our
// own team in pieces that depend on sizes alone.
//
// Matrices are column-major without gaps (LAPACK's order) unless said otherwise, one after another in memory, of
// float32 or float64. No size is 0; each is at most 2147483647 (std::runtime_error). What is left of a matrix that
// failed is undefined.
#pragma once

#include <cstdint>

#include "dtype.h"

namespace descent::kernels {

/// The first matrix of a batch that LAPACK could not handle, with its INFO.
struct LapackStatus {
  std::int64_t item = -1;  ///< negative: all went well
  int info = 0;
  bool failed() const { return item >= 0; }
};

/// A = L·Lᵀ or Uᵀ·U in place, reading and writing that triangle only. info: the first leading minor that is not
/// positive definite (or NaN).
LapackStatus cholesky(DType dtype, std::int64_t batch, std::int64_t n, bool upper, void* a);

/// Solves A·X = B in place of B [n, k] with a triangle of A [n, n], both ROW-major. With `unit` the diagonal counts as
/// ones. info: 1 + the first position of a zero on the diagonal, then nothing has been written.
LapackStatus solve_triangular(DType dtype, std::int64_t batch, std::int64_t n, std::int64_t k, bool upper, bool unit,
                              const void* a, void* b);

/// A = P·L·U in place; `pivots` holds n a matrix, counted from 1. info: the first zero on the diagonal of U; the
/// factorisation is complete even so.
LapackStatus lu(DType dtype, std::int64_t batch, std::int64_t n, void* a, int* pivots);

/// Solves A·X = B in place of B [n, k] from the factorisation of A.
void lu_solve(DType dtype, std::int64_t batch, std::int64_t n, std::int64_t k, const void* a, const int* pivots,
              void* b);

/// A [m, n] = Q·R by Householder reflections: R in the upper triangle of `a`, and unless null the first `columns`
/// (min(m, n) … m) columns of Q in `q`.
LapackStatus qr(DType dtype, std::int64_t batch, std::int64_t m, std::int64_t n, std::int64_t columns, void* a,
                void* q);

/// A [m, n] = U·diag(s)·Vᵀ, s in descending order; destroys A. job 'N': s only; 'S': U [m, k], Vᵀ [k, n] with
/// k = min(m, n); 'A': U [m, m], Vᵀ [n, n]. The input must be finite. info: did not converge.
LapackStatus svd(DType dtype, char job, std::int64_t batch, std::int64_t m, std::int64_t n, void* a, void* s, void* u,
                 void* vt);

/// A = V·diag(w)·Vᵀ for a symmetric A of which one triangle is read, w in ascending order. With `vectors` A becomes V,
/// else it is destroyed. The input must be finite. info: did not converge.
LapackStatus eigh(DType dtype, bool vectors, bool upper, std::int64_t batch, std::int64_t n, void* a, void* w);

}  // namespace descent::kernels
