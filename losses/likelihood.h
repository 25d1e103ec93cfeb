// Divergences and likelihoods: Kullback-Leibler, Poisson, Gauss. All are elementwise, then reduced. They throw
// ShapeError for different shapes, which never broadcast, DTypeError unless all are floating, std::invalid_argument for
// options. sample_weight has the shape of the loss or of its first dims and multiplies the elements; a mean stays over
// their number.
#pragma once

#include "loss.h"

namespace descent::losses {

/// Options of kl_div.
struct KLDivLossOptions {
  Reduction reduction = Reduction::Mean;  ///< BatchMean divides the sum by input.size(0): the divergence itself
  bool log_target = false;                ///< the target holds log probabilities too
  Tensor sample_weight = {};              ///< [N] or more dims: factors of the elements
};
/// t·(log t − x), or eᵗ·(t − x) with log_target: x = input holds log probabilities, t = target. Where the target's
/// probability is 0, loss and derivatives are 0, whatever x.
Tensor kl_div(const Tensor& input, const Tensor& target, const KLDivLossOptions& options = {});

/// Options of poisson_nll_loss.
struct PoissonNLLLossOptions {
  bool log_input = true;  ///< the input is the logarithm of the rate
  bool full = false;      ///< adds Stirling's t·log t − t + log(2πt)/2 where t > 1, for log t!
  double eps = 1e-8;      ///< keeps the logarithm of a rate of 0 finite
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the elements
};
/// exp(x) − t·x, or x − t·log(x + eps) without log_input: t = target counts.
Tensor poisson_nll_loss(const Tensor& input, const Tensor& target, const PoissonNLLLossOptions& options = {});

/// Options of gaussian_nll_loss.
struct GaussianNLLLossOptions {
  bool full = false;  ///< adds log(2π)/2
  double eps = 1e-6;  ///< > 0, the smallest variance
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the elements
};
/// (log v + (input − target)²/v)/2 with v = max(var, eps), whose derivative by var is that by v also where eps counts.
/// var has the input's shape, or with 1 for, or without, the last dim. Throws Error naming the first negative variance.
/// Nix and Weigend 1994, "Estimating the mean and variance of the target probability distribution".
Tensor gaussian_nll_loss(const Tensor& input, const Tensor& target, const Tensor& var,
                         const GaussianNLLLossOptions& options = {});

/// kl_div as a module.
class KLDivLoss : public FunctionLoss<KLDivLossOptions, kl_div> {
 public:
  using FunctionLoss::FunctionLoss;
};

/// poisson_nll_loss as a module.
class PoissonNLLLoss : public FunctionLoss<PoissonNLLLossOptions, poisson_nll_loss> {
 public:
  using FunctionLoss::FunctionLoss;
};

/// gaussian_nll_loss as a module: `criterion(input, target, var)`.
class GaussianNLLLoss : public FunctionLoss3<GaussianNLLLossOptions, gaussian_nll_loss> {
 public:
  using FunctionLoss3::FunctionLoss3;
};

}  // namespace descent::losses
