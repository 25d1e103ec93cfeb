// Cholesky factors, inverses and solutions of linear systems.
#include "linalg.h"

#include "linalg-inl.h"
#include "matmul.h"

namespace descent {
namespace autograd {

void check_matrices(const char* op, const Tensor& a) {
  a.checked(op);
  if (!a.is_floating_point()) fail<DTypeError>(op, "takes floats, got {}; convert with .to(float32)", a.dtype());
  if (a.dim() < 2) fail<ShapeError>(op, "takes matrices [.., m, n], got shape {}", a.shape());
}

void check_square(const char* op, const Tensor& a) {
  check_matrices(op, a);
  if (rows_of(a) != cols_of(a)) fail<ShapeError>(op, "takes square matrices, got shape {}", a.shape());
}

bool all_finite(const Tensor& a) {
  const Tensor x = a.contiguous();
  return kernels::dispatch_float(a.dtype(), [&]<class T>() {
    const T* p = data_of<T>(x);
    T sum = 0;  // of zeros, or NaN
    for (std::int64_t i = 0; i < a.numel(); ++i) sum += p[i] * T(0);
    return sum == 0;
  });
}

void check_finite(const char* op, const Tensor& a) {
  if (!all_finite(a)) fail<Error>(op, "the input contains NaN or infinity");
}

std::string where_in(const Tensor& a, std::int64_t item) {
  return a.dim() > 2 ? fmt::format(" in matrix {} of the batch {}", item, batch_of(a)) : std::string();
}

Lu lu_of(const Tensor& a) {
  const std::int64_t n = rows_of(a), batch = batch_of(a).numel();
  Lu lu{columns_of(a), std::vector<int>(static_cast<std::size_t>(n * batch)), {}};
  if (a.numel() > 0) lu.status = kernels::lu(a.dtype(), batch, n, data_of<char>(lu.factors), lu.pivots.data());
  return lu;
}

namespace {

Lu nonsingular_lu(const char* op, const Tensor& a) {
  Lu lu = lu_of(a);
  if (lu.status.failed()) {
    fail<Error>(op, "the matrix is singular, pivot {} is zero{}", lu.status.info, where_in(a, lu.status.item));
  }
  return lu;
}

// A = L·Lᵀ, P = Lᵀ·gL:  ∂A = L⁻ᵀ·S·L⁻¹ with S = sym(tril P), the diagonal halved (Murray 2016, arXiv:1602.07527)
struct Cholesky {
  static constexpr const char* name = "cholesky";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const {
    const std::int64_t n = rows_of(a);
    if (a.numel() == 0) return make_tensor(a.shape(), a.dtype());
    Tensor out = a.clone();  // row-major: the lower triangle is LAPACK's upper one
    const auto status = kernels::cholesky(a.dtype(), batch_of(a).numel(), n, true, data_of<char>(out));
    if (status.failed()) {
      fail<Error>(name, "the matrix is not positive definite, leading minor {} is not positive{}", status.info,
                  where_in(a, status.item));
    }
    return tril(out);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor l = s.out(), lt = turned(l), p = matmul(lt, g);
    const Tensor sym = (tril(p) + turned(tril(p, -1))) * 0.5;
    const Tensor left = solve_triangle_for(name, lt, sym, true);
    return turned(solve_triangle_for(name, lt, turned(left), true));
  }
};

// A·X = B:  ∂B = A⁻ᵀ·g,  ∂A = −∂B·Xᵀ, in the triangle
struct SolveTriangular {
  static constexpr const char* name = "solve_triangular";
  static constexpr Uses uses = {input(0) | output(), input(0)};
  const char* op;
  bool upper, unit;
  Tensor forward(const Tensor& a, const Tensor& b) const {
    const Shape batch = broadcast_shapes(batch_of(a), batch_of(b), op);
    const Tensor wide = in_batch(a, batch), matrix = wide.contiguous();
    Tensor out = in_batch(b, batch).clone();
    if (out.numel() == 0) return out;
    const auto status = kernels::solve_triangular(a.dtype(), batch.numel(), rows_of(a), cols_of(b), upper, unit,
                                                  data_of<char>(matrix), data_of<char>(out));
    if (status.failed()) {
      fail<Error>(op, "the matrix is singular, diagonal element {} is zero{}", status.info,
                  where_in(wide, status.item));
    }
    return out;
  }
  std::vector<Tensor> vjp(const Saved& s, std::span<const Tensor> g) const {
    const Tensor gb = solve_triangle_for(op, turned(s.in(0)), g[0], !upper, unit);
    if (!s.needs(0)) return {Tensor(), gb};
    const Tensor ga = -matmul(gb, turned(s.out()));
    const int shift = unit ? 1 : 0;
    return {upper ? triu(ga, shift) : tril(ga, -shift), gb};
  }
};

struct Solve {  // likewise
  static constexpr const char* name = "solve";
  static constexpr Uses uses = {input(0) | output(), input(0)};
  const char* op;
  Tensor forward(const Tensor& a, const Tensor& b) const {
    const Lu lu = nonsingular_lu(op, a);
    const Shape batch = broadcast_shapes(batch_of(a), batch_of(b), op);
    const std::int64_t n = rows_of(a), k = cols_of(b);
    if (batch_of(a).numel() == 1 && batch.numel() > 1) {  // one factorisation for all: [n, batch·k] by columns
      Tensor right = columns_of(in_batch(b, batch));
      if (right.numel() > 0) {
        kernels::lu_solve(a.dtype(), 1, n, k * batch.numel(), data_of<char>(lu.factors), lu.pivots.data(),
                          data_of<char>(right));
      }
      return columns_of(right);
    }
    const bool same = batch_of(a) == batch;
    const Tensor factors = same ? lu.factors : in_batch(lu.factors, batch).clone();
    std::vector<int> pivots = lu.pivots;
    if (!same) {  // row i of the batch has the pivots of row[i]
      const std::int64_t own = batch_of(a).numel();
      const Tensor row = arange(own).reshape(batch_of(a)).expand(batch).contiguous();
      pivots.resize(static_cast<std::size_t>(batch.numel() * n));
      for (std::int64_t i = 0; i < batch.numel(); ++i) {
        std::copy_n(lu.pivots.begin() + data_of<std::int64_t>(row)[i] * n, n, pivots.begin() + i * n);
      }
    }
    Tensor right = columns_of(in_batch(b, batch));
    if (right.numel() > 0) {
      kernels::lu_solve(a.dtype(), batch.numel(), n, k, data_of<char>(factors), pivots.data(), data_of<char>(right));
    }
    return columns_of(right);
  }
  std::vector<Tensor> vjp(const Saved& s, std::span<const Tensor> g) const {
    const Tensor gb = solve_for(op, turned(s.in(0)), g[0]);
    return {s.needs(0) ? -matmul(gb, turned(s.out())) : Tensor(), gb};
  }
};

struct Inv {  // −Yᵀ·g·Yᵀ
  static constexpr const char* name = "inv";
  static constexpr Uses uses = {output()};
  const char* op;
  Tensor forward(const Tensor& a) const {
    const Lu lu = nonsingular_lu(op, a);
    const std::int64_t n = rows_of(a);
    Tensor right = eye(n, {.dtype = a.dtype()}).expand(a.shape()).clone();
    if (a.numel() > 0) {
      kernels::lu_solve(a.dtype(), batch_of(a).numel(), n, n, data_of<char>(lu.factors), lu.pivots.data(),
                        data_of<char>(right));
    }
    return columns_of(right);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor yt = turned(s.out());
    return -matmul(matmul(yt, g), yt);
  }
};

void check_pair(const char* op, const Tensor& a, const Tensor& b) {
  check_square(op, a);
  b.checked(op);
  if (a.dtype() != b.dtype()) fail<DTypeError>(op, "A and B must be of one type, got {} and {}", a.dtype(), b.dtype());
}

/// Of the rows (columns without `left`) of B, and of the batches.
void check_sizes(const char* op, const Tensor& a, const Tensor& b, bool left) {
  if (b.dim() < 2) fail<ShapeError>(op, "takes matrices [.., n, k] on the right, got shape {}", b.shape());
  if ((left ? rows_of(b) : cols_of(b)) != rows_of(a)) {
    fail<ShapeError>(op, "A and B do not fit, got {} and {}", a.shape(), b.shape());
  }
  broadcast_shapes(batch_of(a), batch_of(b), op);
}

}  // namespace

Tensor inverse_for(const char* op, const Tensor& a) { return apply(Inv{op}, a); }
Tensor solve_for(const char* op, const Tensor& a, const Tensor& b) { return apply(Solve{op}, a, b); }
Tensor solve_triangle_for(const char* op, const Tensor& a, const Tensor& b, bool upper, bool unit) {
  return apply(SolveTriangular{op, upper, unit}, a, b);
}

OpList linalg_ops() {
  OpList all = list_of<Cholesky, SolveTriangular, Solve, Inv>();
  for (const OpList& list : {factor_ops(), determinant_ops()}) all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace autograd

using namespace autograd;

Tensor cholesky(const Tensor& a, const CholeskyOptions& options) {
  check_square("cholesky", a);
  return options.upper ? turned(apply(Cholesky{}, turned(a))) : apply(Cholesky{}, a);
}

Tensor cholesky_solve(const Tensor& b, const Tensor& factor, const CholeskySolveOptions& options) {
  constexpr const char* op = "cholesky_solve";
  b.checked(op);
  check_pair(op, factor, b);
  check_sizes(op, factor, b, true);
  const Tensor l = options.upper ? turned(factor) : factor;
  return solve_triangle_for(op, turned(l), solve_triangle_for(op, l, b, false), true);
}

Tensor solve_triangular(const Tensor& a, const Tensor& b, const SolveTriangularOptions& options) {
  constexpr const char* op = "solve_triangular";
  check_pair(op, a, b);
  check_sizes(op, a, b, options.left);
  if (options.left) return solve_triangle_for(op, a, b, options.upper, options.unitriangular);
  return turned(solve_triangle_for(op, turned(a), turned(b), !options.upper, options.unitriangular));
}

Tensor solve(const Tensor& a, const Tensor& b, const SolveOptions& options) {
  constexpr const char* op = "solve";
  check_pair(op, a, b);
  const bool vector =
      b.dim() == 1 || (b.dim() == a.dim() - 1 && b.shape() == Shape(a.shape().data(), b.shape().size()));
  if (vector) {
    check_sizes(op, a, b.unsqueeze(-1), true);
    return solve_for(op, options.left ? a : turned(a), b.unsqueeze(-1)).squeeze(-1);
  }
  check_sizes(op, a, b, options.left);
  return options.left ? solve_for(op, a, b) : turned(solve_for(op, turned(a), turned(b)));
}

Tensor inv(const Tensor& a) {
  check_square("inv", a);
  return inverse_for("inv", a);
}
Tensor inverse(const Tensor& a) {
  check_square("inverse", a);
  return inverse_for("inverse", a);
}

Tensor TensorMethods::inverse() const { return descent::inverse(self()); }

}  // namespace descent
