// LinearLR: the rate grows or falls linearly over the first epochs: the usual warm-up.
#pragma once

#include "scheduler.h"

namespace descent::optim {

/// Options of LinearLR, as in PyTorch.
struct LinearLROptions {
  double start_factor = 1.0 / 3;  ///< in (0, 1]
  double end_factor = 1.0;        ///< in [0, 1]
  std::int64_t total_iters = 5;   ///< epochs from one to the other
  std::int64_t last_epoch = -1;   ///< see Scheduler

  static constexpr const char* kName = "LinearLR";
  std::vector<Option> fields() {
    return {{"start_factor", &start_factor, Range::UnitInterval},
            {"end_factor", &end_factor, Range::UnitInterval},
            {"total_iters", &total_iters, Range::AtLeastOne},
            {"last_epoch", &last_epoch, Range::AtLeastMinusOne}};
  }
  /// Throws std::invalid_argument for a start_factor of 0, from which no factor leads away.
  void check() const { check_option(kName, "start_factor", Range::AboveZero, start_factor); }
};

/// With s = start_factor, e = end_factor, T = total_iters: lr(0) = lr·s, and up to T, in chainable form,
///   lr(t) = base·(s + (e − s)·t/T) = lr(t − 1)·(1 + (e − s)/(T·s + (t − 1)·(e − s))),   then lr(t) = lr(t − 1)
class LinearLR final : public Scheduler {
 public:
  LinearLR(Optimizer& optimizer, const LinearLROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
};

}  // namespace descent::optim
