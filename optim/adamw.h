// AdamW: Adam with decay that does not pass through the moments.
#pragma once

#include "adam.h"

namespace descent::optim {

/// Options of AdamW, as in PyTorch.
struct AdamWOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 1e-2;  ///< λ: parameters shrink by the factor 1 − lr·λ a step
  bool amsgrad = false;
  bool maximize = false;
  std::string eps_mode = "outside";  ///< or "inside" of the root
  bool bias_correction = true;       ///< divide the averages by 1 − βᵗ
  bool exclude_1d = false;           ///< no decay where dim() <= 1: biases, norms

  static constexpr const char* kName = "AdamW";
  static constexpr std::array kSlots = AdamOptions::kSlots;
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"amsgrad", &amsgrad},
            {"maximize", &maximize},
            {"eps_mode", &eps_mode, kEpsModes},
            {"bias_correction", &bias_correction},
            {"exclude_1d", &exclude_1d}};
  }
};

/// AdamW, Loshchilov and Hutter (2019), https://arxiv.org/abs/1711.05101:
/// p ← p·(1 − lr·weight_decay), then Adam's step.
class AdamW final : public OptimizerWith<AdamWOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
