// Running sums, products and log-sum-exps along a dim. Their gradients are scans too, mostly from the other end.
#include "../../kernels/scan.h"

#include <limits>

#include "../op_list.h"
#include "scan-inl.h"

namespace descent {
namespace autograd {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// A contiguous tensor of this shape as the kernels see it.
kernels::ScanShape scan_shape(const Shape& shape, int dim, bool reverse) {
  kernels::ScanShape result{1, 1, 1, reverse};
  for (int i = 0; i < shape.dim(); ++i) {
    (i < dim ? result.outer : i == dim ? result.n : result.inner) *= shape[static_cast<std::size_t>(i)];
  }
  return result;
}

Tensor run_scan(kernels::Scan kind, const Tensor& a, int dim, bool reverse) {
  const Tensor x = a.contiguous();
  Tensor out = make_tensor(x.shape(), descent::is_floating_point(x.dtype()) ? x.dtype() : int64);
  kernels::scan(kind, scan_shape(x.shape(), dim, reverse), x.dtype(), data_of<char>(out), data_of<char>(x));
  return out;
}

struct LinearScan {
  static constexpr const char* name = "linear_scan";
  static constexpr Uses uses = {input(0) | output(), input(0)};
  int dim;
  bool reverse;
  Tensor forward(const Tensor& w, const Tensor& u) const {
    const Tensor weight = w.contiguous(), in = u.contiguous();
    Tensor out = make_tensor(in.shape(), in.dtype());
    kernels::linear_scan(scan_shape(in.shape(), dim, reverse), in.dtype(), data_of<char>(out), data_of<char>(weight),
                         data_of<char>(in));
    return out;
  }
  // q_i = g_i + w_{i+1}·q_{i+1} is the gradient of u_i, and q_i·h_{i−1} that of w_i.
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const {
    return linear_scan(shifted(s.in(0), dim, reverse ? 1 : -1, 0), g, dim, !reverse);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return vjp(In<1>{}, s, g) * shifted(s.out(), dim, reverse ? -1 : 1, 0);
  }
};

struct CumSum {
  static constexpr const char* name = "cumsum";
  int dim;
  bool reverse = false;
  Tensor forward(const Tensor& a) const { return run_scan(kernels::Scan::Sum, a, dim, reverse); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return apply(CumSum{dim, !reverse}, g); }
};

// Σ_{i>=k} g_i·∂y_i/∂x_k = (x_0 … x_{k−1})·s_k with s_k = g_k + x_{k+1}·s_{k+1}: no division, so zeros do no harm.
struct CumProd {
  static constexpr const char* name = "cumprod";
  static constexpr Uses uses = {input(0)};
  int dim;
  bool reverse = false;
  Tensor forward(const Tensor& a) const { return run_scan(kernels::Scan::Prod, a, dim, reverse); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor x = s.in(0);
    return exclusive_product(x, dim, reverse) * linear_scan(shifted(x, dim, reverse ? 1 : -1, 0), g, dim, !reverse);
  }
};

// Σ_{i>=k} g_i·exp(x_k − y_i) = exp(x_k − y_k)·s_k with s_k = g_k + exp(y_k − y_{k+1})·s_{k+1}: no exponent is
// positive.
struct LogCumSumExp {
  static constexpr const char* name = "logcumsumexp";
  static constexpr Uses uses = {input(0) | output()};
  int dim;
  Tensor forward(const Tensor& a) const { return run_scan(kernels::Scan::LogSumExp, a, dim, false); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor x = s.in(0), y = s.out(), next = shifted(y, dim, -1, 0);
    // Where y_{k+1} is infinite nothing comes back from it.
    const Tensor decay = exp(where(abs(next) == kInf, -kInf, y - next));
    return exp(where(x == -kInf, -kInf, x - y)) * linear_scan(decay, g, dim, true);
  }
};

template <bool kLargest>
struct CumExtreme {
  static constexpr const char* name = kLargest ? "cummax" : "cummin";
  static constexpr Uses uses = {output(1)};
  int dim;
  ValuesAndIndices forward(const Tensor& a) const {
    const Tensor x = a.contiguous();
    Tensor values = make_tensor(x.shape(), x.dtype()), index = make_tensor(x.shape(), int64);
    kernels::extreme_scan(kLargest, scan_shape(x.shape(), dim, false), x.dtype(), data_of<char>(values),
                          data_of<std::int64_t>(index), data_of<char>(x));
    return {values, index};
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    if (g.dim() == 0) return g;
    return scatter_add(zeros(s.shape(0), {.dtype = g.dtype()}), dim, s.out(1), g);
  }
};

int scan_dim(const char* op, const Tensor& a, std::int64_t dim) {
  a.checked(op);
  return wrap_dim(dim, a.dim(), op);
}

}  // namespace

Tensor linear_scan(const Tensor& w, const Tensor& u, int dim, bool reverse) {
  const int d = scan_dim("linear_scan", u, dim);
  if (w.checked("linear_scan").shape != u.shape() || w.dtype() != u.dtype()) {
    fail<ShapeError>("linear_scan", "takes two tensors of one shape and dtype, got {} {} and {} {}", w.dtype(),
                     w.shape(), u.dtype(), u.shape());
  }
  return apply(LinearScan{d, reverse}, w, u);
}

Tensor shifted(const Tensor& a, int dim, int by, double fill) {
  if (a.dim() == 0) return full_like(a, fill);
  const std::int64_t n = a.size(dim);
  if (n == 0) return a;
  Shape one = a.shape();
  one[static_cast<std::size_t>(dim)] = 1;
  const Tensor edge = full(one, fill, {.dtype = a.dtype()});
  return by > 0 ? cat({edge, a.slice(dim, 0, n - 1)}, dim) : cat({a.slice(dim, 1, n), edge}, dim);
}

Tensor exclusive_product(const Tensor& a, int dim, bool reverse) {
  return shifted(apply(CumProd{dim, reverse}, a), dim, reverse ? -1 : 1, 1);
}

OpList scan_ops() { return list_of<LinearScan, CumSum, CumProd, LogCumSumExp, CumExtreme<true>, CumExtreme<false>>(); }

}  // namespace autograd

