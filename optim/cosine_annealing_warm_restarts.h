// CosineAnnealingWarmRestarts: half a cosine down to eta_min, again and again, each time T_mult times as long.
#pragma once

#include "scheduler.h"

namespace descent::optim {

/// Options of CosineAnnealingWarmRestarts, as in PyTorch.
struct CosineAnnealingWarmRestartsOptions {
  std::int64_t T_0 = 0;     ///< epochs of the first period; must be given
  std::int64_t T_mult = 1;  ///< each period is so many times as long as the one before
  double eta_min = 0;
  std::int64_t last_epoch = -1;  ///< see Scheduler

  static constexpr const char* kName = "CosineAnnealingWarmRestarts";
  std::vector<Option> fields() {
    return {{"T_0", &T_0, Range::AtLeastOne},
            {"T_mult", &T_mult, Range::AtLeastOne},
            {"eta_min", &eta_min, Range::AtLeastZero},
            {"last_epoch", &last_epoch, Range::AtLeastMinusOne}};
  }
};

/// SGDR, Loshchilov and Hutter (2017), https://arxiv.org/abs/1608.03983. In period i, which began T_cur epochs ago and
/// lasts T_i = T_0·T_mult^i:
///   lr = eta_min + (base − eta_min)·(1 + cos(π·T_cur/T_i))/2
class CosineAnnealingWarmRestarts final : public Scheduler {
 public:
  CosineAnnealingWarmRestarts(Optimizer& optimizer, const CosineAnnealingWarmRestartsOptions& options);

  using Scheduler::step;
  /// To any epoch, also to a part of one: `step(epoch + i / iters)` after each batch. last_epoch() is its floor.
  /// Throws std::invalid_argument unless it is finite and at least 0.
  void step(double epoch);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
  void restart() override;

  double fraction_ = 0;  // the part of an epoch that stands beyond last_epoch()
};

}  // namespace descent::optim
