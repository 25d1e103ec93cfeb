// Similarities and distances of vectors. Only cdist has a kernel of its own; the others are made of norms.
#include "distance.h"

#include <cmath>

#include "../../kernels/distance.h"

#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

kernels::Distances distances_of(const Tensor& a, const Tensor& b, double p) {
  return {.dtype = a.dtype(),
          .batch = a.size(0),
          .n = a.size(1),
          .k = b.size(1),
          .m = a.size(2),
          .p = p,
          .a = data_of<char>(a),
          .b = data_of<char>(b)};
}

Tensor run_cdist(const Tensor& a, const Tensor& b, double p);

// v_ij = a_i − b_j, φ = ∂d/∂v = sign v·(|v|/d)^(p − 1).
struct CdistGrad {  // Σ_j g_ij·φ_ij of a; that of b is the same with a and b exchanged, and g and d flipped
  static constexpr const char* name = "cdist_grad";
  static constexpr std::uint32_t kAll = input(0) | input(1) | input(2);
  static constexpr Uses uses = {kAll, kAll, kAll, 0};
  static constexpr std::uint32_t constant_inputs = input(3);  // d: the formulas of a and b account for it
  double p;
  bool flipped;
  Tensor forward(const Tensor& g, const Tensor& a, const Tensor& b, const Tensor& d) const {
    const Tensor x = a.contiguous(), y = b.contiguous(), up = g.contiguous(), dist = d.contiguous();
    Tensor out = make_tensor(a.shape(), a.dtype());
    kernels::distances_grad(distances_of(x, y, p), data_of<char>(up), data_of<char>(dist), flipped, data_of<char>(out));
    return out;
  }
  // With a cotangent h_i and d²d/dv² = (p − 1)·(diag (|v|/d)^(p − 2) − φ·φᵀ)/d:
  //   g_ij:  h_i·φ_ij       a_i, −b_j:  Σ g_ij·(d²d/dv²)·h_i
  std::vector<Tensor> vjp(const Saved& s, std::span<const Tensor> up) const {
    if (s.in(0).numel() == 0) return {zeros_like(s.in(0)), zeros_like(s.in(1)), zeros_like(s.in(2)), {}};
    const Tensor a = s.in(1), b = s.in(2), h = up[0].unsqueeze(2);
    const Tensor g = (flipped ? s.in(0).transpose(1, 2) : s.in(0)).unsqueeze(3);
    const Tensor d = run_cdist(a, b, p).unsqueeze(3), same = d == 0;
    const Tensor ratio = (a.unsqueeze(2) - b.unsqueeze(1)) / where(same, 1, d), size = descent::abs(ratio);
    std::vector<Tensor> result(4);
    Tensor phi;
    const bool smooth = p != 0 && p != 1 && !std::isinf(p);
    if (std::isinf(p)) {
      const Tensor top = (size == 1).to(d.dtype());
      phi = sign(ratio) * top / maximum(top.sum({3}, true), ones({}, {.dtype = d.dtype()}));
    } else if (p == 2) {
      phi = ratio;
    } else if (p == 0) {
      phi = zeros_like(ratio);
    } else {
      phi = sign(ratio) * where(size == 0, 0, descent::pow(where(size == 0, 1, size), p - 1));
    }
    if (s.needs(0)) {
      const Tensor total = (h * phi).sum({3});
      result[0] = flipped ? total.transpose(1, 2) : total;
    }
    if (!smooth) {
      result[1] = zeros_like(a);
      result[2] = zeros_like(b);
      return result;
    }
    Tensor along = h;
    if (p != 2) along = h * where(size == 0, 0, descent::pow(where(size == 0, 1, size), p - 2));
    const Tensor weight = where(same, 0, g * (p - 1) / where(same, 1, d));
    const Tensor total = weight * (along - phi * (phi * h).sum({3}, true));
    result[1] = total.sum({2});
    result[2] = -total.sum({1});
    return result;
  }
};

struct Cdist {  // of [batch, n, m] and [batch, k, m]
  static constexpr const char* name = "cdist";
  static constexpr Uses uses = {input(0) | input(1) | output()};
  double p;
  Tensor forward(const Tensor& a, const Tensor& b) const {
    const Tensor x = a.contiguous(), y = b.contiguous();
    Tensor out = make_tensor({a.size(0), a.size(1), b.size(1)}, a.dtype());
    kernels::distances(distances_of(x, y, p), data_of<char>(out));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return apply(CdistGrad{p, false}, g, s.in(0), s.in(1), s.out().detach());
  }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const {
    return apply(CdistGrad{p, true}, g, s.in(1), s.in(0), s.out().detach());
  }
};

Tensor run_cdist(const Tensor& a, const Tensor& b, double p) { return apply(Cdist{p}, a, b); }

