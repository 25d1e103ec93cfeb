// CompositeScheduler: what schedules that are made of others share.
#pragma once

#include "scheduler.h"

namespace descent::optim {

/// Base of SequentialLR and ChainedScheduler. state_dict holds that of each schedule, as `_schedulers.<i>.<entry>`.
class CompositeScheduler : public Scheduler {
 public:
  StateDict state_dict() const override;

 protected:
  /// Throws std::invalid_argument: no schedule, a null pointer, one given twice, one of another optimizer, a
  /// ReduceLROnPlateau (whose step needs a metric).
  CompositeScheduler(const char* name, Optimizer& optimizer, const std::vector<Scheduler*>& schedulers,
                     std::shared_ptr<AnyOptions> options);
  /// Of the first schedule. Throws std::invalid_argument when there is none.
  static Optimizer& optimizer_of(const char* name, const std::vector<Scheduler*>& schedulers);

  double next_lr(std::size_t, double lr, double) const override { return lr; }
  std::function<void()> undo() override;
  std::function<void()> prepare_load(const StateDict& state) override;

  /// Calls f; when it throws, rates and schedules are as before.
  void all_or_nothing(const std::function<void()>& f);
  /// The group's rates are the initial ones again.
  void reset_rates();
  static void start(Scheduler& s) { s.start(); }
  static void restart(Scheduler& s) { s.restart(); }
  static void rewind(Scheduler& s) noexcept { s.rewind(); }
  using Scheduler::restart;
  using Scheduler::rewind;
  using Scheduler::start;

  std::vector<Scheduler*> schedulers_;
};

}  // namespace descent::optim
