// Losses between real values. All are elementwise, then reduced, and differentiable in both arguments. They throw
// ShapeError for different shapes, which never broadcast, DTypeError unless both are floating, std::invalid_argument
// for options out of range. sample_weight has the shape of the loss or of its first dims and multiplies the elements; a
// mean stays over their number.
#pragma once

#include "loss.h"

namespace descent::losses {

/// Options of mse_loss.
struct MSELossOptions {
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the elements
};
/// d², d = input − target.
Tensor mse_loss(const Tensor& input, const Tensor& target, const MSELossOptions& options = {});

/// Options of l1_loss.
struct L1LossOptions {
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the elements
};
/// |d|, d = input − target; derivative 0 where both are equal.
Tensor l1_loss(const Tensor& input, const Tensor& target, const L1LossOptions& options = {});

/// Options of smooth_l1_loss.
struct SmoothL1LossOptions {
  Reduction reduction = Reduction::Mean;
  double beta = 1.0;          ///< β >= 0: where the parabola meets the line; 0 is l1_loss
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the elements
};
/// d²/(2β) where |d| < β, else |d| − β/2; d = input − target. Girshick 2015, "Fast R-CNN".
Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, const SmoothL1LossOptions& options = {});

/// Options of huber_loss.
struct HuberLossOptions {
  Reduction reduction = Reduction::Mean;
  double delta = 1.0;         ///< δ > 0
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the elements
};
/// d²/2 where |d| <= δ, else δ·(|d| − δ/2); d = input − target. Huber 1964, "Robust estimation of a location
/// parameter".
Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberLossOptions& options = {});

/// Options of log_cosh_loss.
struct LogCoshLossOptions {
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the elements
};
/// log cosh(input − target): d²/2 for small d, |d| − log 2 for large d; accurate for both, its derivative is tanh d.
Tensor log_cosh_loss(const Tensor& input, const Tensor& target, const LogCoshLossOptions& options = {});

/// Options of quantile_loss.
struct QuantileLossOptions {
  double quantile = 0.5;  ///< q in (0, 1)
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the elements
};
/// The pinball loss q·e where e > 0, (q − 1)·e where e < 0, e = target − input: its minimum is the q-quantile of the
/// target, for q = 1/2 the median (and half of l1_loss). Derivative 0 where both are equal. Koenker and Bassett 1978,
/// "Regression quantiles".
Tensor quantile_loss(const Tensor& input, const Tensor& target, const QuantileLossOptions& options = {});

/// mse_loss as a module.
class MSELoss : public FunctionLoss<MSELossOptions, mse_loss> {
 public:
  using FunctionLoss::FunctionLoss;
};

/// l1_loss as a module.
class L1Loss : public FunctionLoss<L1LossOptions, l1_loss> {
 public:
  using FunctionLoss::FunctionLoss;
};

/// smooth_l1_loss as a module.
class SmoothL1Loss : public FunctionLoss<SmoothL1LossOptions, smooth_l1_loss> {
 public:
  using FunctionLoss::FunctionLoss;
};

/// huber_loss as a module.
class HuberLoss : public FunctionLoss<HuberLossOptions, huber_loss> {
 public:
  using FunctionLoss::FunctionLoss;
};

/// log_cosh_loss as a module.
class LogCoshLoss : public FunctionLoss<LogCoshLossOptions, log_cosh_loss> {
 public:
  using FunctionLoss::FunctionLoss;
};

/// quantile_loss as a module.
class QuantileLoss : public FunctionLoss<QuantileLossOptions, quantile_loss> {
 public:
  using FunctionLoss::FunctionLoss;
};

}  // namespace descent::losses
