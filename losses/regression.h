// Losses between real values: mean squared and mean absolute error.
#pragma once

#include "loss.h"

namespace descent::losses {

/// Options of mse_loss.
struct MSELossOptions {
  Reduction reduction = Reduction::Mean;
};
/// (input − target)², elementwise, then reduced. Both sides are differentiable. Throws ShapeError for different shapes,
/// which never broadcast, and DTypeError unless both are floating.
Tensor mse_loss(const Tensor& input, const Tensor& target, const MSELossOptions& options = {});

/// Options of l1_loss.
struct L1LossOptions {
  Reduction reduction = Reduction::Mean;
};
/// |input − target|, elementwise, then reduced; derivative 0 where both are equal. Throws as mse_loss does.
Tensor l1_loss(const Tensor& input, const Tensor& target, const L1LossOptions& options = {});

/// mse_loss as a module.
class MSELoss : public Loss {
 public:
  explicit MSELoss(const MSELossOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& input, const Tensor& target) const override { return mse_loss(input, target, options_); }

 private:
  MSELossOptions options_;
};

/// l1_loss as a module.
class L1Loss : public Loss {
 public:
  explicit L1Loss(const L1LossOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& input, const Tensor& target) const override { return l1_loss(input, target, options_); }

 private:
  L1LossOptions options_;
};

}  // namespace descent::losses
