// Yogi: Adam whose second moment grows and shrinks by bounded steps.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of Yogi, with the paper's defaults.
struct YogiOptions {
  double lr = 1e-2;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-3;
  double weight_decay = 0;            ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient
  double initial_accumulator = 1e-6;  ///< first value of v
  bool maximize = false;
  bool decoupled_weight_decay = false;  ///< p ← p·(1 − lr·weight_decay) in place of the L2 penalty
  std::string eps_mode = "outside";     ///< or "inside" of the root
  bool bias_correction = false;         ///< divide the averages by 1 − βᵗ

  static constexpr const char* kName = "Yogi";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"initial_accumulator", &initial_accumulator, Range::AtLeastZero},
            {"maximize", &maximize},
            {"decoupled_weight_decay", &decoupled_weight_decay},
            {"eps_mode", &eps_mode, kEpsModes},
            {"bias_correction", &bias_correction}};
  }
};

/// m ← β1·m + (1 − β1)·g
/// v ← v − (1 − β2)·sign(v − g²)·g²
/// p ← p − lr·m/(√v + eps)
///
/// Yogi, Zaheer et al. (2018), https://papers.nips.cc/paper/8186. The paper corrects no bias; `bias_correction` divides
/// m and v by 1 − βᵗ, as Adam does.
class Yogi final : public OptimizerWith<YogiOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
