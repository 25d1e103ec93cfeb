// InverseSqrtLR: linear warm-up, then the inverse square root of the step: the Transformer's schedule.
#pragma once

#include "scheduler.h"

namespace descent::optim {

/// Options of InverseSqrtLR.
struct InverseSqrtLROptions {
  std::int64_t warmup_steps = 4000;  ///< steps up to the initial rate of the optimizer, the highest
  std::int64_t last_epoch = -1;      ///< see Scheduler

  static constexpr const char* kName = "InverseSqrtLR";
  std::vector<Option> fields() {
    return {{"warmup_steps", &warmup_steps, Range::AtLeastOne}, {"last_epoch", &last_epoch, Range::AtLeastMinusOne}};
  }
};

/// Vaswani et al. (2017), https://arxiv.org/abs/1706.03762, section 5.3. With W = warmup_steps and s = t + 1, the
/// number of the update to come:
///   lr(t) = base·min(s/W, √(W/s))
/// which is the paper's d^−½·min(s^−½, s·W^−³ᐟ²) for base = (d·W)^−½.
class InverseSqrtLR final : public Scheduler {
 public:
  InverseSqrtLR(Optimizer& optimizer, const InverseSqrtLROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
};

}  // namespace descent::optim
