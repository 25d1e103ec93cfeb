#include "binary_cross_entropy.h"

#include "../autograd/grad_mode.h"
#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/reduce.h"
#include "../autograd/ops/special.h"
#include "../autograd/ops/statistics.h"
#include "checks-inl.h"

namespace descent::losses {

namespace {

constexpr const char* kName = "binary_cross_entropy_with_logits";

/// −(t·log x + (1 − t)·log(1 − x)) with logarithms of at least −100, as PyTorch has it.
Tensor clamped_entropy(const Tensor& x, const Tensor& t) {
  return -(t * clamp(log(x), -100.0) + (1.0 - t) * clamp(log1p(-x), -100.0));
}

}  // namespace

Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BCEWithLogitsLossOptions& options) {
  check_reduction(kName, options.reduction);
  check_pair(kName, input, target);
  check_unit_interval(kName, "target", target);
  check_weight(kName, "weight", options.weight, input);
  check_weight(kName, "pos_weight", options.pos_weight, input);
  const Tensor& x = input;
  const Tensor& t = target;

  // With h = [x >= 0] and L = log(1 + exp(−|x|)):  −log σ(x) = L + x·(h − 1),  −log(1 − σ(x)) = L + x·h,  so
  //   l = q·L + x·(q·h − a),  a = p·t,  q = a + 1 − t.
  // h is a constant, hence −|x| = (1 − 2h)·x has the derivative that makes all of l smooth, also at 0; where the loss
  // saturates, q·h − a is exactly 0 and the tiny rest of value and gradient comes from L alone.
  Tensor h, minus_sign;
  {
    const NoGradGuard no_grad;
    h = ge(x, 0).to(x.dtype());
    minus_sign = 1.0 - 2.0 * h;
  }
  const Tensor z = exp(minus_sign * x);
  const Tensor u = z + 1.0;
  Tensor rounded_off;  // log(1 + z) = log u + (z − (u − 1))/u: what is lost of a small z when u is rounded
  {
    const NoGradGuard no_grad;
    rounded_off = (z - (u - 1.0)) / u;
  }
  const Tensor L = log(u) + rounded_off;

  Tensor losses;
  if (options.pos_weight.defined()) {
    const Tensor a = options.pos_weight * t;
    const Tensor q = a + (1.0 - t);
    losses = q * L + x * (q * h - a);
  } else {
    losses = L + x * (h - t);
  }
  if (options.weight.defined()) losses = losses * options.weight;
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const BCELossOptions& options) {
  constexpr const char* kProbabilities = "binary_cross_entropy";
  check_reduction(kProbabilities, options.reduction);
  check_pair(kProbabilities, input, target);
  check_unit_interval(kProbabilities, "input", input);
  check_unit_interval(kProbabilities, "target", target);
  check_weight(kProbabilities, "weight", options.weight, input);
  const Tensor& x = input;
  const Tensor& t = target;

  // dl/dx = (x − t)/max(x·(1 − x), ε). Where ε counts the loss is that of the clamped logarithms, constant in x, plus
  //   (δ²/2 + δ·(x − t))/ε,  δ = x − x = 0:  nothing in value, and in both orders the derivatives of (x − t)/ε.
  constexpr double kEps = 1e-12f;  // PyTorch's constant is a float
  Tensor saturated, constant;
  {
    const NoGradGuard no_grad;
    saturated = x * (1.0 - x) < kEps;
    if (any(saturated).item<bool>()) constant = x.detach();
  }
  Tensor losses;
  if (!constant.defined()) {
    losses = clamped_entropy(x, t);
  } else {
    const Tensor delta = where(saturated, x - constant, 0.0);
    const Tensor edge = clamped_entropy(constant, t) + (square(delta) * 0.5 + delta * (constant - t)) * (1 / kEps);
    losses = where(saturated, edge, clamped_entropy(where(saturated, 0.5, x), t));
  }
  if (options.weight.defined()) losses = losses * options.weight;
  return reduce(kProbabilities, losses, options.reduction, options.sample_weight);
}

}  // namespace descent::losses
