// Comparisons, choices between two tensors, and whether tensors are equal.
#include <cmath>

#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

using kernels::Compare;

Tensor run_compare(Compare kind, const char* op, const Tensor& a, const Tensor& b) {
  a.checked(op);
  b.checked(op);
  const DType dtype = result_type(a, b);
  const Tensor x = converted(a.detach(), dtype), y = converted(b.detach(), dtype);
  const Shape shape = broadcast_shapes(a.shape(), b.shape(), op);
  Tensor out = make_tensor(shape, boolean);
  Shape x_strides, y_strides;
  kernels::compare(kind, view_of(out), broadcast_view(x, shape, x_strides), broadcast_view(y, shape, y_strides));
  return out;
}

Tensor run_compare(Compare kind, const char* op, const Tensor& a, Scalar b) {
  a.checked(op);
  const DType dtype = promote_number(a.dtype(), b.dtype());
  const Tensor x = converted(a.detach(), dtype);
  Tensor out = make_tensor(x.shape(), boolean);
  const NumberView number(b, dtype);
  kernels::compare(kind, view_of(out), view_of(x), number.as(x.shape(), x.numel()));
  return out;
}

constexpr const char* kComparisonNames[] = {"eq", "ne", "lt", "le", "gt", "ge"};

template <Compare kKind>
struct Comparison {
  static constexpr const char* name = kComparisonNames[static_cast<int>(kKind)];
  static constexpr bool differentiable = false;
  Tensor forward(const Tensor& a, const Tensor& b) const { return run_compare(kKind, name, a, b); }
};

struct Where {  // g where the condition holds, g where it does not
  static constexpr const char* name = "where";
  static constexpr Uses uses = {0, input(0), input(0)};
  static constexpr std::uint32_t constant_inputs = input(0);
  Tensor forward(const Tensor& c, const Tensor& a, const Tensor& b) const {
    const DType dtype = result_type(a, b);
    const Tensor x = converted(a, dtype), y = converted(b, dtype);
    const Shape shape = broadcast_shapes(c.shape(), broadcast_shapes(a.shape(), b.shape(), name), name);
    Tensor out = make_tensor(shape, dtype);
    Shape c_strides, x_strides, y_strides;
    kernels::where(view_of(out), broadcast_view(c, shape, c_strides), broadcast_view(x, shape, x_strides),
                   broadcast_view(y, shape, y_strides));
    return out;
  }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return where(s.in(0), g, 0); }
  Tensor vjp(In<2>, const Saved& s, const Tensor& g) const { return where(s.in(0), 0, g); }
};

struct Clamp {  // g where lo <= a <= hi
  static constexpr const char* name = "clamp";
  static constexpr Uses uses = {input(0)};
  std::optional<double> lo, hi;
  Tensor forward(const Tensor& a) const {
    // An integer keeps its type unless a bound has a fraction.
    const auto fraction = [](const std::optional<double>& v) { return v && std::trunc(*v) != *v; };
    const DType dtype = fraction(lo) || fraction(hi) ? real_type(a.dtype()) : a.dtype() == boolean ? int64 : a.dtype();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    if ((lo && std::isnan(*lo)) || (hi && std::isnan(*hi))) return full(a.shape(), nan, {.dtype = dtype});
    const Tensor x = converted(a, dtype);
    Tensor out = make_tensor(x.shape(), dtype);
    kernels::dispatch(dtype, [&]<class T>() {
      using Limits = std::numeric_limits<T>;
      const T lowest = Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest();
      const T highest = Limits::has_infinity ? Limits::infinity() : Limits::max();
      const auto bound = [](double v, T least, T most) {  // saturates where T cannot hold v
        return v <= static_cast<double>(least) ? least : v >= static_cast<double>(most) ? most : static_cast<T>(v);
      };
      const T low = lo ? bound(*lo, lowest, highest) : lowest, high = hi ? bound(*hi, lowest, highest) : highest;
      kernels::clamp(view_of(out), view_of(x), &low, &high);
    });
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor a = s.in(0);
    if (!hi) return where(a >= *lo, g, 0);
    if (!lo) return where(a <= *hi, g, 0);
    return where((a >= *lo) * (a <= *hi), g, 0);
  }
};

}  // namespace

