// NovoGrad: momentum of gradients, each tensor scaled by its norm.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of NovoGrad, with the paper's defaults.
struct NovoGradOptions {
  double lr = 1e-2;
  std::pair<double, double> betas = {0.95, 0.98};
  double eps = 1e-8;
  double weight_decay = 0;      ///< λ, added to the scaled gradient
  bool grad_averaging = false;  ///< (1 − β1) in front of what enters m
  bool maximize = false;

  static constexpr const char* kName = "NovoGrad";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},     {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},   {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"grad_averaging", &grad_averaging}, {"maximize", &maximize}};
  }
};

/// v ← β2·v + (1 − β2)·‖g‖², in the first step v ← ‖g‖²;   one number for each parameter tensor
/// m ← β1·m + (g/(√v + eps) + weight_decay·p)
/// p ← p − lr·m
///
/// NovoGrad, Ginsburg et al. (2019), https://arxiv.org/abs/1905.11286; lr and betas are those of its image networks.
class NovoGrad final : public OptimizerWith<NovoGradOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  SlotSpec slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const override;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
