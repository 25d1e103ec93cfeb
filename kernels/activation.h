// Activation functions and their derivatives: one pass over memory each.
#pragma once

#include "view.h"

namespace descent::kernels {

/// In brackets what the parameters a, b, c stand for.
enum class Activation {
  Gelu,         ///< x·Φ(x)
  GeluTanh,     ///< x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) / 2
  Silu,         ///< x·σ(x)
  Mish,         ///< x·tanh(log(1 + eˣ))
  Elu,          ///< x > 0 ? b·x : a·(exp(c·x) − 1)  [a, b, c]
  Softplus,     ///< log(1 + exp(a·x)) / a; x where a·x > b  [beta, threshold]
  LeakyRelu,    ///< x > 0 ? x : a·x  [slope]
  Hardswish,    ///< x·min(max(x + 3, 0), 6) / 6
  Hardsigmoid,  ///< min(max(x + 3, 0), 6) / 6
  Hardtanh,     ///< min(max(x, a), b)  [min, max]
  Hardshrink,   ///< 0 for −a <= x <= a, else x  [lambda]
  Softshrink,   ///< x − a above a, x + a below −a, else 0  [lambda]
};
inline constexpr int kActivations = 12;

struct ActivationParameters {
  double a = 0, b = 0, c = 0;
};

/// y = f(x), float32 or float64, views of one shape and type; y may be x. NaN stays NaN.
void activation(Activation op, const ActivationParameters& parameters, View y, View x);

/// out = g·f'(x). At a kink the derivative is PyTorch's.
void activation_grad(Activation op, const ActivationParameters& parameters, View out, View g, View x);

}  // namespace descent::kernels
