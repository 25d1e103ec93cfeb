// AdaBelief: Adam scaled by how far gradients stray from their average.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of AdaBelief, with the defaults of the authors' code (adabelief-pytorch 0.2.0) but for `rectify`.
struct AdaBeliefOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-16;                  ///< about the square of what Adam takes; the paper has 1e-8 for images
  double weight_decay = 0;             ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient
  bool decoupled_weight_decay = true;  ///< p ← p·(1 − lr·weight_decay) in place of the L2 penalty
  bool maximize = false;
  bool bias_correction = true;  ///< divide the averages by 1 − βᵗ
  bool rectify = false;         ///< RAdam's factor, see below; the authors' code has it on, the paper does not know it

  static constexpr const char* kName = "AdaBelief";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_var"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"decoupled_weight_decay", &decoupled_weight_decay},
            {"maximize", &maximize},
            {"bias_correction", &bias_correction},
            {"rectify", &rectify}};
  }
  void check() const;
};

/// m ← β1·m + (1 − β1)·g
/// s ← β2·s + (1 − β2)·(g − m)² + eps
/// p ← p − lr·m/(1 − β1ᵗ) / (√(s/(1 − β2ᵗ)) + eps)
///
/// AdaBelief, Zhuang et al. (2020), https://arxiv.org/abs/2010.07468. eps stands in both places, as in the paper; the
/// one inside adds up in s. With `rectify`, as the authors' code has it, and ρ and r of RAdam:
/// ρ >= 5:   p ← p − lr·r·√(1 − β2ᵗ)·m/(1 − β1ᵗ) / (√s + eps),   else   p ← p − lr·m/(1 − β1ᵗ)
/// Throws std::invalid_argument for rectify without bias_correction.
class AdaBelief final : public OptimizerWith<AdaBeliefOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
