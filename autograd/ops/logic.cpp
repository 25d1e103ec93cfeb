// Tests of each element, logical operations, and mixed pointwise ops (lerp, addcmul, addcdiv, nan_to_num, clamp).
#include "logic.h"

#include <cmath>
#include <limits>

#include "../../kernels/mixed.h"
#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

using kernels::Binary;
using kernels::Mixed;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The common type and shape of several tensors; undefined ones do not count.
struct Common {
  Shape shape;
  DType dtype;
};
Common common(const char* op, const Tensor& a, const Tensor& b, const Tensor& c) {
  Common found{a.shape(), a.dtype()};
  Tensor widest = a;
  for (const Tensor* t : {&b, &c}) {
    if (!t->defined()) continue;
    found.shape = broadcast_shapes(found.shape, t->shape(), op);
    found.dtype = result_type(widest, *t);
    widest = found.dtype == widest.dtype() && widest.dim() >= t->dim()
                 ? widest
                 : make_tensor(found.shape.empty() ? Shape{} : Shape{0}, found.dtype);
  }
  return found;
}

Tensor run_mixed(Mixed kind, const char* op, const Tensor& a, const Tensor& b, const Tensor& c, double value = 1) {
  const auto [shape, dtype] = common(op, a, b, c);
  const Tensor x = converted(a, dtype), y = converted(b, dtype), z = converted(c, dtype);
  Tensor out = make_tensor(shape, dtype);
  Shape sx, sy, sz;
  kernels::mixed(kind, view_of(out), broadcast_view(x, shape, sx), broadcast_view(y, shape, sy),
                 broadcast_view(z, shape, sz), value);
  return out;
}

struct Lerp {  // a + w·(b − a):  g·(1 − w),  g·w,  g·(b − a)
  static constexpr const char* name = "lerp";
  static constexpr Uses uses = {input(2), input(2), input(0) | input(1)};
  Tensor forward(const Tensor& a, const Tensor& b, const Tensor& w) const {
    return run_mixed(Mixed::Lerp, name, a, b, w);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * (1 - s.in(2)); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return g * s.in(2); }
  Tensor vjp(In<2>, const Saved& s, const Tensor& g) const { return g * (s.in(1) - s.in(0)); }
};

struct Addcmul {  // a + v·b·c
  static constexpr const char* name = "addcmul";
  static constexpr Uses uses = {0, input(2), input(1)};
  double value;
  Tensor forward(const Tensor& a, const Tensor& b, const Tensor& c) const {
    return run_mixed(Mixed::Addcmul, name, a, b, c, value);
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return g * (s.in(2) * value); }
  Tensor vjp(In<2>, const Saved& s, const Tensor& g) const { return g * (s.in(1) * value); }
};

struct Addcdiv {  // a + v·b/c:  g,  g·v/c,  −g·v·b/c²
  static constexpr const char* name = "addcdiv";
  static constexpr Uses uses = {0, input(2), input(1) | input(2)};
  double value;
  Tensor forward(const Tensor& a, const Tensor& b, const Tensor& c) const {
    return run_mixed(Mixed::Addcdiv, name, a, b, c, value);
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return g * (value / s.in(2)); }
  Tensor vjp(In<2>, const Saved& s, const Tensor& g) const {
    const Tensor c = s.in(2);
    return -g * (s.in(1) * value / c / c);
  }
};

struct ClampTensor {  // the gradient goes where the value came from; crossed bounds give the upper one
  static constexpr const char* name = "clamp.tensor";
  static constexpr std::uint32_t kAll = input(0) | input(1) | input(2);
  static constexpr Uses uses = {kAll, kAll, kAll};
  Tensor forward(const Tensor& a, const Tensor& lo, const Tensor& hi) const {
    const DType dtype = common("clamp", a, lo, hi).dtype;
    Tensor out = converted(a, dtype);
    if (lo.defined()) out = run_binary(Binary::Maximum, dtype, out, lo, "clamp");
    if (hi.defined()) out = run_binary(Binary::Minimum, dtype, out, hi, "clamp");
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor a = s.in(0), lo = s.in(1), hi = s.in(2);
    if (!hi.defined()) return where(a >= lo, g, 0);
    if (!lo.defined()) return where(a <= hi, g, 0);
    return where((a >= lo) * (a <= hi), g, 0);
  }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const {
    const Tensor a = s.in(0), lo = s.in(1), hi = s.in(2);
    return hi.defined() ? where((a < lo) * (lo < hi), g, 0) : where(a < lo, g, 0);
  }
  Tensor vjp(In<2>, const Saved& s, const Tensor& g) const {
    const Tensor a = s.in(0), lo = s.in(1), hi = s.in(2);
    return lo.defined() ? where((a > hi) + (lo > hi), g, 0) : where(a > hi, g, 0);
  }
};

/// a op b after any non-zero value has become true.
Tensor logical(Binary kind, const char* op, const Tensor& a, const Tensor& b) {
  a.checked(op);
  b.checked(op);
  return run_binary(kind, boolean, a.detach(), b.detach(), op);
}

