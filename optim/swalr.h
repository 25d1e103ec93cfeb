// SWALR: down (or up) to a constant rate, for averaging weights.
#pragma once

#include "per_group.h"
#include "scheduler.h"

namespace descent::optim {

/// Options of SWALR, as in PyTorch.
struct SWALROptions {
  PerGroup swa_lr = {};                 ///< must be given; one number, or one per param group
  std::int64_t anneal_epochs = 10;      ///< steps until it is reached; 0: at once
  std::string anneal_strategy = "cos";  ///< or "linear"
  std::int64_t last_epoch = -1;         ///< see Scheduler

  static constexpr const char* kName = "SWALR";
  static constexpr const char* kStrategies[] = {"cos", "linear"};
  std::vector<Option> fields() {
    return {{"anneal_epochs", &anneal_epochs, Range::AtLeastZero},
            {"anneal_strategy", &anneal_strategy, kStrategies},
            {"last_epoch", &last_epoch, Range::AtLeastMinusOne}};
  }
};

/// The constant rate of stochastic weight averaging, Izmailov et al. (2018), https://arxiv.org/abs/1803.05407. With
/// α(t) = min(1, t/anneal_epochs), or for "cos" (1 − cos(π·min(1, t/anneal_epochs)))/2:
///   lr(t) = α(t)·swa_lr + (1 − α(t))·lr₀,   lr₀ = (lr(t − 1) − α(t − 1)·swa_lr)/(1 − α(t − 1))
/// so that it starts from the rate that another schedule has left: step that one first, then this one.
class SWALR final : public Scheduler {
 public:
  SWALR(Optimizer& optimizer, const SWALROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
  double first_lr(std::size_t group, double lr, double base_lr) const override;

  std::vector<double> swa_lr_;  // per group
};

}  // namespace descent::optim
