// LambdaLR: the initial rate times a function of the epoch.
#pragma once

#include "per_group.h"
#include "scheduler.h"

namespace descent::optim {

/// Options of LambdaLR, as in PyTorch.
struct LambdaLROptions {
  LrLambda lr_lambda = {};       ///< must be given
  std::int64_t last_epoch = -1;  ///< see Scheduler

  static constexpr const char* kName = "LambdaLR";
  std::vector<Option> fields() { return {{"last_epoch", &last_epoch, Range::AtLeastMinusOne}}; }
};

/// lr(t) = base·lr_lambda(t). The function is not part of state_dict.
class LambdaLR final : public Scheduler {
 public:
  LambdaLR(Optimizer& optimizer, const LambdaLROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;

  std::vector<LrLambda::Function> lambdas_;
};

}  // namespace descent::optim
