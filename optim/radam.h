// RAdam: Adam that waits until its second moment can be trusted.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of RAdam, as in PyTorch.
struct RAdamOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;              ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient
  bool decoupled_weight_decay = false;  ///< p ← p·(1 − lr·weight_decay) in place of the L2 penalty
  bool maximize = false;
  std::string eps_mode = "outside";  ///< or "inside" of the root

  static constexpr const char* kName = "RAdam";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"decoupled_weight_decay", &decoupled_weight_decay},
            {"maximize", &maximize},
            {"eps_mode", &eps_mode, kEpsModes}};
  }
};

/// m, v, m̂, v̂ as in Adam;   ρ∞ = 2/(1 − β2) − 1,   ρ = ρ∞ − 2·t·β2ᵗ/(1 − β2ᵗ)
/// ρ > 5:   p ← p − lr·r·m̂·√(1 − β2ᵗ)/(√v + eps),   r = √((ρ−4)(ρ−2)·ρ∞/((ρ∞−4)(ρ∞−2)·ρ))
/// else:    p ← p − lr·m̂
///
/// RAdam, Liu et al. (2020), https://arxiv.org/abs/1908.03265. As in PyTorch eps is added to √v before the correction.
class RAdam final : public OptimizerWith<RAdamOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
