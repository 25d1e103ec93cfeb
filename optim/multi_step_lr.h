// MultiStepLR: the rate falls by a factor at given epochs.
#pragma once

#include "scheduler.h"

namespace descent::optim {

/// Options of MultiStepLR, as in PyTorch.
struct MultiStepLROptions {
  std::vector<std::int64_t> milestones = {};  ///< epochs, at least 0; one that comes twice counts twice
  double gamma = 0.1;
  std::int64_t last_epoch = -1;  ///< see Scheduler

  static constexpr const char* kName = "MultiStepLR";
  std::vector<Option> fields() {
    return {{"gamma", &gamma, Range::AtLeastZero}, {"last_epoch", &last_epoch, Range::AtLeastMinusOne}};
  }
  /// Throws std::invalid_argument for a negative milestone.
  void check() const {
    for (const std::int64_t m : milestones) {
      check_option(kName, "milestones", Range::AtLeastZero, static_cast<double>(m));
    }
  }
};

/// lr(t) = lr(t − 1)·gamma^n, where n is how often t is among the milestones.
class MultiStepLR final : public Scheduler {
 public:
  MultiStepLR(Optimizer& optimizer, const MultiStepLROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;

  std::vector<double> milestones_;
};

}  // namespace descent::optim
