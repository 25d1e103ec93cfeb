// ExponentialLR: the rate falls by a factor every epoch.
#pragma once

#include <limits>

#include "scheduler.h"

namespace descent::optim {

/// Options of ExponentialLR, as in PyTorch.
struct ExponentialLROptions {
  double gamma = std::numeric_limits<double>::quiet_NaN();  ///< must be given
  std::int64_t last_epoch = -1;                             ///< see Scheduler

  static constexpr const char* kName = "ExponentialLR";
  std::vector<Option> fields() {
    return {{"gamma", &gamma, Range::AtLeastZero}, {"last_epoch", &last_epoch, Range::AtLeastMinusOne}};
  }
};

/// lr(t) = lr(t − 1)·gamma.
class ExponentialLR final : public Scheduler {
 public:
  ExponentialLR(Optimizer& optimizer, const ExponentialLROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
};

}  // namespace descent::optim
