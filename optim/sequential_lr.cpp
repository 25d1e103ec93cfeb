#include "sequential_lr.h"

#include <algorithm>

#include "../autograd/fail-inl.h"

namespace descent::optim {
namespace {

template <class T>
void check_milestones(const std::vector<T>& milestones) {
  for (std::size_t i = 0; i < milestones.size(); ++i) {
    const auto previous = i == 0 ? T(0) : milestones[i - 1];
    if (!(milestones[i] > previous)) {
      fail<std::invalid_argument>(SequentialLROptions::kName,
                                  "milestones must be at least 1 and increase, got {} after {}", milestones[i],
                                  previous);
    }
  }
}

}  // namespace

void SequentialLROptions::check() const {
  if (milestones.size() + 1 != schedulers.size()) {
    fail<std::invalid_argument>(kName, "milestones must be one fewer than the schedulers, got {} for {}",
                                milestones.size(), schedulers.size());
  }
  check_milestones(milestones);
}

SequentialLR::SequentialLR(Optimizer& optimizer, const SequentialLROptions& options)
    : CompositeScheduler(SequentialLROptions::kName, optimizer, options.schedulers,
                         std::make_shared<OptionsOf<SequentialLROptions>>(options)),
      milestones_(options.milestones.begin(), options.milestones.end()) {
  keep("milestones", milestones_, Range::AtLeastOne);
  all_or_nothing([this] {
    reset_rates();
    for (Scheduler* s : schedulers_) CompositeScheduler::rewind(*s);
    start();
  });
}

void SequentialLR::step() {
  const double epoch = static_cast<double>(last_epoch() + 1);
  const auto next = std::upper_bound(milestones_.begin(), milestones_.end(), epoch);
  Scheduler& s = *schedulers_[static_cast<std::size_t>(next - milestones_.begin())];
  all_or_nothing([&] {
    if (next != milestones_.begin() && *(next - 1) == epoch)
      CompositeScheduler::restart(s);
    else
      s.step();
    Scheduler::step();
  });
}

void SequentialLR::start() {
  CompositeScheduler::start(*schedulers_[0]);
  Scheduler::start();
}

void SequentialLR::restart() {
  CompositeScheduler::restart(*schedulers_[0]);
  go_to(0);
}

// The others stand before their beginning already.
void SequentialLR::rewind() noexcept {
  CompositeScheduler::rewind(*schedulers_[0]);
  Scheduler::rewind();
}

std::function<void()> SequentialLR::prepare_load(const StateDict& state) {
  auto commit = CompositeScheduler::prepare_load(state);
  check_milestones(state.at("milestones").to_vector<double>());
  return commit;
}

}  // namespace descent::optim
