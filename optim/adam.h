// Adam: a step per element scaled by running averages of gradient and squared gradient.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of Adam, as in PyTorch.
struct AdamOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;  ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient; see AdamW
  bool amsgrad = false;
  bool maximize = false;
  bool decoupled_weight_decay = false;  ///< p ← p·(1 − lr·weight_decay) in place of the L2 penalty
  std::string eps_mode = "outside";     ///< or "inside" of the root
  bool bias_correction = true;          ///< divide the averages by 1 − βᵗ
  bool exclude_1d = false;              ///< no decay where dim() <= 1: biases, norms

  static constexpr const char* kName = "Adam";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"amsgrad", &amsgrad},
            {"maximize", &maximize},
            {"decoupled_weight_decay", &decoupled_weight_decay},
            {"eps_mode", &eps_mode, kEpsModes},
            {"bias_correction", &bias_correction},
            {"exclude_1d", &exclude_1d}};
  }
};

/// m ← β1·m + (1 − β1)·g
/// v ← β2·v + (1 − β2)·g²
/// p ← p − lr/(1 − β1ᵗ) · m / (√v/√(1 − β2ᵗ) + eps)
///
/// Adam, Kingma and Ba (2015), https://arxiv.org/abs/1412.6980; `amsgrad`: Reddi et al. (2018),
/// https://arxiv.org/abs/1904.09237. The bias corrections are computed in double for either element type.
class Adam final : public OptimizerWith<AdamOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
