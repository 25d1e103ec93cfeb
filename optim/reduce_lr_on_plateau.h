// ReduceLROnPlateau: the rate falls by a factor when a metric has stopped improving.
#pragma once

#include "per_group.h"
#include "scheduler.h"

namespace descent::optim {

/// Options of ReduceLROnPlateau, as in PyTorch.
struct ReduceLROnPlateauOptions {
  std::string mode = "min";            ///< "min": smaller metrics are better; "max"
  double factor = 0.1;                 ///< in [0, 1)
  std::int64_t patience = 10;          ///< so many epochs in a row may be no better
  double threshold = 1e-4;             ///< how much better counts
  std::string threshold_mode = "rel";  ///< "rel": as a part of the best; "abs"
  std::int64_t cooldown = 0;           ///< epochs after a reduction that do not count
  PerGroup min_lr = 0.0;               ///< for all param groups, or one for each
  double eps = 1e-8;                   ///< smaller reductions are not made

  static constexpr const char* kName = "ReduceLROnPlateau";
  static constexpr const char* kModes[] = {"min", "max"};
  static constexpr const char* kThresholdModes[] = {"rel", "abs"};
  std::vector<Option> fields() {
    return {{"mode", &mode, kModes},
            {"factor", &factor, Range::ZeroToOne},
            {"patience", &patience, Range::AtLeastZero},
            {"threshold", &threshold, Range::AtLeastZero},
            {"threshold_mode", &threshold_mode, kThresholdModes},
            {"cooldown", &cooldown, Range::AtLeastZero},
            {"eps", &eps, Range::AtLeastZero}};
  }
};

/// After more than `patience` bad epochs in a row, lr = max(lr·factor, min_lr), and the count begins anew after
/// `cooldown` epochs. An epoch is good when its metric is better than the best so far: for "min" below
/// best·(1 − threshold) or best − threshold, for "max" above best·(1 + threshold) or best + threshold. NaN counts as
/// worse.
class ReduceLROnPlateau final : public Scheduler {
 public:
  explicit ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options = {});

  /// One epoch further, with its metric.
  void step(double metric);
  /// The same for a tensor with one element, as a loss is.
  void step(const Tensor& metric);
  /// Throws std::invalid_argument: the metric is missing.
  void step() override;
  bool needs_metric() const noexcept override { return true; }
  void step_with(double metric) override { step(metric); }

 private:
  double next_lr(std::size_t group, double lr, double base_lr) const override;
  bool is_better(double metric) const;

  std::vector<double> min_lr_;  // per group
  double best_, num_bad_epochs_ = 0, cooldown_counter_ = 0;
  bool reducing_ = false;  // in a step that lowers the rates
};

}  // namespace descent::optim
