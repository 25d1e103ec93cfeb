#include "composite_scheduler.h"

#include <algorithm>

#include "../autograd/fail-inl.h"

namespace descent::optim {

Optimizer& CompositeScheduler::optimizer_of(const char* name, const std::vector<Scheduler*>& schedulers) {
  if (schedulers.empty()) fail<std::invalid_argument>(name, "schedulers must not be empty");
  if (!schedulers[0]) fail<std::invalid_argument>(name, "schedulers[0] must not be null");
  return schedulers[0]->optimizer();
}

CompositeScheduler::CompositeScheduler(const char* name, Optimizer& optimizer,
                                       const std::vector<Scheduler*>& schedulers, std::shared_ptr<AnyOptions> options)
    : Scheduler(name, optimizer, std::move(options), -1), schedulers_(schedulers) {
  optimizer_of(name, schedulers);
  for (std::size_t i = 0; i < schedulers.size(); ++i) {
    const Scheduler* s = schedulers[i];
    if (!s) fail<std::invalid_argument>(name, "schedulers[{}] must not be null", i);
    if (&s->optimizer() != &optimizer) {
      fail<std::invalid_argument>(name, "all schedulers must belong to the same optimizer, schedulers[{}] does not", i);
    }
    if (s->needs_metric()) {
      fail<std::invalid_argument>(name, "schedulers[{}] is a {}, whose step needs a metric", i, s->name());
    }
    if (std::count(schedulers.begin(), schedulers.end(), s) > 1) {
      fail<std::invalid_argument>(name, "schedulers[{}] is given twice", i);
    }
  }
}

std::function<void()> CompositeScheduler::undo() {
  std::vector<std::function<void()>> all = {Scheduler::undo()};
  for (Scheduler* s : schedulers_) all.push_back(s->undo());
  return [all = std::move(all)] {
    for (const auto& one : all) one();
  };
}

void CompositeScheduler::all_or_nothing(const std::function<void()>& f) {
  const auto back = undo();
  std::vector<std::pair<double, std::optional<double>>> before;
  for (const ParamGroup& group : optimizer().param_groups()) {
    before.emplace_back(group.lr(), group.has_momentum() ? std::optional(group.momentum()) : std::nullopt);
  }
  try {
    f();
  } catch (...) {
    back();
    for (std::size_t g = 0; g < before.size(); ++g) {
      ParamGroup& group = optimizer().param_groups()[g];
      group.set_lr(before[g].first);
      if (before[g].second) group.set_momentum(*before[g].second);
    }
    throw;
  }
}

void CompositeScheduler::reset_rates() {
  for (std::size_t g = 0; g < groups(); ++g) optimizer().param_groups()[g].set_lr(base_lr(g));
}

StateDict CompositeScheduler::state_dict() const {
  StateDict out = Scheduler::state_dict();
  for (std::size_t i = 0; i < schedulers_.size(); ++i) {
    for (const auto& [key, tensor] : schedulers_[i]->state_dict()) {
      out["_schedulers." + std::to_string(i) + "." + key] = tensor;
    }
  }
  return out;
}

std::function<void()> CompositeScheduler::prepare_load(const StateDict& state) {
  StateDict own;
  std::vector<StateDict> parts(schedulers_.size());
  for (const auto& [key, tensor] : state) {
    bool found = false;
    for (std::size_t i = 0; i < parts.size() && !found; ++i) {
      const std::string prefix = "_schedulers." + std::to_string(i) + ".";
      found = key.starts_with(prefix);
      if (found) parts[i][key.substr(prefix.size())] = tensor;
    }
    if (!found) own[key] = tensor;
  }
  std::vector<std::function<void()>> commits = {Scheduler::prepare_load(own)};
  for (std::size_t i = 0; i < parts.size(); ++i) commits.push_back(schedulers_[i]->prepare_load(parts[i]));
  return [commits = std::move(commits)] {
    for (const auto& commit : commits) commit();
  };
}

}  // namespace descent::optim
