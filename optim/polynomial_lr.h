// PolynomialLR: the rate falls to zero as a power of what is left of the run.
#pragma once

#include "scheduler.h"

namespace descent::optim {

/// Options of PolynomialLR, as in PyTorch.
struct PolynomialLROptions {
  std::int64_t total_iters = 5;  ///< epochs down to zero
  double power = 1.0;            ///< at least 0
  std::int64_t last_epoch = -1;  ///< see Scheduler

  static constexpr const char* kName = "PolynomialLR";
  std::vector<Option> fields() {
    return {{"total_iters", &total_iters, Range::AtLeastOne},
            {"power", &power, Range::AtLeastZero},
            {"last_epoch", &last_epoch, Range::AtLeastMinusOne}};
  }
};

/// With T = total_iters, up to T and in chainable form:
///   lr(t) = base·(1 − t/T)^power = lr(t − 1)·((1 − t/T)/(1 − (t − 1)/T))^power
class PolynomialLR final : public Scheduler {
 public:
  PolynomialLR(Optimizer& optimizer, const PolynomialLROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
};

}  // namespace descent::optim
