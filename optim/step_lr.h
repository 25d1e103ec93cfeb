// StepLR: the rate falls by a factor every so many epochs.
#pragma once

#include "scheduler.h"

namespace descent::optim {

/// Options of StepLR, as in PyTorch.
struct StepLROptions {
  std::int64_t step_size = 0;  ///< epochs between two drops; must be given
  double gamma = 0.1;
  std::int64_t last_epoch = -1;  ///< see Scheduler

  static constexpr const char* kName = "StepLR";
  std::vector<Option> fields() {
    return {{"step_size", &step_size, Range::AtLeastOne},
            {"gamma", &gamma, Range::AtLeastZero},
            {"last_epoch", &last_epoch, Range::AtLeastMinusOne}};
  }
};

/// lr(t) = lr(t − 1)·gamma where step_size divides t, else lr(t − 1).
class StepLR final : public Scheduler {
 public:
  StepLR(Optimizer& optimizer, const StepLROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
};

}  // namespace descent::optim
