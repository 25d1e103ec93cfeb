// Activation functions: one fused kernel forward, one backward. The gradient is an op of its own; its formula for the
// input is the second derivative, written in ops, so that every order follows.
#include "../../kernels/activation.h"

#include <cmath>
#include <numbers>

#include "activation-inl.h"

namespace descent {
namespace autograd {
namespace {

using kernels::Activation;
using kernels::ActivationParameters;

struct Names {
  const char *op, *gradient;
};
constexpr Names kNames[kernels::kActivations] = {
    {"gelu", "gelu_grad"},
    {"gelu_tanh", "gelu_tanh_grad"},
    {"silu", "silu_grad"},
    {"mish", "mish_grad"},
    {"elu", "elu_grad"},
    {"softplus", "softplus_grad"},
    {"leaky_relu", "leaky_relu_grad"},
    {"hardswish", "hardswish_grad"},
    {"hardsigmoid", "hardsigmoid_grad"},
    {"hardtanh", "hardtanh_grad"},
    {"hardshrink", "hardshrink_grad"},
    {"softshrink", "softshrink_grad"},
};
constexpr Names names_of(Activation kind) { return kNames[static_cast<int>(kind)]; }

/// f'' is 0 wherever it exists.
constexpr bool piecewise_linear(Activation kind) {
  return kind == Activation::LeakyRelu || kind >= Activation::Hardsigmoid;
}

/// f''(x) of the curved ones, 0 where it jumps, as in PyTorch. Beyond ±800 (Gelu: ±40) it is 0, and the bound keeps
/// 0·inf away.
template <Activation kKind>
Tensor second_derivative(const Tensor& a, const ActivationParameters& with) {
  using std::numbers::inv_pi;
  const double limit = kKind == Activation::Gelu || kKind == Activation::GeluTanh ? 40 : 800;
  if constexpr (kKind == Activation::Gelu) {  // φ(x)·(2 − x²)
    const Tensor square = descent::square(clamp(a, -limit, limit));
    return exp(square * -0.5) * ((2 - square) * std::sqrt(inv_pi / 2));
  } else if constexpr (kKind == Activation::GeluTanh) {  // s = σ(v):  s'·(2·v' + x·v'') + x·s'·(1 − 2s)·v'²
    const Tensor x = clamp(a, -limit, limit), square = descent::square(x);
    const double root = std::sqrt(8 * inv_pi), cubic = 0.044715;
    const Tensor s = sigmoid(x * (square * cubic + 1) * root), slope = s * (1 - s);
    const Tensor v1 = (square * (3 * cubic) + 1) * root, xv2 = square * (6 * cubic * root);
    return slope * (v1 * 2 + xv2 + x * (1 - s * 2) * descent::square(v1));
  } else if constexpr (kKind == Activation::Silu) {  // s·(1 − s)·(2 + x·(1 − 2s))
    const Tensor x = clamp(a, -limit, limit), s = sigmoid(x);
    return s * (1 - s) * (x * (1 - s * 2) + 2);
  } else if constexpr (kKind == Activation::Mish) {  // t = tanh(softplus(x)):  2·t' + x·t'',  t' = (1 − t²)·s
    const Tensor x = clamp(a, -limit, limit), s = sigmoid(x), t = tanh(softplus(x));
    const Tensor t1 = (1 - descent::square(t)) * s;
    return t1 * (x * (1 - s - t * s * 2) + 2);
  } else if constexpr (kKind == Activation::Elu) {  // x >= 0 ? 0 : a·c²·exp(c·x)
    return where(a >= 0, 0, exp(clamp(a, std::nullopt, 0.0) * with.c) * (with.a * with.c * with.c));
  } else if constexpr (kKind == Activation::Softplus) {  // a·x >= b ? 0 : a·s·(1 − s)
    const Tensor z = a * with.a, s = sigmoid(z);
    return where(z >= with.b, 0, s * (1 - s) * with.a);
  } else {  // Hardswish: 1/3 within (−3, 3)
    static_assert(kKind == Activation::Hardswish);
    return where(abs(a.detach()) < 3, full({}, 1.0 / 3, {.dtype = a.dtype()}), 0);
  }
}

template <Activation kKind>
struct ActivationGrad {  // g·f'(x)
  static constexpr const char* name = names_of(kKind).gradient;
  static constexpr Uses uses = {input(1), piecewise_linear(kKind) ? 0 : input(0) | input(1)};
  ActivationParameters with;
  Tensor forward(const Tensor& g, const Tensor& x) const {
    Tensor out = make_tensor(x.shape(), x.dtype());
    kernels::activation_grad(kKind, with, view_of(out), view_of(g), view_of(x));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& h) const { return apply(ActivationGrad{with}, h, s.in(1)); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& h) const {
    if constexpr (piecewise_linear(kKind))
      return zeros_like(h);
    else
      return h * (s.in(0) * second_derivative<kKind>(s.in(1), with));
  }
};

template <Activation kKind>
struct ActivationOp {
  static constexpr const char* name = names_of(kKind).op;
  static constexpr Uses uses = {input(0)};
  ActivationParameters with;
  Tensor forward(const Tensor& x) const {
    Tensor out = make_tensor(x.shape(), x.dtype());
    kernels::activation(kKind, with, view_of(out), view_of(x));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return apply(ActivationGrad<kKind>{with}, g, s.in(0)); }
};

template <Activation kKind>
Tensor run(const char* op, const Tensor& a, const ActivationParameters& with = {}) {
  floats_only(op, a);
  return apply(ActivationOp<kKind>{with}, a);
}

struct Prelu {  // a > 0 ? a : w·a:  a > 0 ? g : w·g,  a > 0 ? 0 : a·g
  static constexpr const char* name = "prelu";
  static constexpr Uses uses = {input(0) | input(1), input(0)};
  Tensor forward(const Tensor& a, const Tensor& w) const { return where(a > 0, a, a * w); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return where(s.in(0) > 0, g, g * s.in(1)); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return where(s.in(0) > 0, 0, g * s.in(0)); }
};

template <Activation... kKind>
OpList list_both() {
  return list_of<ActivationOp<kKind>..., ActivationGrad<kKind>...>();
}

}  // namespace

OpList activation_ops() {
  using enum Activation;
  OpList all = list_both<Gelu, GeluTanh, Silu, Mish, Elu, Softplus, LeakyRelu, Hardswish, Hardsigmoid, Hardtanh,
                         Hardshrink, Softshrink>();
  all.push_back(&op_info<Prelu>);
  return all;
}

}  // namespace autograd

using namespace autograd;

Tensor gelu(const Tensor& a, const GeluOptions& options) {
  a.checked("gelu");
  if (options.approximate == "none") return run<Activation::Gelu>("gelu", a);
  if (options.approximate == "tanh") return run<Activation::GeluTanh>("gelu", a);
  throw std::invalid_argument(
      fmt::format("gelu: approximate must be \"none\" or \"tanh\", got \"{}\"", options.approximate));
}

Tensor silu(const Tensor& a) { return run<Activation::Silu>("silu", a); }
Tensor mish(const Tensor& a) { return run<Activation::Mish>("mish", a); }

Tensor elu(const Tensor& a, const EluOptions& options) {
  finite_option("elu", "alpha", options.alpha);
  return run<Activation::Elu>("elu", a, {options.alpha, 1, 1});
}
Tensor elu(const Tensor& a, Scalar alpha) { return elu(a, EluOptions{alpha.to<double>()}); }

Tensor selu(const Tensor& a) {
  constexpr double kAlpha = 1.6732632423543772848170429916717, kScale = 1.0507009873554804934193349852946;
  return run<Activation::Elu>("selu", a, {kAlpha * kScale, kScale, 1});
}

Tensor celu(const Tensor& a, const CeluOptions& options) {
  finite_option("celu", "alpha", options.alpha);
  if (options.alpha == 0) throw std::invalid_argument("celu: alpha must not be 0");
  return run<Activation::Elu>("celu", a, {options.alpha, 1, 1 / options.alpha});
}
Tensor celu(const Tensor& a, Scalar alpha) { return celu(a, CeluOptions{alpha.to<double>()}); }

Tensor softplus(const Tensor& a, const SoftplusOptions& options) {
  finite_option("softplus", "beta", options.beta);
  if (options.beta == 0) throw std::invalid_argument("softplus: beta must not be 0");
  if (std::isnan(options.threshold)) throw std::invalid_argument("softplus: threshold must be a number, got nan");
  return run<Activation::Softplus>("softplus", a, {options.beta, options.threshold, 0});
}

Tensor leaky_relu(const Tensor& a, const LeakyReluOptions& options) {
  finite_option("leaky_relu", "negative_slope", options.negative_slope);
  return run<Activation::LeakyRelu>("leaky_relu", a, {options.negative_slope, 0, 0});
}
Tensor leaky_relu(const Tensor& a, Scalar negative_slope) {
  return leaky_relu(a, LeakyReluOptions{negative_slope.to<double>()});
}

Tensor hardswish(const Tensor& a) { return run<Activation::Hardswish>("hardswish", a); }
Tensor hardsigmoid(const Tensor& a) { return run<Activation::Hardsigmoid>("hardsigmoid", a); }

namespace {

Tensor run_hardtanh(const char* op, const Tensor& a, double min, double max) {
  a.checked(op);
  no_booleans(op, a.dtype(), "convert to a number first");
  if (!a.is_floating_point()) return clamp(a, std::trunc(min), std::trunc(max));
  return run<Activation::Hardtanh>(op, a, {min, max, 0});
}

}  // namespace

Tensor hardtanh(const Tensor& a, const HardtanhOptions& options) {
  if (!(options.min_val <= options.max_val)) {
    throw std::invalid_argument(
        fmt::format("hardtanh: min_val must not exceed max_val, got {} and {}", options.min_val, options.max_val));
  }
  return run_hardtanh("hardtanh", a, options.min_val, options.max_val);
}
Tensor hardtanh(const Tensor& a, Scalar min_val, Scalar max_val) {
  return hardtanh(a, HardtanhOptions{min_val.to<double>(), max_val.to<double>()});
}
Tensor relu6(const Tensor& a) { return run_hardtanh("relu6", a, 0, 6); }

Tensor hardshrink(const Tensor& a, const HardshrinkOptions& options) {
  finite_option("hardshrink", "lambd", options.lambd);
  return run<Activation::Hardshrink>("hardshrink", a, {options.lambd, 0, 0});
}
Tensor hardshrink(const Tensor& a, Scalar lambd) { return hardshrink(a, HardshrinkOptions{lambd.to<double>()}); }

Tensor softshrink(const Tensor& a, const SoftshrinkOptions& options) {
  finite_option("softshrink", "lambd", options.lambd);
  if (options.lambd < 0) {
    throw std::invalid_argument(fmt::format("softshrink: lambd must not be negative, got {}", options.lambd));
  }
  return run<Activation::Softshrink>("softshrink", a, {options.lambd, 0, 0});
}
Tensor softshrink(const Tensor& a, Scalar lambd) { return softshrink(a, SoftshrinkOptions{lambd.to<double>()}); }

Tensor prelu(const Tensor& a, const Tensor& weight) {
  floats_only("prelu", a);
  floats_only("prelu", weight);
  if (weight.dim() > 1) fail<ShapeError>("prelu", "weight must be [1] or [channels], got {}", weight.shape());
  if (weight.numel() == 1) return apply(Prelu{}, a, weight.dim() == 0 ? weight : reshape(weight, {}));
  const std::int64_t channels = a.dim() > 1 ? a.size(1) : 1;
  if (weight.numel() != channels) {
    fail<ShapeError>("prelu", "weight needs 1 entry or one a channel (dim 1), got {} for an input {}", weight.shape(),
                     a.shape());
  }
  Shape spread;
  for (std::int64_t i = 1; i < a.dim(); ++i) spread.push_back(i == 1 ? channels : 1);
  return apply(Prelu{}, a, reshape(weight, spread));
}

}  // namespace descent
