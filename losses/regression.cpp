#include "regression.h"

#include <algorithm>
#include <cmath>

#include "../autograd/grad_mode.h"
#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/special.h"
#include "checks-inl.h"

namespace descent::losses {

namespace {

/// s²·square below the bound, line·|d| − offset from there on, where d = x − t and s is d below the bound, else 0: the
/// branch that does not count neither overflows nor leaves a NaN in the gradient. A NaN takes the line.
Tensor parabola_and_line(const Tensor& input, const Tensor& target, double bound, bool bound_included, double square,
                         double line, double offset) {
  const Tensor d = input - target, size = abs(d);
  const Tensor inside = bound_included ? le(size, bound) : lt(size, bound);
  const Tensor s = where(inside, d, 0.0);
  return where(inside, s * s * square, size * line - offset);
}

}  // namespace

Tensor mse_loss(const Tensor& input, const Tensor& target, const MSELossOptions& options) {
  check_reduction("mse_loss", options.reduction);
  check_pair("mse_loss", input, target);
  return reduce("mse_loss", square(input - target), options.reduction, options.sample_weight);
}

Tensor l1_loss(const Tensor& input, const Tensor& target, const L1LossOptions& options) {
  check_reduction("l1_loss", options.reduction);
  check_pair("l1_loss", input, target);
  return reduce("l1_loss", abs(input - target), options.reduction, options.sample_weight);
}

Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, const SmoothL1LossOptions& options) {
  constexpr const char* kName = "smooth_l1_loss";
  check_reduction(kName, options.reduction);
  check_option(kName, "beta", options.beta, 0);
  check_pair(kName, input, target);
  const double beta = options.beta, steep = std::min(0.5 / beta, 3e38);  // finite in float32, or 0·∞ is NaN
  const Tensor losses =
      beta == 0 ? abs(input - target) : parabola_and_line(input, target, beta, false, steep, 1, beta / 2);
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberLossOptions& options) {
  constexpr const char* kName = "huber_loss";
  check_reduction(kName, options.reduction);
  check_option(kName, "delta", options.delta, 0, true);
  check_pair(kName, input, target);
  const double delta = options.delta;
  const Tensor losses = parabola_and_line(input, target, delta, true, 0.5, delta, delta * delta / 2);
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

Tensor log_cosh_loss(const Tensor& input, const Tensor& target, const LogCoshLossOptions& options) {
  constexpr const char* kName = "log_cosh_loss";
  check_reduction(kName, options.reduction);
  check_pair(kName, input, target);
  // |d| < 1:  log(1 + 2·sinh²(d/2)),   else  |d| + log(1 + e^(−2|d|)) − log 2
  const Tensor d = input - target, size = abs(d), inside = size < 1.0;
  const Tensor near = where(inside, d, 0.0), far = where(inside, 1.0, size);
  const Tensor losses =
      where(inside, log1p(2.0 * square(sinh(near * 0.5))), far + (log1p(exp(far * -2.0)) - std::log(2.0)));
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

Tensor quantile_loss(const Tensor& input, const Tensor& target, const QuantileLossOptions& options) {
  constexpr const char* kName = "quantile_loss";
  check_reduction(kName, options.reduction);
  const double q = options.quantile;
  if (!(q > 0 && q < 1)) throw std::invalid_argument(fmt::format("{}: quantile must be in (0, 1), got {}", kName, q));
  check_pair(kName, input, target);
  const Tensor e = target - input;
  Tensor slope;
  {
    const NoGradGuard no_grad;
    slope = (e > 0.0).to(e.dtype()) * q + (e < 0.0).to(e.dtype()) * (q - 1);
  }
  return reduce(kName, slope * e, options.reduction, options.sample_weight);
}

}  // namespace descent::losses
