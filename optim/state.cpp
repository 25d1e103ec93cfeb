// Saving and loading an optimizer.
#include <cmath>
#include <string>
#include <unordered_set>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "optimizer.h"

namespace descent::optim {
namespace {

std::string group_key(std::size_t group, const char* option) {
  return fmt::format("param_groups.{}.{}", group, option);
}
std::string state_key(std::int64_t i, const char* slot) { return fmt::format("state.{}.{}", i, slot); }

/// Everything that a load found wrong, reported at once.
class Complaints {
 public:
  template <class... Args>
  void add(fmt::format_string<Args...> text, Args&&... args) {
    if (!text_.empty()) text_ += "; ";
    text_ += fmt::format(text, std::forward<Args>(args)...);
  }
  void throw_if_any(const char* owner) const {
    if (!text_.empty()) throw Error(std::string(owner) + ": load_state_dict: " + text_);
  }

 private:
  std::string text_;
};

}  // namespace

StateDict Optimizer::state_dict() const {
  NoGradGuard no_grad;
  StateDict out;
  std::int64_t i = 0;
  for (const auto& states : states_) {
    for (const ParamState& state : states) {
      if (state.step > 0) {
        out[state_key(i, "step")] = full(Shape(), static_cast<double>(state.step), {.dtype = float64});
        for (std::size_t s = 0; s < slot_names_.size(); ++s) {
          const bool made = state.slots[s].defined() && !(state.fresh >> s & 1);
          if (made) out[state_key(i, slot_names_[s])] = state.slots[s].clone();
        }
      }
      ++i;
    }
  }
  save_more(out);
  i = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (const Option& option : groups_[g].fields_) out[group_key(g, option.name)] = option_to_tensor(option);
    if (groups_[g].initial_lr) {
      out[group_key(g, "initial_lr")] = full(Shape(), *groups_[g].initial_lr, {.dtype = float64});
    }
    std::vector<std::int64_t> indices;
    for (std::size_t k = 0; k < groups_[g].params.size(); ++k) indices.push_back(i++);
    out[group_key(g, "params")] = from_vector(indices);
  }
  return out;
}

void Optimizer::load_state_dict(const StateDict& state) {
  NoGradGuard no_grad;
  Complaints wrong;
  const auto take = [&](const std::string& key) -> const Tensor* {
    return state.contains(key) ? &state.at(key) : nullptr;
  };
  std::vector<std::string> known;

  // Everything is read into copies first.
  std::vector<ParamGroup> loaded_groups;  // options and initial_lr
  std::vector<std::vector<ParamState>> states;
  std::int64_t i = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const std::int64_t first = i;
    // Options first: what state has to look like may depend on them.
    ParamGroup& group = loaded_groups.emplace_back();
    group.owner_ = name_;
    group.options_ = groups_[g].options_->clone();
    group.fields_ = group.options_->fields();
    for (const Option& option : group.fields_) {
      const std::string key = group_key(g, option.name);
      known.push_back(key);
      if (const Tensor* value = take(key)) option_from_tensor(name_, option, *value);
    }
    group.options_->check();
    group.options_->check_params(groups_[g].params);

    states.emplace_back();
    for (const Tensor& p : groups_[g].params) {
      ParamState loaded;
      loaded.slots.resize(slot_names_.size());
      const std::string step_key = state_key(i, "step");
      known.push_back(step_key);
      if (const Tensor* step = take(step_key)) {
        const double value = step->defined() && step->numel() == 1 ? step->item<double>() : -1;
        if (value >= 0 && value < 9e15 && value == std::floor(value)) {
          loaded.step = static_cast<std::int64_t>(value);
        } else {
          wrong.add("'{}' must be one whole number", step_key);
        }
      }
      for (std::size_t s = 0; s < slot_names_.size(); ++s) {
        const SlotSpec spec = slot_spec(s, p, group);
        if (!spec.used) continue;
        const std::string key = state_key(i, slot_names_[s]);
        known.push_back(key);
        const Tensor* slot = take(key);
        if (!slot) continue;
        if (!state.contains(step_key) && counts_steps()) {
          wrong.add("'{}' is missing", step_key);
        } else if (!slot->defined() || !(slot->shape() == spec.shape)) {
          wrong.add("'{}' must have the {} {}, got {}", key, spec.shape == p.shape() ? "parameter's shape" : "shape",
                    spec.shape.str(), slot->defined() ? slot->shape().str() : std::string("an undefined tensor"));
        } else {
          loaded.slots[s] = slot->detach().to(spec.dtype).contiguous().clone();
          if (!state.contains(step_key)) loaded.step = 1;
        }
      }
      states.back().push_back(std::move(loaded));
      ++i;
    }

    known.push_back(group_key(g, "initial_lr"));
    if (const Tensor* value = take(known.back())) {
      double number = 0;
      option_from_tensor(name_, {"initial_lr", &number}, *value);
      group.initial_lr = number;
    }
    known.push_back(group_key(g, "params"));
    if (const Tensor* value = take(known.back())) {
      bool same = value->defined() && value->numel() == i - first;
      if (same) {
        const std::vector<std::int64_t> indices = value->to_vector<std::int64_t>();
        for (std::size_t k = 0; k < indices.size(); ++k)
          same = same && indices[k] == first + static_cast<std::int64_t>(k);
      }
      if (!same) wrong.add("'{}' must list the parameters {} to {}", known.back(), first, i - 1);
    }
  }
  const std::function<void()> more = load_more(state, known);
  const std::unordered_set<std::string> names(known.begin(), known.end());
  for (const auto& [name, tensor] : state) {
    if (!names.count(name)) wrong.add("'{}' is unexpected", name);
  }
  wrong.throw_if_any(name_);

  // With the loaded options: has each updated parameter the state that its next step builds on?
  for (std::size_t g = 0, first = 0; g < groups_.size(); first += groups_[g].params.size(), ++g) {
    GroupStep step{*this, name_, slot_names_, loaded_groups[g], states[g], Phase::Slots};
    update(step);
    for (std::size_t k = 0; k < states[g].size(); ++k) {
      for (std::size_t s = 0; s < slot_names_.size(); ++s) {
        const bool missing = states[g][k].step > 0 && (step.slots_used >> s & 1) && !states[g][k].slots[s].defined() &&
                             slot_spec(s, groups_[g].params[k], loaded_groups[g]).used;
        if (missing) wrong.add("'{}' is missing", state_key(static_cast<std::int64_t>(first + k), slot_names_[s]));
      }
    }
  }
  wrong.throw_if_any(name_);

  for (std::size_t g = 0; g < groups_.size(); ++g) {  // nothing throws from here on
    groups_[g].options_->assign(*loaded_groups[g].options_);
    groups_[g].initial_lr = loaded_groups[g].initial_lr;
  }
  states_ = std::move(states);
  if (more) more();
}

}  // namespace descent::optim
