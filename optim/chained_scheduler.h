// ChainedScheduler: several schedules at once, each changing the rate that the one before has set.
#pragma once

#include "composite_scheduler.h"

namespace descent::optim {

/// Steps each schedule in turn: schedules in chainable form multiply. Step and save only the ChainedScheduler.
class ChainedScheduler final : public CompositeScheduler {
 public:
  /// The schedules must outlive it. Throws std::invalid_argument: see CompositeScheduler.
  explicit ChainedScheduler(const std::vector<Scheduler*>& schedulers);

  void step() override;

 private:
  void start() override;
  void restart() override;
  void rewind() noexcept override;
};

}  // namespace descent::optim
