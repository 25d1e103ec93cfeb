// Adamax: Adam with the largest recent gradient in place of the root mean square.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of Adamax, as in PyTorch.
struct AdamaxOptions {
  double lr = 2e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;  ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient
  bool maximize = false;
  bool decoupled_weight_decay = false;  ///< p ← p·(1 − lr·weight_decay) in place of the L2 penalty
  bool bias_correction = true;          ///< divide the averages by 1 − βᵗ

  static constexpr const char* kName = "Adamax";
  static constexpr std::array kSlots{"exp_avg", "exp_inf"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"maximize", &maximize},
            {"decoupled_weight_decay", &decoupled_weight_decay},
            {"bias_correction", &bias_correction}};
  }
};

/// m ← β1·m + (1 − β1)·g
/// u ← max(β2·u, |g| + eps)
/// p ← p − lr/(1 − β1ᵗ) · m/u
///
/// Adamax, Kingma and Ba (2015), section 7.1, https://arxiv.org/abs/1412.6980.
class Adamax final : public OptimizerWith<AdamaxOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
