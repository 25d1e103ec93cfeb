#include "chained_scheduler.h"

namespace descent::optim {
namespace {

struct ChainedSchedulerOptions {
  static constexpr const char* kName = "ChainedScheduler";
  std::vector<Option> fields() { return {}; }
};
constexpr const char* kName = ChainedSchedulerOptions::kName;

}  // namespace

ChainedScheduler::ChainedScheduler(const std::vector<Scheduler*>& schedulers)
    : CompositeScheduler(kName, optimizer_of(kName, schedulers), schedulers,
                         std::make_shared<OptionsOf<ChainedSchedulerOptions>>(ChainedSchedulerOptions{})) {
  Scheduler::start();  // the schedules have set their first rates, one after the other
}

void ChainedScheduler::step() {
  all_or_nothing([this] {
    for (Scheduler* s : schedulers_) s->step();
    Scheduler::step();
  });
}

void ChainedScheduler::start() {
  for (Scheduler* s : schedulers_) CompositeScheduler::start(*s);
  Scheduler::start();
}

void ChainedScheduler::restart() {
  reset_rates();
  start();
}

void ChainedScheduler::rewind() noexcept {
  for (Scheduler* s : schedulers_) CompositeScheduler::rewind(*s);
  Scheduler::rewind();
}

}  // namespace descent::optim
