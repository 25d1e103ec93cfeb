#include "scheduler.h"

#include <algorithm>

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
  for (const ParamGroup& group : optimizer.param_groups()) base_lrs_.push_back(group.initial_lr.value_or(group.lr()));
}

void Scheduler::step() { go_to(last_epoch_ + 1); }

void Scheduler::start() {
  step_count_ = 0;
  const bool constructing = last_lr_.empty();
  go_to(last_epoch_ + 1);
  for (std::size_t g = 0; constructing && g < base_lrs_.size(); ++g) {
    optimizer_->param_groups()[g].initial_lr = base_lrs_[g];
  }
}

std::function<void()> Scheduler::undo() {
  return [this, epoch = last_epoch_, count = step_count_, lr = last_lr_] {
    last_epoch_ = epoch;
    step_count_ = count;
    last_lr_ = lr;
  };
}

void Scheduler::restart() { go_to(0, /*first=*/true); }

void Scheduler::go_to(std::int64_t epoch, bool first) {
  auto& groups = optimizer_->param_groups();
  const std::int64_t epoch_before = last_epoch_;
  std::vector<double> rates;
  std::vector<std::optional<double>> momenta;
  last_epoch_ = epoch;
  ++step_count_;
  try {
    for (std::size_t g = 0; g < base_lrs_.size(); ++g) {
      const double lr = groups[g].lr(), base = base_lrs_[g];
      rates.push_back(first ? first_lr(g, lr, base) : next_lr(g, lr, base));
      momenta.push_back(next_momentum(g));
    }
    for (const double lr : rates) check_option(name_, "the rate", Range::AtLeastZero, lr);
    for (const auto& m : momenta) {
      if (m) check_option(name_, "the momentum", Range::ZeroToOne, *m);
    }
  } catch (...) {
    last_epoch_ = epoch_before;
    --step_count_;
    throw;
  }
  for (std::size_t g = 0; g < rates.size(); ++g) {
    groups[g].set_lr(rates[g]);
    if (momenta[g]) groups[g].set_momentum(*momenta[g]);
  }
  last_lr_ = std::move(rates);
}

bool Scheduler::lacks_momentum() const {
  const auto& groups = optimizer_->param_groups();
  return !std::all_of(groups.begin(), groups.end(), [](const ParamGroup& g) { return g.has_momentum(); });
}

void Scheduler::keep(const char* name, double& number, std::optional<Range> range) {
  kept_.push_back({name, &number, nullptr, range, false});
}

void Scheduler::keep(const char* name, std::vector<double>& list, Range range, bool resizable) {
  kept_.push_back({name, nullptr, &list, range, resizable});
}

StateDict Scheduler::state_dict() const {
  StateDict out;
  for (const Option& option : options_->fields()) {
    if (std::string_view(option.name) != "last_epoch") out[option.name] = option_to_tensor(option);
  }
  for (const Kept& kept : kept_) {
    out[kept.name] = kept.list ? from_vector(*kept.list) : full(Shape(), *kept.number, {.dtype = float64});
  }
  out["base_lrs"] = from_vector(base_lrs_);
  out["last_epoch"] = full(Shape(), static_cast<double>(last_epoch_), {.dtype = float64});
  out["_step_count"] = full(Shape(), static_cast<double>(step_count_), {.dtype = float64});
  out["_last_lr"] = from_vector(last_lr_);
  return out;
}

std::function<void()> Scheduler::prepare_load(const StateDict& state) {
  std::vector<std::string_view> known;
  const auto get = [&](const char* key) -> const Tensor& {
    if (!state.contains(key)) fail<Error>(name_, "load_state_dict: '{}' is missing", key);
    known.push_back(key);
    return state.at(key);
  };
  std::shared_ptr<AnyOptions> options = options_->clone();
  for (const Option& option : options->fields()) {
    if (std::string_view(option.name) != "last_epoch") option_from_tensor(name_, option, get(option.name));
  }
  options->check();

  std::int64_t last_epoch = 0, step_count = 0;
  option_from_tensor(name_, {"last_epoch", &last_epoch}, get("last_epoch"));
  option_from_tensor(name_, {"_step_count", &step_count}, get("_step_count"));
  check_option(name_, "last_epoch", Range::AtLeastMinusOne, static_cast<double>(last_epoch));
  const auto numbers = [&](const char* key, std::int64_t count, std::optional<Range> range, const char* what) {
    const Tensor& tensor = get(key);
    if (!tensor.defined() || (count >= 0 && tensor.numel() != count)) {
      fail<Error>(name_, "load_state_dict: '{}' must hold {} numbers{}", key,
                  count >= 0 ? std::to_string(count) : "any", what);
    }
    std::vector<double> values = tensor.to_vector<double>();
    for (const double x : values) {
      if (range) check_option(name_, key, *range, x);
    }
    return values;
  };
  constexpr const char* per_group = ", one per param group";
  const auto groups = static_cast<std::int64_t>(base_lrs_.size());
  auto base_lrs = numbers("base_lrs", groups, Range::AtLeastZero, per_group);
  auto last_lr = numbers("_last_lr", groups, Range::AtLeastZero, per_group);
  std::vector<std::vector<double>> kept_values;
  for (const Kept& kept : kept_) {
    const std::int64_t size = kept.list ? static_cast<std::int64_t>(kept.list->size()) : 1;
    kept_values.push_back(numbers(kept.name, kept.resizable ? -1 : size, kept.range, ""));  // -1: any number
  }
  for (const auto& [name, tensor] : state) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      fail<Error>(name_, "load_state_dict: '{}' is unexpected", name);
    }
  }

  return [this, options = std::move(options), last_epoch, step_count, base_lrs = std::move(base_lrs),
          last_lr = std::move(last_lr), kept_values = std::move(kept_values)]() mutable {
    options_->assign(*options);
    last_epoch_ = last_epoch;
    step_count_ = step_count;
    base_lrs_ = std::move(base_lrs);
    last_lr_ = std::move(last_lr);
    for (std::size_t k = 0; k < kept_.size(); ++k) {
      if (kept_[k].list)
        *kept_[k].list = std::move(kept_values[k]);
      else
        *kept_[k].number = kept_values[k][0];
    }
  };
}

}  // namespace descent::optim
