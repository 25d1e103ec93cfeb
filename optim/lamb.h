// LAMB: Adam's direction, as long as the tensor's norm says.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of LAMB, with the defaults of NVIDIA's FusedLAMB (apex), which clips the common norm to 1 besides
/// (`set_clip_norm(1)`) and has the fraction 1 where weight_decay is 0. TensorFlow Addons differ in weight_decay 0.
struct LAMBOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-6;
  double weight_decay = 0.01;  ///< λ
  bool maximize = false;
  bool bias_correction = true;  ///< divide the averages by 1 − βᵗ
  double clamp_value = 0;       ///< the largest φ, 0 for none; some implementations have 10

  static constexpr const char* kName = "LAMB";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"maximize", &maximize},
            {"bias_correction", &bias_correction},
            {"clamp_value", &clamp_value, Range::AtLeastZero}};
  }
};

/// m, v, m̂, v̂ as in Adam
/// u = m̂/(√v̂ + eps) + weight_decay·p
/// p ← p − lr·φ(‖p‖)/‖u‖·u,   φ(z) = min(z, clamp_value);   the fraction, one for each tensor, is 1 where a norm is 0
///
/// LAMB, You et al. (2020), https://arxiv.org/abs/1904.00962, whose experiments have φ(z) = z.
class LAMB final : public OptimizerWith<LAMBOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
