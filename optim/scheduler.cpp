#include "scheduler.h"

#include <cmath>
#include <string>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"

namespace descent::optim {

Scheduler::Scheduler(const char* name, Optimizer& optimizer, std::shared_ptr<AnyOptions> options,
                     std::int64_t last_epoch)
    : name_(name), optimizer_(&optimizer), options_(std::move(options)), last_epoch_(last_epoch) {
  options_->check();
  for (const ParamGroup& group : optimizer.param_groups()) {
    if (last_epoch != -1 && !group.initial_lr) {
      fail<std::invalid_argument>(name, "last_epoch must be -1 unless every param group has an initial_lr, got {}",
                                  last_epoch);
    }
  }
  for (ParamGroup& group : optimizer.param_groups()) {
    if (!group.initial_lr) group.initial_lr = group.lr();
    base_lrs_.push_back(*group.initial_lr);
  }
}

void Scheduler::step() {
  // Groups that were added after construction have no initial rate here and are left alone.
  auto& groups = optimizer_->param_groups();
  std::vector<double> rates;
  ++last_epoch_;
  ++step_count_;
  try {
    for (std::size_t g = 0; g < base_lrs_.size(); ++g) rates.push_back(next_lr(groups[g].lr(), base_lrs_[g]));
    for (const double lr : rates) check_option(name_, "the rate", Range::AtLeastZero, lr);
  } catch (...) {
    --last_epoch_;
    --step_count_;
    throw;
  }
  for (std::size_t g = 0; g < rates.size(); ++g) groups[g].set_lr(rates[g]);
  last_lr_ = std::move(rates);
}

StateDict Scheduler::state_dict() const {
  StateDict out;
  for (const Option& option : options_->fields()) {
    if (std::string_view(option.name) != "last_epoch") out[option.name] = option_to_tensor(option);
  }
  out["base_lrs"] = from_vector(base_lrs_);
  out["last_epoch"] = full(Shape(), static_cast<double>(last_epoch_), {.dtype = float64});
  out["_step_count"] = full(Shape(), static_cast<double>(step_count_), {.dtype = float64});
  out["_last_lr"] = from_vector(last_lr_);
  return out;
}

void Scheduler::load_state_dict(const StateDict& state) {
  const auto get = [&](const char* key) -> const Tensor& {
    if (!state.contains(key)) fail<Error>(name_, "load_state_dict: '{}' is missing", key);
    return state.at(key);
  };
  std::size_t known = 4;
  const std::unique_ptr<AnyOptions> options = options_->clone();
  for (const Option& option : options->fields()) {
    if (std::string_view(option.name) == "last_epoch") continue;
    option_from_tensor(name_, option, get(option.name));
    ++known;
  }
  options->check();

  std::int64_t last_epoch = 0, step_count = 0;
  option_from_tensor(name_, {"last_epoch", &last_epoch}, get("last_epoch"));
  option_from_tensor(name_, {"_step_count", &step_count}, get("_step_count"));
  check_option(name_, "last_epoch", Range::AtLeastMinusOne, static_cast<double>(last_epoch));
  const auto rates = [&](const char* key) {
    const Tensor& tensor = get(key);
    const auto count = static_cast<std::int64_t>(base_lrs_.size());
    if (!tensor.defined() || tensor.numel() != count) {
      fail<Error>(name_, "load_state_dict: '{}' must hold {} numbers, one per param group", key, count);
    }
    std::vector<double> values = tensor.to_vector<double>();
    for (const double lr : values) check_option(name_, key, Range::AtLeastZero, lr);
    return values;
  };
  std::vector<double> base_lrs = rates("base_lrs"), last_lr = rates("_last_lr");
  if (state.size() != known) {
    for (const auto& [name, tensor] : state) {
      bool found = name == "base_lrs" || name == "last_epoch" || name == "_step_count" || name == "_last_lr";
      for (const Option& option : options->fields()) found = found || name == option.name;
      if (!found) fail<Error>(name_, "load_state_dict: '{}' is unexpected", name);
    }
  }

  options_->assign(*options);
  last_epoch_ = last_epoch;
  step_count_ = step_count;
  base_lrs_ = std::move(base_lrs);
  last_lr_ = std::move(last_lr);
}

}  // namespace descent::optim