using namespace autograd;

Tensor cumsum(const Tensor& a, std::int64_t dim) { return apply(CumSum{scan_dim("cumsum", a, dim)}, a); }
Tensor cumprod(const Tensor& a, std::int64_t dim) { return apply(CumProd{scan_dim("cumprod", a, dim)}, a); }
Tensor logcumsumexp(const Tensor& a, std::int64_t dim) {
  const int d = scan_dim("logcumsumexp", a, dim);
  if (!a.is_floating_point()) fail<DTypeError>("logcumsumexp", "takes floats, got {}", a.dtype());
  return apply(LogCumSumExp{d}, a);
}
ValuesAndIndices cummax(const Tensor& a, std::int64_t dim) {
  return apply(CumExtreme<true>{scan_dim("cummax", a, dim)}, a);
}
ValuesAndIndices cummin(const Tensor& a, std::int64_t dim) {
  return apply(CumExtreme<false>{scan_dim("cummin", a, dim)}, a);
}

Tensor TensorMethods::cumsum(std::int64_t dim) const { return descent::cumsum(self(), dim); }
Tensor TensorMethods::cumprod(std::int64_t dim) const { return descent::cumprod(self(), dim); }
Tensor TensorMethods::logcumsumexp(std::int64_t dim) const { return descent::logcumsumexp(self(), dim); }
ValuesAndIndices TensorMethods::cummax(std::int64_t dim) const { return descent::cummax(self(), dim); }
ValuesAndIndices TensorMethods::cummin(std::int64_t dim) const { return descent::cummin(self(), dim); }

}  // namespace descent
