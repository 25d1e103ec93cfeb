#include "likelihood.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "../autograd/grad_mode.h"
#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/shape.h"
#include "checks-inl.h"

namespace descent::losses {

Tensor kl_div(const Tensor& input, const Tensor& target, const KLDivLossOptions& options) {
  constexpr const char* kName = "kl_div";
  const bool batch = options.reduction == Reduction::BatchMean;
  if (!batch) check_reduction(kName, options.reduction);
  check_pair(kName, input, target);
  // No logarithm of 0 and no 0·∞ is computed, not even in the branch that does not count.
  const Tensor none = target == (options.log_target ? -std::numeric_limits<double>::infinity() : 0.0);
  const Tensor x = where(none, 0.0, input);
  Tensor losses;
  if (options.log_target) {
    losses = exp(target) * (where(none, 0.0, target) - x);
  } else {
    losses = target * log(where(none, 1.0, target)) - target * x;
  }
  if (!batch) return reduce(kName, losses, options.reduction, options.sample_weight);
  const Tensor sum = reduce(kName, losses, Reduction::Sum, options.sample_weight);
  return input.dim() == 0 ? sum : sum / static_cast<double>(input.size(0));
}

Tensor poisson_nll_loss(const Tensor& input, const Tensor& target, const PoissonNLLLossOptions& options) {
  constexpr const char* kName = "poisson_nll_loss";
  check_reduction(kName, options.reduction);
  check_option(kName, "eps", options.eps, 0);
  check_pair(kName, input, target);
  const Tensor& x = input;
  const Tensor& t = target;
  Tensor losses = options.log_input ? exp(x) - t * x : x - t * log(x + options.eps);
  if (options.full) {
    const Tensor small = t <= 1.0, n = where(small, 1.0, t);
    losses = losses + where(small, 0.0, n * log(n) - n + log(n * (2 * std::numbers::pi)) * 0.5);
  }
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

Tensor gaussian_nll_loss(const Tensor& input, const Tensor& target, const Tensor& var,
                         const GaussianNLLLossOptions& options) {
  constexpr const char* kName = "gaussian_nll_loss";
  check_reduction(kName, options.reduction);
  check_option(kName, "eps", options.eps, 0, true);
  check_pair(kName, input, target);
  check_floating(kName, "var", var);
  Tensor v = var;
  if (var.shape() != input.shape()) {
    Shape without = input.shape();
    if (!without.empty()) without.erase(without.dim() - 1);
    Shape with_one = without;
    with_one.push_back(1);
    if (input.dim() > 0 && var.shape() == without) {
      v = var.unsqueeze(-1);
    } else if (input.dim() == 0 || var.shape() != with_one) {
      fail<ShapeError>(kName, "var must have the input's shape {}, or that with 1 for or without its last dim, got {}",
                       input.shape(), var.shape());
    }
  }
  check_not_negative(kName, "var", var);
  Tensor small;
  {
    const NoGradGuard no_grad;
    small = v < options.eps;
  }
  v = where(small, (v - v.detach()) + options.eps, v);  // eps in value, the derivative stays
  Tensor losses = (log(v) + square(input - target) / v) * 0.5;
  if (options.full) losses = losses + 0.5 * std::log(2 * std::numbers::pi);
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

}  // namespace descent::losses
