// QHAdam: Adam whose step mixes in the gradient of the moment.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of QHAdam, with the paper's defaults.
struct QHAdamOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.995, 0.999};
  std::pair<double, double> nus = {0.7, 1.0};  ///< ν1, ν2: share of the averages; {1, 1} is Adam
  double eps = 1e-8;
  double weight_decay = 0;              ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient
  bool decoupled_weight_decay = false;  ///< p ← p·(1 − lr·weight_decay) in place of the L2 penalty
  bool maximize = false;
  std::string eps_mode = "outside";  ///< or "inside" of the root
  bool bias_correction = true;       ///< divide the averages by 1 − βᵗ

  static constexpr const char* kName = "QHAdam";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"nus", &nus, Range::UnitInterval},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"decoupled_weight_decay", &decoupled_weight_decay},
            {"maximize", &maximize},
            {"eps_mode", &eps_mode, kEpsModes},
            {"bias_correction", &bias_correction}};
  }
};

/// m, v, m̂, v̂ as in Adam
/// p ← p − lr·((1 − ν1)·g + ν1·m̂) / (√((1 − ν2)·g² + ν2·v̂) + eps)
///
/// QHAdam, Ma and Yarats (2019), https://arxiv.org/abs/1810.06801.
class QHAdam final : public OptimizerWith<QHAdamOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