OpList compare_ops() {
  return list_of<Comparison<Compare::Equal>, Comparison<Compare::NotEqual>, Comparison<Compare::Less>,
                 Comparison<Compare::LessEqual>, Comparison<Compare::Greater>, Comparison<Compare::GreaterEqual>, Where,
                 Clamp>();
}

}  // namespace autograd

using namespace autograd;

Tensor eq(const Tensor& a, const Tensor& b) { return apply(Comparison<Compare::Equal>{}, a, b); }
Tensor ne(const Tensor& a, const Tensor& b) { return apply(Comparison<Compare::NotEqual>{}, a, b); }
Tensor lt(const Tensor& a, const Tensor& b) { return apply(Comparison<Compare::Less>{}, a, b); }
Tensor le(const Tensor& a, const Tensor& b) { return apply(Comparison<Compare::LessEqual>{}, a, b); }
Tensor gt(const Tensor& a, const Tensor& b) { return apply(Comparison<Compare::Greater>{}, a, b); }
Tensor ge(const Tensor& a, const Tensor& b) { return apply(Comparison<Compare::GreaterEqual>{}, a, b); }
Tensor eq(const Tensor& a, Scalar b) { return run_compare(Compare::Equal, "eq", a, b); }
Tensor ne(const Tensor& a, Scalar b) { return run_compare(Compare::NotEqual, "ne", a, b); }
Tensor lt(const Tensor& a, Scalar b) { return run_compare(Compare::Less, "lt", a, b); }
Tensor le(const Tensor& a, Scalar b) { return run_compare(Compare::LessEqual, "le", a, b); }
Tensor gt(const Tensor& a, Scalar b) { return run_compare(Compare::Greater, "gt", a, b); }
Tensor ge(const Tensor& a, Scalar b) { return run_compare(Compare::GreaterEqual, "ge", a, b); }

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  condition.checked("where");
  a.checked("where");
  b.checked("where");
  if (condition.dtype() != boolean) {
    fail<DTypeError>("where", "the condition must be boolean, got {}", condition.dtype());
  }
  return apply(Where{}, condition, a, b);
}

namespace {

Tensor number_like(const Tensor& tensor, Scalar number) {
  return full({}, number, {.dtype = promote_number(tensor.checked("where").dtype, number.dtype())});
}

}  // namespace

Tensor where(const Tensor& condition, const Tensor& a, Scalar b) { return where(condition, a, number_like(a, b)); }
Tensor where(const Tensor& condition, Scalar a, const Tensor& b) { return where(condition, number_like(b, a), b); }

Tensor clamp(const Tensor& a, std::optional<double> min, std::optional<double> max) {
  a.checked("clamp");
  if (!min && !max) throw std::invalid_argument("clamp: at least one of min and max must be given");
  return apply(Clamp{min, max}, a);
}

bool allclose(const Tensor& a, const Tensor& b, const AllcloseOptions& options) {
  a.checked("allclose");
  b.checked("allclose");
  const Shape shape = broadcast_shapes(a.shape(), b.shape(), "allclose");
  const std::vector<double> x = expand(a.detach(), shape).to_vector<double>();
  const std::vector<double> y = expand(b.detach(), shape).to_vector<double>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i] || (options.equal_nan && std::isnan(x[i]) && std::isnan(y[i]))) continue;
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) return false;
    if (!(std::abs(x[i] - y[i]) <= options.atol + options.rtol * std::abs(y[i]))) return false;
  }
  return true;
}

bool equal(const Tensor& a, const Tensor& b) {
  a.checked("equal");
  b.checked("equal");
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  if (a.numel() == 0) return true;
  return (a == b).min().item<bool>();
}

}  // namespace descent
