// NAdam: Adam with Nesterov's momentum.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of NAdam, as in PyTorch.
struct NAdamOptions {
  double lr = 2e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;              ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient
  double momentum_decay = 4e-3;         ///< ψ
  bool decoupled_weight_decay = false;  ///< p ← p·(1 − lr·weight_decay) in place of the L2 penalty
  bool maximize = false;
  std::string eps_mode = "outside";  ///< or "inside" of the root

  static constexpr const char* kName = "NAdam";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_sq", "mu_product"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"momentum_decay", &momentum_decay, Range::AtLeastZero},
            {"decoupled_weight_decay", &decoupled_weight_decay},
            {"maximize", &maximize},
            {"eps_mode", &eps_mode, kEpsModes}};
  }
};

/// μ_t = β1·(1 − 0.96^(t·ψ)/2)
/// m ← β1·m + (1 − β1)·g
/// v ← β2·v + (1 − β2)·g²
/// p ← p − lr·(μ_{t+1}·m/(1 − Π_{i≤t+1} μ_i) + (1 − μ_t)·g/(1 − Π_{i≤t} μ_i)) / (√(v/(1 − β2ᵗ)) + eps)
///
/// NAdam, Dozat (2016), https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ. PyTorch 1.13 multiplies μ_t into
/// Π_{i≤t+1} twice; this is the published formula, as in later versions.
class NAdam final : public OptimizerWith<NAdamOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  SlotSpec slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const override;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