void check_floats(const char* op, const Tensor& x) {
  if (!descent::is_floating_point(x.checked(op).dtype)) fail<DTypeError>(op, "takes floats, got {}", x.dtype());
}

void check_pair(const char* op, const Tensor& a, const Tensor& b) {
  check_floats(op, a);
  check_floats(op, b);
  if (a.dtype() != b.dtype()) {
    fail<DTypeError>(op, "both operands must be of one type, got {} and {}", a.dtype(), b.dtype());
  }
}

void check_p(const char* op, double p) {
  if (!(p >= 0)) throw std::invalid_argument(fmt::format("{}: p must be at least 0, got {}", op, p));
}

void check_eps(const char* op, double eps) {
  if (!(eps >= 0)) throw std::invalid_argument(fmt::format("{}: eps must not be negative, got {}", op, eps));
}

}  // namespace

OpList distance_ops() { return list_of<CdistGrad, Cdist>(); }

}  // namespace autograd

using namespace autograd;

Tensor normalize(const Tensor& x, const NormalizeOptions& options) {
  constexpr const char* op = "normalize";
  check_floats(op, x);
  check_p(op, options.p);
  check_eps(op, options.eps);
  const int dim = wrap_dim(options.dim, x.dim(), op);
  if (x.numel() == 0) return x.clone();
  return x / clamp(norm(x, options.p, x.dim() == 0 ? Shape{} : Shape{dim}, true), options.eps);
}

Tensor cosine_similarity(const Tensor& a, const Tensor& b, const CosineSimilarityOptions& options) {
  constexpr const char* op = "cosine_similarity";
  check_pair(op, a, b);
  check_eps(op, options.eps);
  const Shape shape = broadcast_shapes(a.shape(), b.shape(), op);
  const int dim = wrap_dim(options.dim, static_cast<std::int64_t>(shape.size()), op);
  const Shape along = shape.empty() ? Shape{} : Shape{dim};
  const auto unit = [&](const Tensor& t) {
    const Tensor whole = expand(t, shape);
    return whole / clamp(norm(whole, 2, along, true), options.eps);
  };
  return (unit(a) * unit(b)).sum(along);
}

Tensor pairwise_distance(const Tensor& a, const Tensor& b, const PairwiseDistanceOptions& options) {
  constexpr const char* op = "pairwise_distance";
  check_pair(op, a, b);
  check_p(op, options.p);
  if (std::isnan(options.eps)) throw std::invalid_argument(fmt::format("{}: eps must be a number, got nan", op));
  const Shape shape = broadcast_shapes(a.shape(), b.shape(), op);
  if (shape.empty()) fail<ShapeError>(op, "needs at least one dim, got {} and {}", a.shape(), b.shape());
  const Tensor difference = a - b + options.eps;
  if (shape.back() == 0 && std::isinf(options.p)) {
    return difference.sum({-1}, options.keepdim);  // 0 over nothing
  }
  return norm(difference, options.p, {-1}, options.keepdim);
}

Tensor cdist(const Tensor& a, const Tensor& b, const CdistOptions& options) {
  constexpr const char* op = "cdist";
  check_pair(op, a, b);
  check_p(op, options.p);
  const std::size_t da = a.shape().size(), db = b.shape().size();
  if (da < 2 || db < 2 || a.shape().back() != b.shape().back()) {
    fail<ShapeError>(op, "needs […, n, m] and […, k, m], got {} and {}", a.shape(), b.shape());
  }
  Shape batch = broadcast_shapes(Shape(a.shape().data(), da - 2), Shape(b.shape().data(), db - 2), op);
  const std::int64_t count = batch.numel(), n = a.size(-2), k = b.size(-2), m = a.size(-1);
  const auto flat = [&](const Tensor& t, std::int64_t rows) {
    Shape whole = batch;
    whole.push_back(rows);
    whole.push_back(m);
    return expand(t, whole).reshape({count, rows, m});
  };
  Shape shape = batch;
  shape.push_back(n);
  shape.push_back(k);
  return run_cdist(flat(a, n), flat(b, k), options.p).reshape(shape);
}

Tensor pdist(const Tensor& x, const CdistOptions& options) {
  constexpr const char* op = "pdist";
  check_floats(op, x);
  check_p(op, options.p);
  if (x.dim() != 2) fail<ShapeError>(op, "takes [n, m], got {}", x.shape());
  const std::int64_t n = x.size(0);
  std::vector<std::int64_t> above;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = i + 1; j < n; ++j) above.push_back(i * n + j);
  }
  return index_select(cdist(x, x, options).reshape({-1}), 0, from_vector(above));
}
Tensor pdist(const Tensor& x, double p) { return pdist(x, CdistOptions{.p = p}); }

}  // namespace descent
