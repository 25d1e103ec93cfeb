// ADOPT: Adam that converges for every β2.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of ADOPT, with the paper's defaults.
struct ADOPTOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.9999};
  double eps = 1e-6;
  double weight_decay = 0;              ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient
  bool decoupled_weight_decay = false;  ///< p ← p·(1 − lr·weight_decay) in place of the L2 penalty
  bool clip = true;                     ///< limit what enters m to t^(1/4)
  bool maximize = false;

  static constexpr const char* kName = "ADOPT";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"decoupled_weight_decay", &decoupled_weight_decay},
            {"clip", &clip},
            {"maximize", &maximize}};
  }
};

/// first step:  v ← g², nothing else
/// then, t counting from 1:
///   c = clamp(g/max(√v, eps), −t^(1/4), t^(1/4))
///   m ← β1·m + (1 − β1)·c
///   p ← p − lr·m
///   v ← β2·v + (1 − β2)·g²
///
/// ADOPT, Taniguchi et al. (2024), https://arxiv.org/abs/2411.02853, algorithm 2; clip = false is algorithm 1.
class ADOPT final : public OptimizerWith<ADOPTOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
