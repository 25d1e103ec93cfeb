// OneCycleLR: one cycle over the whole run, up to max_lr and down far below where it began.
#pragma once

#include "per_group.h"
#include "scheduler.h"

namespace descent::optim {

/// Options of OneCycleLR, as in PyTorch. A number for all param groups, or a list with one for each.
struct OneCycleLROptions {
  PerGroup max_lr = {};                                    ///< must be given
  std::optional<std::int64_t> total_steps = std::nullopt;  ///< or epochs·steps_per_epoch
  std::optional<std::int64_t> epochs = std::nullopt;
  std::optional<std::int64_t> steps_per_epoch = std::nullopt;
  double pct_start = 0.3;               ///< part of the run that goes up, in [0, 1]
  std::string anneal_strategy = "cos";  ///< or "linear"
  bool cycle_momentum = true;           ///< needs an optimizer with momentum or betas
  PerGroup base_momentum = 0.85;        ///< where the rate is highest
  PerGroup max_momentum = 0.95;         ///< at both ends
  double div_factor = 25;               ///< max_lr over the first rate
  double final_div_factor = 1e4;        ///< the first rate over the last
  bool three_phase = false;             ///< down as long as up, and only then to the last rate
  std::int64_t last_epoch = -1;         ///< see Scheduler

  static constexpr const char* kName = "OneCycleLR";
  static constexpr const char* kStrategies[] = {"cos", "linear"};
  std::vector<Option> fields() {
    return {{"total_steps", &total_steps, Range::AtLeastOne},
            {"epochs", &epochs, Range::AtLeastOne},
            {"steps_per_epoch", &steps_per_epoch, Range::AtLeastOne},
            {"pct_start", &pct_start, Range::UnitInterval},
            {"anneal_strategy", &anneal_strategy, kStrategies},
            {"cycle_momentum", &cycle_momentum},
            {"div_factor", &div_factor, Range::AboveZero},
            {"final_div_factor", &final_div_factor, Range::AboveZero},
            {"three_phase", &three_phase},
            {"last_epoch", &last_epoch, Range::AtLeastMinusOne}};
  }
  /// Throws std::invalid_argument unless the number of steps is known.
  void check() const;
};

/// Smith and Topin (2018), https://arxiv.org/abs/1708.07120; a step is a batch. Sets the groups' initial rate to
/// max_lr/div_factor. With first = max_lr/div_factor, last = first/final_div_factor, N steps and p = pct_start:
///   up to step pN − 1 from first to max_lr, momentum from max_momentum to base_momentum, then up to N − 1 from max_lr
///   to last and back to max_momentum; three_phase: up to 2pN − 2 from max_lr to first, then to last at max_momentum
/// each from a to b at the part q of the phase:
///   cos: b + (a − b)/2·(cos(πq) + 1)        linear: (b − a)·q + a
/// step() may be called N times (the last one changes little), then it throws std::invalid_argument.
class OneCycleLR final : public Scheduler {
 public:
  OneCycleLR(Optimizer& optimizer, const OneCycleLROptions& options);

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
  std::optional<double> next_momentum(std::size_t group) const override;
  /// The value at epoch last_epoch() of what has these values where the rate is at its first, its highest, its last.
  double anneal(double first, double max, double last) const;

  std::vector<double> max_lr_, base_momentum_, max_momentum_;  // per group
};

}  // namespace descent::optim
