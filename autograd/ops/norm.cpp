// Norms of vectors: (Σ |a|ᵖ)^(1/p) over some dims.
#include <cmath>
#include <limits>

#include "../../kernels/moments.h"
#include "reduce-inl.h"
#include "statistics-inl.h"

namespace descent {
namespace autograd {
namespace {

using kernels::Reduce;

constexpr double kInf = std::numeric_limits<double>::infinity();

struct Norm {
  static constexpr const char* name = "norm";
  static constexpr Uses uses = {input(0) | output()};
  double p;
  std::uint32_t mask;
  bool keepdim;

  Tensor forward(const Tensor& a) const {
    const DType dtype = a.dtype();
    if (p == 2) {
      return run_rows(a, mask, keepdim, dtype, [](kernels::View out, kernels::View in) { kernels::norm2(out, in); });
    }
    if (p == 0) return run_reduce(Reduce::Sum, (a != 0).to(dtype), mask, keepdim, dtype);
    const Tensor size = descent::abs(a);
    if (p == 1) return run_reduce(Reduce::Sum, size, mask, keepdim, dtype);
    if (reduced_count(a.shape(), mask) == 0) return zeros(reduced_shape(a.shape(), mask, keepdim), {.dtype = dtype});
    // m·(Σ (|a|/m)ᵖ)^(1/p) with the largest m, for p < 0 the smallest: the sum is between 1 and n.
    const Tensor m = run_reduce(p > 0 ? Reduce::Max : Reduce::Min, size, mask, true, dtype);
    if (std::isinf(p)) return m.reshape(reduced_shape(a.shape(), mask, keepdim));
    const Tensor plain = (m == 0) + (m == kInf), scale = where(plain, 1, m);
    const Tensor sum = run_reduce(Reduce::Sum, descent::pow(size / scale, p), mask, true, dtype);
    return (descent::pow(sum, 1 / p) * scale).reshape(reduced_shape(a.shape(), mask, keepdim));
  }

  // g·sign(a)·(|a| / norm)^(p − 1); 0 where the norm is 0, or a is and the power would be infinite.
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor a = s.in(0), scale = with_reduced_dims(g, a.shape(), mask);
    if (p == 0) return zeros_like(a);
    if (p == 1) return descent::sign(a) * scale;
    const Tensor n = with_reduced_dims(s.out(), a.shape(), mask);
    if (std::isinf(p)) return descent::sign(a) * share_among(reaches(descent::abs(a), n), scale, mask);
    const Tensor zero = n == 0;
    const Tensor ratio = a / where(zero, 1, n), masked = where(zero, 0, scale);
    if (p == 2) return masked * ratio;
    const Tensor none = ratio == 0, power = descent::pow(where(none, 1, descent::abs(ratio)), p - 1);
    return masked * descent::sign(ratio) * power;
  }
};

}  // namespace

OpList norm_ops() { return list_of<Norm>(); }

}  // namespace autograd

using namespace autograd;

Tensor norm(const Tensor& a, double p) { return norm(a, p, Shape{}); }
Tensor norm(const Tensor& a, double p, const Shape& dims, bool keepdim) {
  floating("norm", a);
  const std::uint32_t mask = dim_mask("norm", a, dims);
  if (std::isnan(p)) throw std::invalid_argument("norm: p must be a number, got nan");
  if ((p < 0 || p == kInf) && reduced_count(a.shape(), mask) == 0) {
    fail<ShapeError>("norm", "p = {} needs at least one element, got shape {}", p, a.shape());
  }
  return apply(Norm{p, mask, keepdim}, a);
}
Tensor norm(const Tensor& a, const std::string& p, const Shape& dims, bool keepdim) {
  a.checked("norm");
  if (p != "fro") throw std::invalid_argument(fmt::format("norm: p must be a number or \"fro\", got \"{}\"", p));
  return norm(a, 2.0, dims, keepdim);
}

Tensor TensorMethods::norm(double p) const { return descent::norm(self(), p); }
Tensor TensorMethods::norm(double p, const Shape& dims, bool keepdim) const {
  return descent::norm(self(), p, dims, keepdim);
}
Tensor TensorMethods::norm(const std::string& p, const Shape& dims, bool keepdim) const {
  return descent::norm(self(), p, dims, keepdim);
}

}  // namespace descent
