// CosineAnnealingLR: half a cosine from the initial rate down to eta_min, and up again.
#pragma once

#include "scheduler.h"

namespace descent::optim {

/// Options of CosineAnnealingLR, as in PyTorch.
struct CosineAnnealingLROptions {
  std::int64_t T_max = 0;  ///< epochs from the initial rate to eta_min; must be given
  double eta_min = 0;
  std::int64_t last_epoch = -1;  ///< see Scheduler

  static constexpr const char* kName = "CosineAnnealingLR";
  std::vector<Option> fields() {
    return {{"T_max", &T_max, Range::AtLeastOne},
            {"eta_min", &eta_min, Range::AtLeastZero},
            {"last_epoch", &last_epoch, Range::AtLeastMinusOne}};
  }
};

/// SGDR without restarts, Loshchilov and Hutter (2017), https://arxiv.org/abs/1608.03983. With T = T_max:
///   lr(t) = eta_min + (base − eta_min)·(1 + cos(πt/T))/2
/// computed from the rate before, so that other schedules may act too:
///   lr(t) = eta_min + (lr(t − 1) − eta_min)·(1 + cos(πt/T))/(1 + cos(π(t − 1)/T))
class CosineAnnealingLR final : public Scheduler {
 public:
  CosineAnnealingLR(Optimizer& optimizer, const CosineAnnealingLROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
  double first_lr(std::size_t group, double lr, double base_lr) const override;
};

}  // namespace descent::optim
