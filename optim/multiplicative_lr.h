// MultiplicativeLR: the rate times a function of the epoch, every epoch.
#pragma once

#include "per_group.h"
#include "scheduler.h"

namespace descent::optim {

/// Options of MultiplicativeLR, as in PyTorch.
struct MultiplicativeLROptions {
  LrLambda lr_lambda = {};       ///< must be given
  std::int64_t last_epoch = -1;  ///< see Scheduler

  static constexpr const char* kName = "MultiplicativeLR";
  std::vector<Option> fields() { return {{"last_epoch", &last_epoch, Range::AtLeastMinusOne}}; }
};

/// lr(t) = lr(t − 1)·lr_lambda(t) from t = 1 on. The function is not part of state_dict.
class MultiplicativeLR final : public Scheduler {
 public:
  MultiplicativeLR(Optimizer& optimizer, const MultiplicativeLROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
  double first_lr(std::size_t, double lr, double) const override { return lr; }

  std::vector<LrLambda::Function> lambdas_;
};

}  // namespace descent::optim
