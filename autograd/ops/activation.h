// Activation functions of each element, and the gates along a dim. They take floats (DTypeError), keep the shape unless
// said otherwise, and throw std::invalid_argument for an option out of range. At a kink the derivative is PyTorch's.
#pragma once

#include <string>

#include "../tensor.h"

namespace descent {

/// Options of leaky_relu.
struct LeakyReluOptions {
  double negative_slope = 0.01;
};
/// a > 0 ? a : negative_slope·a
Tensor leaky_relu(const Tensor& a, const LeakyReluOptions& options = {});
Tensor leaky_relu(const Tensor& a, Scalar negative_slope);

/// a > 0 ? a : weight·a; weight [1], or one entry for each channel, which are dim 1 of a (ShapeError).
Tensor prelu(const Tensor& a, const Tensor& weight);

/// Options of rrelu: 0 <= lower <= upper is usual, lower <= upper required.
struct RreluOptions {
  double lower = 1.0 / 8;
  double upper = 1.0 / 3;
  bool training = false;
};
/// leaky_relu with a slope drawn from U[lower, upper) for each element when training, else with their mean. Xu et al.,
/// "Empirical evaluation of rectified activations in convolutional network", 2015.
Tensor rrelu(const Tensor& a, const RreluOptions& options = {});

/// Options of elu.
struct EluOptions {
  double alpha = 1;
};
/// a > 0 ? a : alpha·(eᵃ − 1). Clevert et al., "Fast and accurate deep network learning by exponential linear units",
/// 2015.
Tensor elu(const Tensor& a, const EluOptions& options = {});
Tensor elu(const Tensor& a, Scalar alpha);
/// scale·elu with the constants that keep mean 0 and variance 1. Klambauer et al., "Self-normalizing neural networks",
/// 2017.
Tensor selu(const Tensor& a);
/// Options of celu; alpha is not 0.
struct CeluOptions {
  double alpha = 1;
};
/// max(a, 0) + min(alpha·(exp(a/alpha) − 1), 0). Barron, "Continuously differentiable exponential linear units", 2017.
Tensor celu(const Tensor& a, const CeluOptions& options = {});
Tensor celu(const Tensor& a, Scalar alpha);

/// Options of gelu: "none" or "tanh".
struct GeluOptions {
  std::string approximate = "none";
};
/// a·Φ(a), Φ the distribution function of N(0, 1); "tanh": a·(1 + tanh(√(2/π)·(a + 0.044715·a³)))/2. Hendrycks and
/// Gimpel, "Gaussian error linear units", 2016.
Tensor gelu(const Tensor& a, const GeluOptions& options = {});
Tensor silu(const Tensor& a);  ///< a·sigmoid(a), also called swish
Tensor mish(const Tensor& a);  ///< a·tanh(softplus(a)); Misra, "Mish", 2019

/// Options of softplus; beta is not 0.
struct SoftplusOptions {
  double beta = 1;
  double threshold = 20;
};
/// log(1 + exp(beta·a)) / beta; a itself where beta·a > threshold.
Tensor softplus(const Tensor& a, const SoftplusOptions& options = {});
Tensor softsign(const Tensor& a);     ///< a / (1 + |a|)
Tensor tanhshrink(const Tensor& a);   ///< a − tanh(a)
Tensor hardsigmoid(const Tensor& a);  ///< min(max(a + 3, 0), 6) / 6
Tensor hardswish(const Tensor& a);    ///< a·hardsigmoid(a); Howard et al., "Searching for MobileNetV3", 2019
Tensor relu6(const Tensor& a);        ///< min(max(a, 0), 6); integers too

/// Options of hardtanh: min_val <= max_val.
struct HardtanhOptions {
  double min_val = -1;
  double max_val = 1;
};
/// min(max(a, min_val), max_val). Unlike clamp's, its derivative at the bounds is 0. Integers too, which keep their
/// type: the bounds are cut to whole numbers.
Tensor hardtanh(const Tensor& a, const HardtanhOptions& options = {});
Tensor hardtanh(const Tensor& a, Scalar min_val, Scalar max_val);

/// Options of hardshrink.
struct HardshrinkOptions {
  double lambd = 0.5;
};
/// 0 where −lambd <= a <= lambd, else a.
Tensor hardshrink(const Tensor& a, const HardshrinkOptions& options = {});
Tensor hardshrink(const Tensor& a, Scalar lambd);
/// Options of softshrink: lambd >= 0.
struct SoftshrinkOptions {
  double lambd = 0.5;
};
/// sign(a)·max(|a| − lambd, 0); NaN stays NaN.
Tensor softshrink(const Tensor& a, const SoftshrinkOptions& options = {});
Tensor softshrink(const Tensor& a, Scalar lambd);
/// a > threshold ? a : value; NaN stays NaN. Integers too.
Tensor threshold(const Tensor& a, Scalar threshold, Scalar value);

/// x·sigmoid(y), x and y the halves of a along dim, whose size must be even (ShapeError). Dauphin et al., "Language
/// modeling with gated convolutional networks", 2016.
Tensor glu(const Tensor& a, std::int64_t dim = -1);
/// softmax(−a, dim).
Tensor softmin(const Tensor& a, std::int64_t dim);

/// Options of gumbel_softmax: tau > 0.
struct GumbelSoftmaxOptions {
  double tau = 1;
  bool hard = false;
  std::int64_t dim = -1;
};
/// softmax((logits + G)/tau, dim) with Gumbel noise G = −log(−log U). `hard` gives the one-hot of its largest entry,
/// with the gradient of the soft result. Jang, Gu and Poole, "Categorical reparameterization with Gumbel-softmax",
/// 2017.
Tensor gumbel_softmax(const Tensor& logits, const GumbelSoftmaxOptions& options = {});

}  // namespace descent