Tensor on_booleans(Binary kind, const char* op, const Tensor& a, const Tensor& b) {
  a.checked(op);
  b.checked(op);
  if (a.dtype() != boolean || b.dtype() != boolean) {
    fail<DTypeError>(op, "takes booleans, got {} and {}; logical_and, logical_or and logical_xor take any type",
                     a.dtype(), b.dtype());
  }
  return logical(kind, op, a, b);
}

Tensor all_false(const Tensor& a) { return zeros(a.shape(), {.dtype = boolean}); }

}  // namespace

OpList logic_ops() { return list_of<Lerp, Addcmul, Addcdiv, ClampTensor>(); }

}  // namespace autograd

using namespace autograd;

Tensor isnan(const Tensor& a) {
  a.checked("isnan");
  return a.is_floating_point() ? a != a : all_false(a);
}
Tensor isinf(const Tensor& a) {
  a.checked("isinf");
  return a.is_floating_point() ? abs(a.detach()) == kInfinity : all_false(a);
}
Tensor isposinf(const Tensor& a) {
  a.checked("isposinf");
  return a.is_floating_point() ? a == kInfinity : all_false(a);
}
Tensor isneginf(const Tensor& a) {
  a.checked("isneginf");
  return a.is_floating_point() ? a == -kInfinity : all_false(a);
}
Tensor isfinite(const Tensor& a) {
  a.checked("isfinite");
  return a.is_floating_point() ? abs(a.detach()) < kInfinity : ones(a.shape(), {.dtype = boolean});
}

Tensor isclose(const Tensor& a, const Tensor& b, const IscloseOptions& options) {
  a.checked("isclose");
  b.checked("isclose");
  for (const auto& [name, value] : {std::pair{"rtol", options.rtol}, std::pair{"atol", options.atol}}) {
    if (!(value >= 0))
      throw std::invalid_argument(fmt::format("isclose: {} must not be negative, got {}", name, value));
  }
  broadcast_shapes(a.shape(), b.shape(), "isclose");
  const NoGradGuard no_grad;
  const DType type = result_type(a, b), dtype = descent::is_floating_point(type) ? type : float64;
  const Tensor x = converted(a.detach(), dtype), y = converted(b.detach(), dtype);
  Tensor close = x == y;
  if (options.equal_nan) close = close | (isnan(x) & isnan(y));
  const Tensor distance = abs(x - y);
  return close | ((distance < kInfinity) & (distance <= abs(y * options.rtol) + options.atol));
}

Tensor logical_and(const Tensor& a, const Tensor& b) { return logical(Binary::Mul, "logical_and", a, b); }
Tensor logical_or(const Tensor& a, const Tensor& b) { return logical(Binary::Add, "logical_or", a, b); }
Tensor logical_xor(const Tensor& a, const Tensor& b) { return logical(Binary::Sub, "logical_xor", a, b); }
Tensor logical_not(const Tensor& a) { return a.checked("logical_not"), a == false; }

Tensor operator!(const Tensor& a) {
  a.checked("operator !");
  if (a.dtype() != boolean) {
    fail<DTypeError>("operator !", "takes booleans, got {}; logical_not takes any type", a.dtype());
  }
  return logical_not(a);
}
Tensor operator~(const Tensor& a) { return !a; }
Tensor operator&(const Tensor& a, const Tensor& b) { return on_booleans(Binary::Mul, "operator &", a, b); }
Tensor operator|(const Tensor& a, const Tensor& b) { return on_booleans(Binary::Add, "operator |", a, b); }
Tensor operator^(const Tensor& a, const Tensor& b) { return on_booleans(Binary::Sub, "operator ^", a, b); }

Tensor nan_to_num(const Tensor& a, const NanToNumOptions& options) {
  a.checked("nan_to_num");
  if (!a.is_floating_point()) return a.clone();
  const double most = a.dtype() == float32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
  const Tensor finite_top = where(a.detach() == kInfinity, options.posinf.value_or(most), a);
  const Tensor finite = where(a.detach() == -kInfinity, options.neginf.value_or(-most), finite_top);
  return where(isnan(a), options.nan, finite);
}

namespace {

void three(const char* op, const Tensor& a, const Tensor& b, const Tensor& c) {
  a.checked(op);
  b.checked(op);
  c.checked(op);
}

}  // namespace

Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight) {
  three("lerp", start, end, weight);
  const DType dtype = result_type(start, end);
  if (!descent::is_floating_point(dtype)) fail<DTypeError>("lerp", "takes floats, got {}", dtype);
  return apply(Lerp{}, start, end, weight);
}
Tensor lerp(const Tensor& start, const Tensor& end, Scalar weight) {
  start.checked("lerp");
  end.checked("lerp");
  return lerp(start, end, full({}, weight, {.dtype = real_type(result_type(start, end))}));
}

