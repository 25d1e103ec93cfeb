// WarmupStableDecayLR: linear warm-up, a long constant phase, a short decay.
#pragma once

#include <string>

#include "scheduler.h"

namespace descent::optim {

/// Options of WarmupStableDecayLR.
struct WarmupStableDecayLROptions {
  std::int64_t warmup_steps = 0;      ///< steps up to the initial rate of the optimizer, the highest
  std::int64_t stable_steps = 0;      ///< steps at that rate
  std::int64_t decay_steps = 0;       ///< steps down; must be given
  std::string decay_type = "linear";  ///< "linear", "cosine", "sqrt" or "exponential"
  double min_lr_ratio = 0;            ///< last rate over highest, in [0, 1]; above 0 for "exponential"
  std::int64_t last_epoch = -1;       ///< see Scheduler

  static constexpr const char* kName = "WarmupStableDecayLR";
  static constexpr const char* kDecayTypes[] = {"linear", "cosine", "sqrt", "exponential"};
  std::vector<Option> fields() {
    return {{"warmup_steps", &warmup_steps, Range::AtLeastZero},  {"stable_steps", &stable_steps, Range::AtLeastZero},
            {"decay_steps", &decay_steps, Range::AtLeastOne},     {"decay_type", &decay_type, kDecayTypes},
            {"min_lr_ratio", &min_lr_ratio, Range::UnitInterval}, {"last_epoch", &last_epoch, Range::AtLeastMinusOne}};
  }
  /// Throws std::invalid_argument where an exponential would have to reach 0.
  void check() const {
    if (decay_type == "exponential") check_option(kName, "min_lr_ratio", Range::AboveZero, min_lr_ratio);
  }
};

/// WSD, Hu et al. (2024), https://arxiv.org/abs/2404.06395. With s = t + 1, the number of the update to come, W, S and
/// D the steps of the phases, m = min_lr_ratio and p = (s − W − S)/D, at most 1:
///   lr(t) = base·s/W                    for s <= W
///   lr(t) = base                        for s <= W + S
///   lr(t) = base·(m + (1 − m)·f(p))     after that, and base·m from the end on
/// with f(p) = 1 − p (linear), (1 + cos πp)/2 (cosine), 1 − √p (sqrt, Hägele et al. 2024); exponential: base·m^p.
class WarmupStableDecayLR final : public Scheduler {
 public:
  WarmupStableDecayLR(Optimizer& optimizer, const WarmupStableDecayLROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
};

}  // namespace descent::optim
