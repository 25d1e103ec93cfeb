// Factorisations, inverses and solutions of linear systems by LAPACK, as in torch.linalg.
//
// All take float32 and float64 (DTypeError) matrices [.., m, n] with any leading batch dims, and are differentiable
// twice unless said otherwise. Matrices that must be square and are not throw ShapeError. A matrix that is singular or
// not positive definite, or on which an iteration fails, throws Error naming the function, the leading minor or pivot,
// and the place in the batch.
#pragma once

#include <optional>
#include <string>

#include "../tensor.h"

namespace descent {

/// Options of cholesky and cholesky_solve.
struct CholeskyOptions {
  bool upper = false;  ///< a factor U with Uᵀ·U = A
};
/// L with L·Lᵀ = A for a symmetric positive definite A; only its lower triangle (upper with `upper`) is read.
Tensor cholesky(const Tensor& a, const CholeskyOptions& options = {});
using CholeskySolveOptions = CholeskyOptions;
/// X with A·X = B [.., n, k] from the Cholesky factor of A.
Tensor cholesky_solve(const Tensor& b, const Tensor& factor, const CholeskySolveOptions& options = {});

/// Options of solve_triangular. PyTorch has no default for `upper`.
struct SolveTriangularOptions {
  bool upper = false;          ///< which triangle of A is read
  bool left = true;            ///< A·X = B, else X·A = B
  bool unitriangular = false;  ///< the diagonal of A counts as ones and is not read
};
/// X with A·X = B for triangular A [.., n, n] and B [.., n, k]; batch dims broadcast.
Tensor solve_triangular(const Tensor& a, const Tensor& b, const SolveTriangularOptions& options = {});

/// Options of solve.
struct SolveOptions {
  bool left = true;  ///< A·X = B, else X·A = B
};
/// X with A·X = B for square A [.., n, n]. B is a vector when it has one dim, or the shape of A without its last dim;
/// else matrices [.., n, k] whose batch dims broadcast.
Tensor solve(const Tensor& a, const Tensor& b, const SolveOptions& options = {});
Tensor inv(const Tensor& a);      ///< A⁻¹
Tensor inverse(const Tensor& a);  ///< inv

/// Determinant. The gradient is that of the adjugate, so it also holds for singular matrices of any rank.
Tensor det(const Tensor& a);
struct SlogdetResult {
  Tensor sign;       ///< −1, 0 or 1; no gradient
  Tensor logabsdet;  ///< −inf for a singular matrix, whose gradient throws
};
/// Sign and log |det A|, where the determinant itself would over- or underflow.
SlogdetResult slogdet(const Tensor& a);
Tensor logdet(const Tensor& a);  ///< log det A; NaN for a negative determinant

/// Options of qr.
struct QrOptions {
  std::string mode = "reduced";  ///< "reduced", "complete" or "r"
};
struct QrResult {
  Tensor Q, R;
};
/// A [.., m, n] = Q·R with orthonormal columns in Q and upper triangular R; with k = min(m, n) reduced is Q [m, k] and
/// R [k, n], complete is Q [m, m] and R [m, n], "r" is the reduced R with an empty Q [0]. Signs are LAPACK's. The first
/// k columns of A must be independent for the gradient, which complete has for m <= n only.
QrResult qr(const Tensor& a, const QrOptions& options = {});

/// Options of svd.
struct SvdOptions {
  bool full_matrices = true;
};
struct SvdResult {
  Tensor U, S, Vh;
};
/// A [.., m, n] = U·diag(S)·Vh, S [.., min(m, n)] in descending order; U [m, m] and Vh [n, n], or without
/// full_matrices [m, k] and [k, n]. Signs of vectors are arbitrary, so a gradient exists for functions that do not
/// depend on them (or on the columns beyond k), and through U and Vh only while singular values differ.
SvdResult svd(const Tensor& a, const SvdOptions& options = {});
Tensor svdvals(const Tensor& a);  ///< S alone

/// Options of eigh and eigvalsh.
struct EighOptions {
  std::string UPLO = "L";  ///< the triangle that is read, "L" or "U"
};
struct EighResult {
  Tensor eigenvalues, eigenvectors;
};
/// A = V·diag(λ)·Vᵀ for symmetric A, λ in ascending order, eigenvectors in columns. Gradients as for svd.
EighResult eigh(const Tensor& a, const EighOptions& options = {});
using EigvalshOptions = EighOptions;
Tensor eigvalsh(const Tensor& a, const EigvalshOptions& options = {});  ///< λ alone

/// Options of pinv and matrix_rank: singular values up to max(atol, rtol·σ₁) count as zero. rtol defaults to
/// ε·max(m, n), or 0 where atol is given.
struct PinvOptions {
  std::optional<double> atol = std::nullopt;
  std::optional<double> rtol = std::nullopt;
};
/// The Moore-Penrose inverse [.., n, m]. Its gradient holds while the rank stays the same.
Tensor pinv(const Tensor& a, const PinvOptions& options = {});
using MatrixRankOptions = PinvOptions;
/// The number of singular values that do not count as zero, int64 without gradient.
Tensor matrix_rank(const Tensor& a, const MatrixRankOptions& options = {});

}  // namespace descent
