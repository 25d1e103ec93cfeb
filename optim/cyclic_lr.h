// CyclicLR: the rate goes up and down between two bounds, and the momentum the other way.
#pragma once

#include "per_group.h"
#include "scheduler.h"

namespace descent::optim {

/// Options of CyclicLR, as in PyTorch. A number for all param groups, or a list with one for each.
struct CyclicLROptions {
  PerGroup base_lr = {};  ///< lower bound; must be given
  PerGroup max_lr = {};   ///< upper bound; must be given
  std::int64_t step_size_up = 2000;
  std::optional<std::int64_t> step_size_down = std::nullopt;  ///< step_size_up unless given
  std::string mode = "triangular";  ///< "triangular", "triangular2" (halved every cycle), "exp_range" (by gamma^step)
  double gamma = 1.0;
  std::function<double(double)> scale_fn = nullptr;  ///< takes the place of `mode`; not saved
  std::string scale_mode = "cycle";                  ///< what scale_fn is a function of: "cycle", "iterations"
  bool cycle_momentum = true;                        ///< needs an optimizer with momentum or betas
  PerGroup base_momentum = 0.8;                      ///< where the rate is highest
  PerGroup max_momentum = 0.9;                       ///< where the rate is lowest
  std::int64_t last_epoch = -1;                      ///< see Scheduler

  static constexpr const char* kName = "CyclicLR";
  static constexpr const char* kModes[] = {"triangular", "triangular2", "exp_range"};
  static constexpr const char* kScaleModes[] = {"cycle", "iterations"};
  std::vector<Option> fields() {
    return {{"step_size_up", &step_size_up, Range::AtLeastOne},
            {"step_size_down", &step_size_down, Range::AtLeastZero},
            {"mode", &mode, kModes},
            {"gamma", &gamma, Range::AtLeastZero},
            {"scale_mode", &scale_mode, kScaleModes},
            {"cycle_momentum", &cycle_momentum},
            {"last_epoch", &last_epoch, Range::AtLeastMinusOne}};
  }
};

/// Smith (2017), https://arxiv.org/abs/1506.01186; a step is a batch. With N = step_size_up + step_size_down,
/// r = step_size_up/N, c = ⌊1 + t/N⌋ and x = 1 + t/N − c:
///   h(t) = x/r for x <= r, else (x − 1)/(r − 1)
///   lr(t) = base_lr + (max_lr − base_lr)·h(t)·scale
///   momentum(t) = max_momentum − (max_momentum − base_momentum)·h(t)·scale
/// scale: 1 (triangular), 2^(1 − c) (triangular2), gamma^t (exp_range), scale_fn(c) or scale_fn(t).
class CyclicLR final : public Scheduler {
 public:
  CyclicLR(Optimizer& optimizer, const CyclicLROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
  std::optional<double> next_momentum(std::size_t group) const override;
  /// h(t) times `height`, times scale.
  double scaled(double height) const;

  std::vector<double> base_lr_, max_lr_, base_momentum_, max_momentum_;  // per group
};

}  // namespace descent::optim
