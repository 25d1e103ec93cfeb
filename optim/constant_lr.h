// ConstantLR: a smaller rate for the first epochs.
#pragma once

#include "scheduler.h"

namespace descent::optim {

/// Options of ConstantLR, as in PyTorch.
struct ConstantLROptions {
  double factor = 1.0 / 3;       ///< in [0, 1]
  std::int64_t total_iters = 5;  ///< epochs with the smaller rate
  std::int64_t last_epoch = -1;  ///< see Scheduler

  static constexpr const char* kName = "ConstantLR";
  std::vector<Option> fields() {
    return {{"factor", &factor, Range::UnitInterval},
            {"total_iters", &total_iters, Range::AtLeastOne},
            {"last_epoch", &last_epoch, Range::AtLeastMinusOne}};
  }
};

/// lr(0) = lr·factor; lr(total_iters) = lr(total_iters − 1)/factor (the initial rate where factor is 0); else
/// lr(t) = lr(t − 1).
class ConstantLR final : public Scheduler {
 public:
  ConstantLR(Optimizer& optimizer, const ConstantLROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
};

}  // namespace descent::optim
