// Reductions beyond sums: products, variances, extremes over several dims, logical reductions.
#include "statistics.h"

#include <cmath>
#include <limits>

#include "../../kernels/moments.h"
#include "../op_list.h"
#include "reduce-inl.h"
#include "scan-inl.h"
#include "statistics-inl.h"

namespace descent {
namespace autograd {

using kernels::Reduce;

Tensor share_among(const Tensor& reached, const Tensor& g, std::uint32_t mask) {
  const Tensor equals = reached.to(g.dtype());
  return equals * (g / run_reduce(Reduce::Sum, equals, mask, true, g.dtype()));
}

Tensor reaches(const Tensor& a, const Tensor& out) { return (a == out) + ((a != a) * (out != out)); }

Tensor at_choice(const Shape& whole, int dim, bool keepdim, const Tensor& index, const Tensor& g) {
  if (whole.empty()) return g;
  return scatter_add(zeros(whole, {.dtype = g.dtype()}), dim, keepdim ? index : index.unsqueeze(dim),
                     keepdim ? g : g.unsqueeze(dim));
}

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// g·Π_{j≠i} a_j, as the product of what comes before i and what comes after it: zeros do no harm.
struct Prod {
  static constexpr const char* name = "prod";
  static constexpr Uses uses = {input(0)};
  std::optional<int> dim;  // of all elements without it
  bool keepdim;
  std::uint32_t mask(const Shape& shape) const {
    if (shape.empty()) return 0;
    return dim ? std::uint32_t{1} << *dim : (std::uint32_t{1} << shape.dim()) - 1;
  }
  Tensor forward(const Tensor& a) const {
    return run_reduce(Reduce::Prod, a, mask(a.shape()), keepdim,
                      descent::is_floating_point(a.dtype()) ? a.dtype() : int64);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor a = s.in(0);
    if (a.dim() == 0) return g;
    const Tensor x = dim ? a : a.reshape({-1});
    const int d = dim.value_or(0);
    const Tensor others = exclusive_product(x, d, false) * exclusive_product(x, d, true);
    return dim ? others * with_reduced_dims(g, a.shape(), mask(a.shape())) : (others * g).reshape(a.shape());
  }
};

/// What var and std share.
struct Spread {
  std::uint32_t mask;
  bool keepdim;
  double correction;
  double divisor(const Shape& shape) const {
    return std::max(0.0, static_cast<double>(reduced_count(shape, mask)) - correction);
  }
  Tensor forward(const Tensor& a, bool root) const {
    return run_rows(a, mask, keepdim, a.dtype(),
                    [&](kernels::View out, kernels::View in) { kernels::variance(out, in, correction, root); });
  }
  Tensor centered(const Tensor& a) const {
    Shape dims;
    for (int i = 0; i < static_cast<int>(a.dim()); ++i) {
      if (mask >> i & 1) dims.push_back(i);
    }
    return a - a.mean(dims, true);
  }
  // g·2·(a − mean) / (n − c)
  Tensor var_vjp(const Tensor& a, const Tensor& g) const {
    return with_reduced_dims(g, a.shape(), mask) * (2 / divisor(a.shape())) * centered(a);
  }
  // g·(a − mean) / ((n − c)·std), 0 where std is 0
  Tensor std_vjp(const Tensor& a, const Tensor& root, const Tensor& g) const {
    const Tensor zero = root == 0;
    const Tensor scaled = where(zero, 0, g) / where(zero, 1, root) * (1 / divisor(a.shape()));
    return with_reduced_dims(scaled, a.shape(), mask) * centered(a);
  }
};

struct Var {
  static constexpr const char* name = "var";
  static constexpr Uses uses = {input(0)};
  Spread spread;
  Tensor forward(const Tensor& a) const { return spread.forward(a, false); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return spread.var_vjp(s.in(0), g); }
};

struct Std {
  static constexpr const char* name = "std";
  static constexpr Uses uses = {input(0) | output()};
  Spread spread;
  Tensor forward(const Tensor& a) const { return spread.forward(a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return spread.std_vjp(s.in(0), s.out(), g); }
};

template <bool kRoot>
struct SpreadMean {  // -> var or std, mean
  static constexpr const char* name = kRoot ? "std_mean" : "var_mean";
  static constexpr Uses uses = {input(0) | (kRoot ? output(0) : 0)};
  Spread spread;
  std::pair<Tensor, Tensor> forward(const Tensor& a) const {
    return {spread.forward(a, kRoot), run_reduce(Reduce::Mean, a, spread.mask, spread.keepdim, a.dtype())};
  }
  std::vector<Tensor> vjp(const Saved& s, std::span<const Tensor> g) const {
    const Tensor a = s.in(0);
    const Tensor first = kRoot ? spread.std_vjp(a, s.out(0), g[0]) : spread.var_vjp(a, g[0]);
    if (!g[1].defined()) return {first};
    return {first + with_reduced_dims(g[1] / reduced_count(a.shape(), spread.mask), a.shape(), spread.mask)};
  }
};

template <bool kLargest>
struct AExtreme {  // those that reach it share the gradient; nothing reaches NaN: 0/0, as in PyTorch
  static constexpr const char* name = kLargest ? "amax" : "amin";
  static constexpr Uses uses = {input(0) | output()};
  std::uint32_t mask;
  bool keepdim;
  Tensor forward(const Tensor& a) const {
    return run_reduce(kLargest ? Reduce::Max : Reduce::Min, a, mask, keepdim, a.dtype());
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor a = s.in(0);
    return share_among(a == with_reduced_dims(s.out(), a.shape(), mask), with_reduced_dims(g, a.shape(), mask), mask);
  }
};

struct LogSumExp {  // m + log Σ exp(a − m), m the largest;  g·exp(a − y), 0 where y is −∞
  static constexpr const char* name = "logsumexp";
  static constexpr Uses uses = {input(0) | output()};
  std::uint32_t mask;
  bool keepdim;
  Tensor forward(const Tensor& a) const {
    if (reduced_count(a.shape(), mask) == 0) {
      return full(reduced_shape(a.shape(), mask, keepdim), -kInf, {.dtype = a.dtype()});
    }
    const Tensor largest = run_reduce(Reduce::Max, a, mask, true, a.dtype());
    const Tensor m = where(descent::abs(largest) == kInf, 0, largest);
    const Tensor sum = run_reduce(Reduce::Sum, descent::exp(a - m), mask, keepdim, a.dtype());
    return descent::log(sum) + m.reshape(sum.shape());
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor a = s.in(0), y = with_reduced_dims(s.out(), a.shape(), mask);
    return with_reduced_dims(g, a.shape(), mask) * descent::exp(where(y == -kInf, -kInf, a - y));
  }
};

template <bool kAll>
struct Logical {
  static constexpr const char* name = kAll ? "all" : "any";
  static constexpr bool differentiable = false;
  std::uint32_t mask;
  bool keepdim;
  Tensor forward(const Tensor& a) const {
    const Tensor truth = a.dtype() == boolean ? a : a != 0;
    return run_reduce(kAll ? Reduce::All : Reduce::Any, truth, mask, keepdim, boolean);
  }
};

Spread spread_of(const char* op, const Tensor& a, const Shape& dims, const VarOptions& options) {
  floating(op, a);
  if (!std::isfinite(options.correction)) {
    throw std::invalid_argument(fmt::format("{}: correction must be finite, got {}", op, options.correction));
  }
  return {dim_mask(op, a, dims), options.keepdim, options.correction};
}

/// The dims to choose over, none of which may be empty.
std::uint32_t choice_mask(const char* op, const Tensor& a, const Shape& dims) {
  if (dims.empty()) return not_empty(op, a), dim_mask(op, a, dims);
  a.checked(op);
  const std::uint32_t mask = dim_mask(op, a, dims);
  for (const std::int64_t dim : dims) not_empty_dim(op, a, dim);
  return mask;
}

}  // namespace

OpList statistics_ops() {
  OpList all = list_of<Prod, Var, Std, SpreadMean<false>, SpreadMean<true>, AExtreme<true>, AExtreme<false>, LogSumExp,
                       Logical<true>, Logical<false>>();
  for (const OpList& more : {norm_ops(), median_ops()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace autograd

using namespace autograd;

Tensor prod(const Tensor& a) { return a.checked("prod"), apply(Prod{std::nullopt, false}, a); }
Tensor prod(const Tensor& a, std::int64_t dim, bool keepdim) {
  a.checked("prod");
  return apply(Prod{wrap_dim(dim, a.dim(), "prod"), keepdim}, a);
}

Tensor var(const Tensor& a, const Shape& dims, const VarOptions& options) {
  return apply(Var{spread_of("var", a, dims, options)}, a);
}
Tensor std(const Tensor& a, const Shape& dims, const VarOptions& options) {
  return apply(Std{spread_of("std", a, dims, options)}, a);
}
std::pair<Tensor, Tensor> var_mean(const Tensor& a, const Shape& dims, const VarOptions& options) {
  return apply(SpreadMean<false>{spread_of("var_mean", a, dims, options)}, a);
}
std::pair<Tensor, Tensor> std_mean(const Tensor& a, const Shape& dims, const VarOptions& options) {
  return apply(SpreadMean<true>{spread_of("std_mean", a, dims, options)}, a);
}

Tensor var(const Tensor& a, const VarOptions& options) { return var(a, Shape(), options); }
Tensor std(const Tensor& a, const VarOptions& options) { return descent::std(a, Shape(), options); }
std::pair<Tensor, Tensor> var_mean(const Tensor& a, const VarOptions& options) { return var_mean(a, Shape(), options); }
std::pair<Tensor, Tensor> std_mean(const Tensor& a, const VarOptions& options) { return std_mean(a, Shape(), options); }

Tensor amax(const Tensor& a, const Shape& dims, bool keepdim) {
  return apply(AExtreme<true>{choice_mask("amax", a, dims), keepdim}, a);
}
Tensor amin(const Tensor& a, const Shape& dims, bool keepdim) {
  return apply(AExtreme<false>{choice_mask("amin", a, dims), keepdim}, a);
}

Tensor logsumexp(const Tensor& a, const Shape& dims, bool keepdim) {
  a.checked("logsumexp");
  return apply(LogSumExp{dim_mask("logsumexp", a, dims), keepdim}, converted(a, real_type(a.dtype())));
}

Tensor all(const Tensor& a, const Shape& dims, bool keepdim) {
  a.checked("all");
  return apply(Logical<true>{dim_mask("all", a, dims), keepdim}, a);
}
Tensor any(const Tensor& a, const Shape& dims, bool keepdim) {
  a.checked("any");
  return apply(Logical<false>{dim_mask("any", a, dims), keepdim}, a);
}
Tensor count_nonzero(const Tensor& a, const Shape& dims) {
  a.checked("count_nonzero");
  dim_mask("count_nonzero", a, dims);
  return sum(a != 0, dims);
}

Tensor nansum(const Tensor& a, const Shape& dims, bool keepdim) {
  a.checked("nansum");
  dim_mask("nansum", a, dims);
  return sum(a.is_floating_point() ? where(a != a, 0, a) : a, dims, keepdim);
}
Tensor nanmean(const Tensor& a, const Shape& dims, bool keepdim) {
  floating("nanmean", a);
  dim_mask("nanmean", a, dims);
  return nansum(a, dims, keepdim) / sum(a == a, dims, keepdim);
}

Tensor TensorMethods::prod() const { return descent::prod(self()); }
Tensor TensorMethods::prod(std::int64_t dim, bool keepdim) const { return descent::prod(self(), dim, keepdim); }
Tensor TensorMethods::var() const { return descent::var(self()); }
Tensor TensorMethods::var(const VarOptions& options) const { return descent::var(self(), options); }
Tensor TensorMethods::var(const Shape& dims, const VarOptions& options) const {
  return descent::var(self(), dims, options);
}
Tensor TensorMethods::std() const { return descent::std(self()); }
Tensor TensorMethods::std(const VarOptions& options) const { return descent::std(self(), options); }
Tensor TensorMethods::std(const Shape& dims, const VarOptions& options) const {
  return descent::std(self(), dims, options);
}
Tensor TensorMethods::amax(const Shape& dims, bool keepdim) const { return descent::amax(self(), dims, keepdim); }
Tensor TensorMethods::amin(const Shape& dims, bool keepdim) const { return descent::amin(self(), dims, keepdim); }
Tensor TensorMethods::logsumexp(const Shape& dims, bool keepdim) const {
  return descent::logsumexp(self(), dims, keepdim);
}
Tensor TensorMethods::all(const Shape& dims, bool keepdim) const { return descent::all(self(), dims, keepdim); }
Tensor TensorMethods::any(const Shape& dims, bool keepdim) const { return descent::any(self(), dims, keepdim); }
Tensor TensorMethods::count_nonzero(const Shape& dims) const { return descent::count_nonzero(self(), dims); }

}  // namespace descent
