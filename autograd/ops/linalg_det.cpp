// Determinants. A = U·diag(s)·Vh, c = det U · det Vh = ±1.
#include "linalg-inl.h"
#include "matmul.h"

namespace descent {
namespace autograd {
namespace {

/// The diagonal of U, and the sign of the permutation for each matrix.
Tensor lu_diagonal(const Lu& lu) { return diagonal(lu.factors, {.dim1 = -2, .dim2 = -1}).contiguous(); }

double permutation_sign(const Lu& lu, std::int64_t item, std::int64_t n) {
  double sign = 1;
  for (std::int64_t i = 0; i < n; ++i) {
    if (lu.pivots[static_cast<std::size_t>(item * n + i)] != i + 1) sign = -sign;
  }
  return sign;
}

Tensor det_of(const Tensor& a) {
  const std::int64_t n = rows_of(a);
  const Lu lu = lu_of(a);
  const Tensor d = lu_diagonal(lu);
  Tensor out = make_tensor(batch_of(a), a.dtype());
  kernels::dispatch_float(a.dtype(), [&]<class T>() {
    const T* p = data_of<T>(d);
    for (std::int64_t i = 0; i < out.numel(); ++i) {
      T product = static_cast<T>(permutation_sign(lu, i, n));
      for (std::int64_t j = 0; j < n; ++j) product *= p[i * n + j];
      data_of<T>(out)[i] = product;
    }
  });
  return out;
}

/// out_j = Π_{l ≠ j} x_l over the last dim, without division.
Tensor excluded_products(const Tensor& x) {
  const std::int64_t n = x.size(-1);
  if (n == 0) return x;
  std::vector<Tensor> out(static_cast<std::size_t>(n));
  Tensor before = ones_like(x.select(-1, 0)), after = before;
  for (std::int64_t j = 0; j < n; ++j) {
    out[static_cast<std::size_t>(j)] = before;
    before = before * x.select(-1, j);
  }
  for (std::int64_t j = n - 1; j >= 0; --j) {
    Tensor& product = out[static_cast<std::size_t>(j)];
    product = product * after;
    after = after * x.select(-1, j);
  }
  return stack(out, -1);
}

/// det(U·Vh), a constant sign [.., 1, 1].
Tensor sign_of(const SvdResult& parts) {
  NoGradGuard constant;
  return sign(det_of(matmul(parts.U.detach(), parts.Vh.detach()))).unsqueeze(-1).unsqueeze(-1);
}

// The matrix of cofactors, the gradient of det:  C = c·U·diag(Π_{k≠i} s_k)·Vh, which no singularity disturbs. Its
// derivative, the Hessian of det, is the same in both directions: with H' = Uᵀ·H·V and P_ij = Π_{k≠i,j} s_k (0 for i =
// j)
//   dC[H] = c·U·(diag_i(Σ_j P_ij·H'_jj) − P∘H'ᵀ)·Vh
struct Cofactors {
  static constexpr const char* name = "det_grad";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const {
    if (!all_finite(a)) return full(a.shape(), std::nan(""), {.dtype = a.dtype()});
    const SvdResult parts = svd(a);
    return sign_of(parts) * matmul(parts.U * excluded_products(parts.S).unsqueeze(-2), parts.Vh);
  }
  Tensor vjp(In<0>, const Saved& saved, const Tensor& h) const {
    if (!all_finite(saved.in(0))) return full_like(h, std::nan(""));
    const SvdResult parts = svd(saved.in(0));
    const Tensor &u = parts.U, &s = parts.S, &vh = parts.Vh;
    const Tensor one = eye(s.size(-1), {.dtype = s.dtype()});
    const Tensor others = s.unsqueeze(-2) * (1 - one) + one;  // row i holds s with s_i replaced by 1
    const Tensor p = excluded_products(others) * (1 - one);
    const Tensor turned_h = matmul(matmul(turned(u), h), turned(vh));
    const Tensor d = diagonal(turned_h, {.dim1 = -2, .dim2 = -1});
    const Tensor inner = diag_embed(matmul(p, d.unsqueeze(-1)).squeeze(-1)) - p * turned(turned_h);
    return sign_of(parts) * matmul(matmul(u, inner), vh);
  }
};

struct Det {  // g·C
  static constexpr const char* name = "det";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return det_of(a); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return g.unsqueeze(-1).unsqueeze(-1) * apply(Cofactors{}, s.in(0));
  }
};

struct Slogdet {  // -> log |det|, sign;  g·A⁻ᵀ
  static constexpr const char* name = "slogdet";
  static constexpr Uses uses = {input(0)};
  std::pair<Tensor, Tensor> forward(const Tensor& a) const {
    const std::int64_t n = rows_of(a);
    const Lu lu = lu_of(a);
    const Tensor d = lu_diagonal(lu);
    Tensor log = make_tensor(batch_of(a), a.dtype()), sign = make_tensor(batch_of(a), a.dtype());
    kernels::dispatch_float(a.dtype(), [&]<class T>() {
      const T* p = data_of<T>(d);
      for (std::int64_t i = 0; i < log.numel(); ++i) {
        T sum = 0, signs = static_cast<T>(permutation_sign(lu, i, n));
        for (std::int64_t j = 0; j < n; ++j) {
          const T x = p[i * n + j];
          sum += std::log(std::abs(x));
          signs *= x > 0 ? T(1) : x < 0 ? T(-1) : x;  // 0 and NaN stay
        }
        data_of<T>(log)[i] = sum;
        data_of<T>(sign)[i] = signs;
      }
    });
    return {log, sign};
  }
  std::vector<Tensor> vjp(const Saved& s, std::span<const Tensor> g) const {
    return {g[0].unsqueeze(-1).unsqueeze(-1) * turned(inverse_for(name, s.in(0)))};
  }
};

}  // namespace

OpList determinant_ops() { return list_of<Cofactors, Det, Slogdet>(); }

}  // namespace autograd

using namespace autograd;

Tensor det(const Tensor& a) {
  check_square("det", a);
  return apply(Det{}, a);
}

SlogdetResult slogdet(const Tensor& a) {
  check_square("slogdet", a);
  const auto [log, sign] = apply(Slogdet{}, a);
  return {sign.detach(), log};
}

Tensor logdet(const Tensor& a) {
  check_square("logdet", a);
  const auto [log, sign] = apply(Slogdet{}, a);
  return where(sign.detach() < 0, std::nan(""), log);
}

Tensor TensorMethods::det() const { return descent::det(self()); }

}  // namespace descent