Tensor addcmul(const Tensor& a, const Tensor& tensor1, const Tensor& tensor2, const AddcmulOptions& options) {
  three("addcmul", a, tensor1, tensor2);
  const DType dtype = common("addcmul", a, tensor1, tensor2).dtype;
  no_booleans("addcmul", dtype, "convert to a number first");
  const double value = options.value;
  if (!descent::is_floating_point(dtype) && !(std::trunc(value) == value && std::abs(value) < 0x1p63)) {
    throw std::invalid_argument(
        fmt::format("addcmul: value must be whole for {} tensors, got {}", name_of(dtype), value));
  }
  return apply(Addcmul{value}, a, tensor1, tensor2);
}

Tensor addcdiv(const Tensor& a, const Tensor& tensor1, const Tensor& tensor2, const AddcdivOptions& options) {
  three("addcdiv", a, tensor1, tensor2);
  const DType dtype = common("addcdiv", a, tensor1, tensor2).dtype;
  if (!descent::is_floating_point(dtype)) fail<DTypeError>("addcdiv", "takes floats, got {}", dtype);
  return apply(Addcdiv{options.value}, a, tensor1, tensor2);
}

Tensor clamp(const Tensor& a, const Tensor& min, const Tensor& max) {
  a.checked("clamp");
  if (!min.defined() && !max.defined()) {
    throw std::invalid_argument("clamp: at least one of min and max must be given");
  }
  no_booleans("clamp", common("clamp", a, min, max).dtype, "convert to a number first");
  return apply(ClampTensor{}, a, min, max);
}
Tensor clamp_min(const Tensor& a, Scalar min) {
  return a.checked("clamp_min"), clamp(a, std::optional<double>(min.to<double>()));
}
Tensor clamp_min(const Tensor& a, const Tensor& min) {
  a.checked("clamp_min");
  min.checked("clamp_min");
  return clamp(a, min, Tensor());
}
Tensor clamp_max(const Tensor& a, Scalar max) {
  return a.checked("clamp_max"), clamp(a, std::nullopt, max.to<double>());
}
Tensor clamp_max(const Tensor& a, const Tensor& max) {
  a.checked("clamp_max");
  max.checked("clamp_max");
  return clamp(a, Tensor(), max);
}

namespace {

const Tensor& self(const PointwiseMethods* methods) { return *static_cast<const Tensor*>(methods); }

}  // namespace

Tensor PointwiseMethods::isnan() const { return descent::isnan(self(this)); }
Tensor PointwiseMethods::isinf() const { return descent::isinf(self(this)); }
Tensor PointwiseMethods::isfinite() const { return descent::isfinite(self(this)); }
Tensor PointwiseMethods::isclose(const Tensor& b, const IscloseOptions& options) const {
  return descent::isclose(self(this), b, options);
}
Tensor PointwiseMethods::isclose(const Tensor& b) const { return descent::isclose(self(this), b); }
Tensor PointwiseMethods::logical_and(const Tensor& b) const { return descent::logical_and(self(this), b); }
Tensor PointwiseMethods::logical_or(const Tensor& b) const { return descent::logical_or(self(this), b); }
Tensor PointwiseMethods::logical_xor(const Tensor& b) const { return descent::logical_xor(self(this), b); }
Tensor PointwiseMethods::logical_not() const { return descent::logical_not(self(this)); }
Tensor PointwiseMethods::nan_to_num() const { return descent::nan_to_num(self(this)); }
Tensor PointwiseMethods::nan_to_num(const NanToNumOptions& options) const {
  return descent::nan_to_num(self(this), options);
}
Tensor PointwiseMethods::lerp(const Tensor& end, const Tensor& weight) const {
  return descent::lerp(self(this), end, weight);
}
Tensor PointwiseMethods::lerp(const Tensor& end, Scalar weight) const { return descent::lerp(self(this), end, weight); }
Tensor PointwiseMethods::addcmul(const Tensor& tensor1, const Tensor& tensor2) const {
  return descent::addcmul(self(this), tensor1, tensor2);
}
Tensor PointwiseMethods::addcmul(const Tensor& tensor1, const Tensor& tensor2, const AddcmulOptions& options) const {
  return descent::addcmul(self(this), tensor1, tensor2, options);
}
Tensor PointwiseMethods::addcdiv(const Tensor& tensor1, const Tensor& tensor2) const {
  return descent::addcdiv(self(this), tensor1, tensor2);
}
Tensor PointwiseMethods::addcdiv(const Tensor& tensor1, const Tensor& tensor2, const AddcdivOptions& options) const {
  return descent::addcdiv(self(this), tensor1, tensor2, options);
}
Tensor PointwiseMethods::clamp(const Tensor& min, const Tensor& max) const {
  return descent::clamp(self(this), min, max);
}
Tensor PointwiseMethods::clamp_min(Scalar min) const { return descent::clamp_min(self(this), min); }
Tensor PointwiseMethods::clamp_min(const Tensor& min) const { return descent::clamp_min(self(this), min); }
Tensor PointwiseMethods::clamp_max(Scalar max) const { return descent::clamp_max(self(this), max); }
Tensor PointwiseMethods::clamp_max(const Tensor& max) const { return descent::clamp_max(self(this), max); }

}  // namespace descent
