// QR, singular values, eigenvalues of symmetric matrices, and what is made of them. Formulas of the gradients: Roberts
// & Roberts 2020 (arXiv:2009.10071) for QR, Townsend 2016 and Giles 2008 for the others.
#include "linalg-inl.h"
#include "matmul.h"

namespace descent {
namespace autograd {
namespace {

/// x − xᵀ
Tensor skew(const Tensor& x) { return x - turned(x); }

/// E_ij = v_j − v_i, 1 on the diagonal.
Tensor differences(const Tensor& v) {
  const Tensor e = v.unsqueeze(-2) - v.unsqueeze(-1);
  return e + eye(v.size(-1), {.dtype = v.dtype()});
}

/// The projector onto what the columns of q do not span, applied to x.
Tensor beyond(const Tensor& q, const Tensor& x) { return x - matmul(q, matmul(turned(q), x)); }

struct Qr {  // reduced, or complete
  static constexpr const char* name = "qr";
  static constexpr Uses uses = {output(0) | output(1)};
  bool complete;
  std::pair<Tensor, Tensor> forward(const Tensor& a) const {
    const std::int64_t m = rows_of(a), n = cols_of(a), batch = batch_of(a).numel();
    const std::int64_t columns = complete ? m : std::min(m, n);
    Tensor packed = columns_of(a);
    Tensor q = make_tensor(with_matrix(batch_of(a), columns, m), a.dtype());
    if (a.numel() > 0)
      kernels::qr(a.dtype(), batch, m, n, columns, data_of<char>(packed), data_of<char>(q));
    else
      q.copy_(eye(columns, m, {.dtype = a.dtype()}));
    return {columns_of(q), triu(turned(packed).slice(-2, 0, columns))};
  }
  // m >= n:  ∂A = (Q·copyltu(triu(gR·Rᵀ − Qᵀ·gQ)) + gQ)·R⁻ᵀ, where the strict upper triangle is copied below.
  // m < n: the columns beyond m are Q·R₂, so that gQ grows by A₂·gR₂ᵀ = Q·R₂·gR₂ᵀ, and ∂A₂ = Q·gR₂.
  std::vector<Tensor> vjp(const Saved& s, std::span<const Tensor> g) const {
    const Tensor q = s.out(0);
    Tensor r = s.out(1), gq = g[0], gr = g[1], right;
    const std::int64_t m = rows_of(q), n = cols_of(r);
    if (complete && m > n) {
      throw AutogradError(fmt::format("qr: mode \"complete\" has no gradient where m > n, got [{}, {}]", m, n));
    }
    if (m < n) {
      const Tensor r2 = r.slice(-1, m, n);
      r = r.slice(-1, 0, m);
      if (gr.defined()) {
        const Tensor gr2 = gr.slice(-1, m, n), more = matmul(q, matmul(r2, turned(gr2)));
        gq = gq.defined() ? gq + more : more;
        right = matmul(q, gr2);
        gr = gr.slice(-1, 0, m);
      } else {
        right = zeros(with_matrix(batch_of(q), m, n - m), {.dtype = q.dtype()});
      }
    }
    Tensor inner = gr.defined() ? matmul(gr, turned(r)) : Tensor();
    if (gq.defined()) inner = inner.defined() ? inner - matmul(turned(q), gq) : -matmul(turned(q), gq);
    Tensor ga = matmul(q, triu(inner) + turned(triu(inner, 1)));
    if (gq.defined()) ga = ga + gq;
    ga = turned(solve_triangle_for(name, r, turned(ga), true));
    return {right.defined() ? cat({ga, right}, -1) : ga};
  }
};

[[noreturn]] void no_convergence(const char* op, const Tensor& a, std::int64_t item) {
  fail<Error>(op, "did not converge{}", where_in(a, item));
}

// A = U·S·Vh, E_ij = s_j² − s_i²:
// ∂A = U·(skew(Uᵀ·gU)/E·S + S·skew(Vᵀ·gV)/E + diag gS)·Vh + (1 − U·Uᵀ)·gU·S⁻¹·Vh + U·S⁻¹·gVh·(1 − V·Vᵀ)
struct Svd {
  static constexpr const char* name = "svd";
  static constexpr Uses uses = {output(0) | output(1) | output(2)};
  bool full;
  std::vector<Tensor> forward(const Tensor& a) const {
    const std::int64_t m = rows_of(a), n = cols_of(a), k = std::min(m, n);
    const Shape batch = batch_of(a);
    const std::int64_t u_cols = full ? m : k, vt_rows = full ? n : k;
    Tensor packed = columns_of(a), s = make_tensor(with_vector(batch, k), a.dtype());
    Tensor u = make_tensor(with_matrix(batch, u_cols, m), a.dtype());
    Tensor vt = make_tensor(with_matrix(batch, n, vt_rows), a.dtype());
    if (a.numel() == 0) {
      u.copy_(eye(u_cols, m, {.dtype = a.dtype()}));
      vt.copy_(eye(n, vt_rows, {.dtype = a.dtype()}));
    } else {
      const auto status = kernels::svd(a.dtype(), full ? 'A' : 'S', batch.numel(), m, n, data_of<char>(packed),
                                       data_of<char>(s), data_of<char>(u), data_of<char>(vt));
      if (status.failed()) no_convergence(name, a, status.item);
    }
    return {columns_of(u), s, columns_of(vt)};
  }
  std::vector<Tensor> vjp(const Saved& saved, std::span<const Tensor> g) const {
    const Tensor s = saved.out(1);
    const std::int64_t k = s.size(-1);
    const Tensor u = saved.out(0).slice(-1, 0, k), vh = saved.out(2).slice(-2, 0, k);
    const Tensor gu = g[0].defined() ? g[0].slice(-1, 0, k) : g[0], gs = g[1];
    const Tensor gv = g[2].defined() ? turned(g[2].slice(-2, 0, k)) : g[2];
    const Tensor row = s.unsqueeze(-2), column = s.unsqueeze(-1);
    const bool vectors = gu.defined() || gv.defined();
    const Tensor e = vectors ? differences(square(s)) : Tensor();
    Tensor core = gs.defined() ? diag_embed(gs) : zeros(with_matrix(batch_of(u), k, k), {.dtype = s.dtype()});
    if (gu.defined()) core = core + skew(matmul(turned(u), gu)) / e * row;
    if (gv.defined()) core = core + column * (skew(matmul(vh, gv)) / e);
    Tensor ga = matmul(matmul(u, core), vh);
    if (gu.defined() && rows_of(u) > k) ga = ga + matmul(beyond(u, gu) / row, vh);
    if (gv.defined() && cols_of(vh) > k) ga = ga + matmul(u, turned(beyond(turned(vh), gv) / row));
    return {ga};
  }
};

/// U, S, Vh without the columns beyond k.
SvdResult reduced_svd(const Tensor& a) {
  std::vector<Tensor> parts = apply(Svd{false}, a);
  return {parts[0], parts[1], parts[2]};
}

struct Svdvals {  // U·diag(g)·Vh
  static constexpr const char* name = "svdvals";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const {
    const std::int64_t m = rows_of(a), n = cols_of(a);
    Tensor packed = columns_of(a), s = make_tensor(with_vector(batch_of(a), std::min(m, n)), a.dtype());
    if (a.numel() == 0) return s;
    const auto status = kernels::svd(a.dtype(), 'N', batch_of(a).numel(), m, n, data_of<char>(packed), data_of<char>(s),
                                     nullptr, nullptr);
    if (status.failed()) no_convergence(name, a, status.item);
    return s;
  }
  Tensor vjp(In<0>, const Saved& saved, const Tensor& g) const {
    const SvdResult parts = reduced_svd(saved.in(0));
    return matmul(parts.U * g.unsqueeze(-2), parts.Vh);
  }
};

/// Row-major memory: LAPACK sees the transpose, so the other triangle, and leaves its eigenvectors in rows.
Tensor run_eigh(const char* op, const Tensor& a, bool vectors, bool upper, Tensor& rows) {
  Tensor w = make_tensor(with_vector(batch_of(a), rows_of(a)), a.dtype());
  rows = a.clone();
  if (a.numel() == 0) return w;
  const auto status =
      kernels::eigh(a.dtype(), vectors, !upper, batch_of(a).numel(), rows_of(a), data_of<char>(rows), data_of<char>(w));
  if (status.failed()) no_convergence(op, a, status.item);
  return w;
}

struct Eigh {  // V·(diag gλ + ½·skew(Vᵀ·gV)/E)·Vᵀ, symmetric,  E_ij = λ_j − λ_i
  static constexpr const char* name = "eigh";
  static constexpr Uses uses = {output(0) | output(1)};
  bool upper;
  std::pair<Tensor, Tensor> forward(const Tensor& a) const {
    Tensor rows;
    const Tensor w = run_eigh(name, a, true, upper, rows);
    return {w, columns_of(rows)};
  }
  std::vector<Tensor> vjp(const Saved& s, std::span<const Tensor> g) const {
    const Tensor w = s.out(0), v = s.out(1), gw = g[0], gv = g[1];
    if (!gv.defined()) return {matmul(v * gw.unsqueeze(-2), turned(v))};
    Tensor core = skew(matmul(turned(v), gv)) * 0.5 / differences(w);
    if (gw.defined()) core = core + diag_embed(gw);
    return {matmul(matmul(v, core), turned(v))};
  }
};

struct Eigvalsh {  // V·diag(g)·Vᵀ
  static constexpr const char* name = "eigvalsh";
  static constexpr Uses uses = {input(0)};
  bool upper;
  Tensor forward(const Tensor& a) const {
    Tensor rows;
    return run_eigh(name, a, false, upper, rows);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor v = apply(Eigh{upper}, s.in(0)).second;
    return matmul(v * g.unsqueeze(-2), turned(v));
  }
};

/// True where a singular value counts, [.., k].
Tensor counted(const Tensor& s, const Tensor& a, const PinvOptions& options) {
  const double eps = a.dtype() == float32 ? 0x1p-23 : 0x1p-52;
  const double atol = options.atol.value_or(0);
  const double rtol = options.rtol.value_or(atol > 0 ? 0 : eps * static_cast<double>(std::max(rows_of(a), cols_of(a))));
  return s > maximum(s.slice(-1, 0, 1) * rtol, full({}, atol, {.dtype = a.dtype()}));
}

void check_tolerances(const char* op, const PinvOptions& options) {
  if (!(options.atol.value_or(0) >= 0)) {
    throw std::invalid_argument(fmt::format("{}: atol must be at least 0, got {}", op, *options.atol));
  }
  if (!(options.rtol.value_or(0) >= 0)) {
    throw std::invalid_argument(fmt::format("{}: rtol must be at least 0, got {}", op, *options.rtol));
  }
}

// Golub & Pereyra 1973:  ∂A = −Yᵀ·g·Yᵀ + (1 − A·Y)·gᵀ·Y·Yᵀ + Yᵀ·Y·gᵀ·(1 − Y·A)
struct Pinv {
  static constexpr const char* name = "pinv";
  static constexpr Uses uses = {input(0) | output()};
  PinvOptions options;
  Tensor forward(const Tensor& a) const {
    if (a.numel() == 0) return zeros(with_matrix(batch_of(a), cols_of(a), rows_of(a)), {.dtype = a.dtype()});
    const std::vector<Tensor> parts = Svd{false}.forward(a);
    const Tensor& s = parts[1];
    const Tensor inverse = where(counted(s, a, options), 1 / s, 0.0);
    return matmul(turned(parts[2]) * inverse.unsqueeze(-2), turned(parts[0]));
  }
  Tensor vjp(In<0>, const Saved& saved, const Tensor& g) const {
    const Tensor a = saved.in(0), y = saved.out(), yt = turned(y), gt = turned(g);
    const Tensor left = matmul(matmul(gt, y), yt), right = matmul(matmul(yt, y), gt);
    return -matmul(matmul(yt, g), yt) + (left - matmul(a, matmul(y, left))) + (right - matmul(matmul(right, y), a));
  }
};

bool upper_of(const char* op, const EighOptions& options) {
  if (options.UPLO == "L") return false;
  if (options.UPLO == "U") return true;
  throw std::invalid_argument(fmt::format("{}: UPLO must be \"L\" or \"U\", got \"{}\"", op, options.UPLO));
}

/// Only what is read must be finite.
void check_triangle(const char* op, const Tensor& a, bool upper) {
  check_square(op, a);
  check_finite(op, upper ? triu(a.detach()) : tril(a.detach()));
}

}  // namespace

OpList factor_ops() { return list_of<Qr, Svd, Svdvals, Eigh, Eigvalsh, Pinv>(); }

}  // namespace autograd

using namespace autograd;

QrResult qr(const Tensor& a, const QrOptions& options) {
  check_matrices("qr", a);
  const std::string& mode = options.mode;
  if (mode != "reduced" && mode != "complete" && mode != "r") {
    throw std::invalid_argument(fmt::format("qr: mode must be reduced, complete or r, got {}", mode));
  }
  auto [q, r] = apply(Qr{mode == "complete"}, a);
  if (mode == "r") q = zeros({0}, {.dtype = a.dtype()});
  return {q, r};
}

SvdResult svd(const Tensor& a, const SvdOptions& options) {
  check_matrices("svd", a);
  check_finite("svd", a);
  std::vector<Tensor> parts = apply(Svd{options.full_matrices}, a);
  return {parts[0], parts[1], parts[2]};
}

Tensor svdvals(const Tensor& a) {
  check_matrices("svdvals", a);
  check_finite("svdvals", a);
  return apply(Svdvals{}, a);
}

EighResult eigh(const Tensor& a, const EighOptions& options) {
  const bool upper = upper_of("eigh", options);
  check_triangle("eigh", a, upper);
  auto [w, v] = apply(Eigh{upper}, a);
  return {w, v};
}

Tensor eigvalsh(const Tensor& a, const EigvalshOptions& options) {
  const bool upper = upper_of("eigvalsh", options);
  check_triangle("eigvalsh", a, upper);
  return apply(Eigvalsh{upper}, a);
}

Tensor pinv(const Tensor& a, const PinvOptions& options) {
  check_matrices("pinv", a);
  check_finite("pinv", a);
  check_tolerances("pinv", options);
  return apply(Pinv{options}, a);
}

Tensor matrix_rank(const Tensor& a, const MatrixRankOptions& options) {
  check_matrices("matrix_rank", a);
  check_finite("matrix_rank", a);
  check_tolerances("matrix_rank", options);
  if (a.numel() == 0) return zeros(batch_of(a), {.dtype = int64});
  return counted(Svdvals{}.forward(a.detach()), a, options).sum({-1});
}

}  // namespace descent
