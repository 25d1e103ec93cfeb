#include "optimizer.h"

#include <string>
#include <unordered_set>

#include "../autograd/fail-inl.h"
#include "driver-inl.h"

namespace descent::optim {

// ---- ParamGroup

const Option* ParamGroup::find(std::string_view name) const {
  for (const Option& option : fields_) {
    if (name == option.name) return &option;
  }
  return nullptr;
}

const Option& ParamGroup::number(std::string_view name) const {
  const Option* option = find(name);
  if (!option) fail<std::invalid_argument>(owner_, "has no option named {}", name);
  if (option->size() != 1) fail<std::invalid_argument>(owner_, "option {} is not a single number", name);
  return *option;
}

double ParamGroup::get(std::string_view name) const { return number(name).get(); }

void ParamGroup::set(std::string_view name, double value) { number(name).set(owner_, value); }

// The momentum is the option of that name, or the first of the betas.
const Option& ParamGroup::momentum_option() const {
  const Option* option = find("momentum");
  if (!option) option = find("betas");
  if (!option) fail<std::invalid_argument>(owner_, "has neither momentum nor betas");
  return *option;
}

bool ParamGroup::has_momentum() const { return find("momentum") || find("betas"); }

double ParamGroup::momentum() const { return momentum_option().get(0); }

void ParamGroup::set_momentum(double momentum) { momentum_option().set(owner_, momentum, 0); }

// ---- Optimizer

Optimizer::Optimizer(const char* name, std::vector<const char*> slot_names)
    : name_(name), slot_names_(std::move(slot_names)) {}

void Optimizer::empty_list() const { fail<std::invalid_argument>(name_, "the list of parameters must not be empty"); }

void Optimizer::add_group(const std::vector<Tensor>& params, std::shared_ptr<AnyOptions> options) {
  options->check();
  std::unordered_set<const TensorImpl*> seen;
  for (const ParamGroup& group : groups_) {
    for (const Tensor& p : group.params) seen.insert(p.impl());
  }
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].defined()) fail<std::invalid_argument>(name_, "parameter {} must be defined", i);
    if (!params[i].is_leaf()) {
      fail<std::invalid_argument>(name_, "parameter {} of shape {} must be a leaf, got the result of an op", i,
                                  params[i].shape());
    }
    if (!seen.insert(params[i].impl()).second) {
      fail<std::invalid_argument>(name_, "a parameter must be given once, got parameter {} of shape {} again", i,
                                  params[i].shape());
    }
  }

  ParamGroup group;
  group.params = params;
  group.owner_ = name_;
  group.fields_ = options->fields();
  group.options_ = std::move(options);
  std::vector<ParamState> states(params.size());
  for (ParamState& state : states) state.slots.resize(slot_names_.size());
  groups_.reserve(groups_.size() + 1);  // from here on nothing throws
  states_.reserve(states_.size() + 1);
  groups_.push_back(std::move(group));
  states_.push_back(std::move(states));
}

void Optimizer::zero_grad(bool set_to_none) {
  NoGradGuard no_grad;
  for (ParamGroup& group : groups_) {
    for (Tensor& p : group.params) {
      if (!p.grad().defined()) continue;
      if (set_to_none) {
        p.zero_grad();
      } else {
        Tensor(p.grad()).zero_();
      }
    }
  }
}

void Optimizer::do_step() {
  const double scale = gradient_scale();
  for (const Phase phase : {Phase::Prepare, Phase::Run}) {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      if (phase == Phase::Prepare && groups_[g].params.size() != states_[g].size()) {
        fail<Error>(name_, "param group {} holds {} parameters but was made with {}; use add_param_group", g,
                    groups_[g].params.size(), states_[g].size());
      }
      GroupStep step{name_, slot_names_, groups_[g], states_[g], phase, scale};
      update(step);
    }
  }
}

Tensor Optimizer::do_step(const std::function<Tensor()>& closure) {
  Tensor loss;
  {
    GradModeGuard recording(true);
    loss = closure();
  }
  do_step();
  return loss;
}

double Optimizer::gradient_scale() {
  if (max_norm_ == std::numeric_limits<double>::infinity()) return 1;
  std::vector<Tensor> params;
  for (const ParamGroup& group : groups_) params.insert(params.end(), group.params.begin(), group.params.end());
  grad_norm_ = optim::grad_norm(params, clip_);
  return clip_factor(grad_norm_, max_norm_);
}

void Optimizer::set_clip_norm(double max_norm, const ClipGradNormOptions& options) {
  check_clip(name_, max_norm, options);
  max_norm_ = max_norm;
  clip_ = options;
}

std::int64_t Optimizer::state_bytes() const {
  std::int64_t bytes = 0;
  for (const auto& states : states_) {
    for (const ParamState& state : states) {
      for (const Tensor& slot : state.slots) {
        if (slot.defined()) bytes += slot.numel() * static_cast<std::int64_t>(size_of(slot.dtype()));
      }
    }
  }
  return bytes;
}

namespace detail {

void misfit(const GroupStep& step, std::size_t i) {
  const Tensor& p = step.group.params[i];
  const Tensor& g = p.grad();
  const std::string name = fmt::format("parameter {} of shape {}", i, p.shape().str());
  if (!is_floating_point(p.dtype())) {
    fail<DTypeError>(step.owner, "{} must be float32 or float64, got {}", name, p.dtype());
  }
  if (g.dtype() != p.dtype()) {
    fail<DTypeError>(step.owner, "the gradient of {} must be {}, got {}", name, p.dtype(), g.dtype());
  }
  if (!(g.shape() == p.shape())) {
    fail<ShapeError>(step.owner, "the gradient of {} must have its shape, got {}", name, g.shape());
  }
  for (std::size_t s = 0; s < step.slot_names.size(); ++s) {
    const Tensor& slot = step.states[i].slots[s];
    if (!slot.defined()) continue;
    if (slot.dtype() != p.dtype()) {
      fail<DTypeError>(step.owner, "state {} of {} is {}, the parameter {}: make the optimizer after Module::to",
                       step.slot_names[s], name, slot.dtype(), p.dtype());
    }
    if (!(slot.shape() == p.shape())) {
      fail<ShapeError>(step.owner, "state {} of {} has the shape {}", step.slot_names[s], name, slot.shape());
    }
  }
  fail<Error>(step.owner, "{} does not fit its state", name);
}

}  // namespace detail
}  // namespace descent::optim
