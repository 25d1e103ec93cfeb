// What the linear algebra family shares. `op` is the public name for messages.
#pragma once

#include "../../kernels/lapack.h"

#include "../op_list.h"
#include "diagonal.h"
#include "elementwise-inl.h"
#include "linalg.h"

namespace descent::autograd {

OpList factor_ops();       // linalg_factor.cpp
OpList determinant_ops();  // linalg_det.cpp

/// The transpose of each matrix, a view.
inline Tensor turned(const Tensor& a) { return a.transpose(-2, -1); }

/// Row-major memory of the transposes: each matrix in LAPACK's column-major order. Always a copy of its own. Back again
/// by the same call.
inline Tensor columns_of(const Tensor& a) { return turned(a).clone(); }

inline std::int64_t rows_of(const Tensor& a) { return a.shape()[a.shape().size() - 2]; }
inline std::int64_t cols_of(const Tensor& a) { return a.shape()[a.shape().size() - 1]; }

/// The dims before the last two.
inline Shape batch_of(const Tensor& a) { return Shape(a.shape().data(), a.shape().size() - 2); }
inline Shape with_matrix(Shape batch, std::int64_t rows, std::int64_t cols) {
  batch.push_back(rows);
  batch.push_back(cols);
  return batch;
}
inline Shape with_vector(Shape batch, std::int64_t n) {
  batch.push_back(n);
  return batch;
}

/// `a` broadcast to a batch, off the tape's concern: for forward.
inline Tensor in_batch(const Tensor& a, const Shape& batch) {
  return a.expand(with_matrix(batch, rows_of(a), cols_of(a)));
}

/// Throws unless `a` is a float32 or float64 matrix, or a batch of them.
void check_matrices(const char* op, const Tensor& a);
/// And these are square.
void check_square(const char* op, const Tensor& a);
bool all_finite(const Tensor& a);
/// Throws Error when an element is NaN or infinite, on which LAPACK's iterations need not end.
void check_finite(const char* op, const Tensor& a);

/// " in matrix 3 of the batch" where there is a batch.
std::string where_in(const Tensor& a, std::int64_t item);

/// Recorded ops, for formulas: A⁻¹;  X with A·X = B for square A;  the same for one triangle of A.
Tensor inverse_for(const char* op, const Tensor& a);
Tensor solve_for(const char* op, const Tensor& a, const Tensor& b);
Tensor solve_triangle_for(const char* op, const Tensor& a, const Tensor& b, bool upper, bool unit = false);

/// LU factors of each matrix, column-major, with LAPACK's pivots.
struct Lu {
  Tensor factors;
  std::vector<int> pivots;
  kernels::LapackStatus status;
};
Lu lu_of(const Tensor& a);

}  // namespace descent::autograd
