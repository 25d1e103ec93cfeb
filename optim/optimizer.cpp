#include "optimizer.h"

#include <string>
#include <unordered_set>

#include "../autograd/fail-inl.h"
#include "../autograd/ops.h"
#include "clip-inl.h"
#include "driver-inl.h"
#include "used_gradients-inl.h"

namespace descent::optim {
namespace {

/// Sets a flag while it lives.
class Raised {
 public:
  explicit Raised(bool& flag) : flag_(flag) { flag = true; }
  ~Raised() { flag_ = false; }
  Raised(const Raised&) = delete;
  Raised& operator=(const Raised&) = delete;

 private:
  bool& flag_;
};

}  // namespace

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
  options->check_params(params);

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
  for (ParamGroup& group : param_groups()) {
    for (Tensor& p : group.params) {
      if (!p.grad().defined()) continue;
      if (set_to_none || detail::is_sparse(p.grad())) {
        p.zero_grad();
      } else {
        Tensor(p.grad()).zero_();
      }
    }
  }
}

void Optimizer::step() {
  const std::shared_ptr<detail::UsedGradients> used = innermost().used_;
  if (!used || used->busy) return do_step();
  const Raised busy(used->busy);
  used->check(name_, param_groups());
  do_step();
  used->remember(param_groups());
}

Tensor Optimizer::step_with(const std::function<Tensor()>& closure) {
  const std::shared_ptr<detail::UsedGradients> used = innermost().used_;
  if (!used || used->busy) return do_step(closure);
  const Raised busy(used->busy);
  Tensor loss = do_step(closure);
  used->remember(param_groups());
  return loss;
}

void Optimizer::set_error_if_gradient_reused(bool on) {
  innermost().used_ = on ? std::make_shared<detail::UsedGradients>() : nullptr;
}

void Optimizer::do_step() {
  const double scale = clip();
  for (const Phase phase : {Phase::Prepare, Phase::Run}) {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      if (phase == Phase::Prepare && groups_[g].params.size() != states_[g].size()) {
        fail<Error>(name_, "param group {} holds {} parameters but was made with {}; use add_param_group", g,
                    groups_[g].params.size(), states_[g].size());
      }
      GroupStep step{*this, name_, slot_names_, groups_[g], states_[g], phase, scale, clip_value_};
      if (!factors_.empty()) step.factors = &factors_[g];
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

/// The factor of all gradients; in factors_ those of single parameters and rows.
double Optimizer::clip() {
  constexpr double kOff = std::numeric_limits<double>::infinity();
  factors_.clear();
  clip_factor_ = 1;
  clip_limit_ = clip_value_ / factor_;
  if (!clips()) return factor_;
  check_sparse();
  if (agc_ == kOff && max_norm_ == kOff) return factor_;
  const NoGradGuard no_grad;
  const bool by_parameter = agc_ != kOff || clip_.per_parameter;
  std::vector<detail::Clipped> gradients;
  std::vector<detail::Factors*> factors;
  if (by_parameter) factors_.resize(groups_.size());
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (by_parameter) factors_[g].resize(groups_[g].params.size());
    for (std::size_t i = 0; i < groups_[g].params.size(); ++i) {
      const Tensor& p = groups_[g].params[i];
      if (!p.checked(name_).grad.defined()) continue;
      detail::Factors* const own = by_parameter ? &factors_[g][i] : nullptr;
      if (agc_ != kOff) *own = detail::agc_factors(name_, p, agc_, agc_options_, factor_);
      gradients.push_back({p.grad(), own});
      factors.push_back(own);
    }
  }
  if (max_norm_ == kOff) return factor_;
  grad_norm_ = factor_ * detail::norm_of(name_, gradients, clip_);
  if (!clip_.per_parameter) {
    clip_factor_ = detail::clip_factor(grad_norm_, max_norm_);
    return factor_ * clip_factor_;
  }
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const double factor = detail::clip_factor(factor_ * detail::norm_of(name_, {gradients[i]}, clip_), max_norm_);
    if (factors[i]->empty()) *factors[i] = {1};
    for (double& f : *factors[i]) f *= factor;
  }
  return factor_;
}

double Optimizer::clip_factor(const Tensor& p) const {
  const detail::Factors* factors = nullptr;
  for (std::size_t g = 0; g < factors_.size() && !factors; ++g) {
    for (std::size_t i = 0; i < factors_[g].size() && !factors; ++i) {
      if (groups_[g].params[i].impl() == p.impl()) factors = &factors_[g][i];
    }
  }
  const double whole = factors && factors->size() == 1 ? clip_factor_ * (*factors)[0] : clip_factor_;
  const bool by_rows = factors && factors->size() > 1;
  if (!by_rows && clip_limit_ == std::numeric_limits<double>::infinity()) return whole;

  const NoGradGuard no_grad;
  const auto length = [&](const Tensor& g) { return detail::norm_of(name_, {{g}}, {.error_if_nonfinite = false}); };
  const double before = p.grad().defined() ? length(p.grad()) : 0;
  if (!(before > 0)) return whole;
  Tensor g = p.grad().detach().contiguous().clone();
  if (by_rows) detail::apply_factors(g, *factors);
  return length(clamp(g * whole, -clip_limit_, clip_limit_)) / before;
}

void Optimizer::set_clip_agc(double clipping, const ClipAgcOptions& options) {
  detail::check_clip_agc(name_, clipping, options);
  agc_ = clipping;
  agc_options_ = options;
}

void Optimizer::set_clip_value(double clip_value) {
  detail::check_clip_value(name_, clip_value);
  clip_value_ = clip_value;
}

void Optimizer::check_sparse() const {
  for (const ParamGroup& group : groups_) {
    for (const Tensor& p : group.params) {
      if (p.defined() && p.grad().defined() && detail::is_sparse(p.grad()) && (clips() || !takes_sparse(group))) {
        fail<Error>(name_, "a sparse gradient is not supported{}, got one of shape {}",
                    clips() ? " where gradients are clipped"
                            : " with these options: of all optimizers SGD without momentum, Adagrad (both without "
                              "decay or penalty) and SparseAdam take it",
                    p.grad().shape());
      }
    }
  }
}

void Optimizer::set_clip_norm(double max_norm, const ClipGradNormOptions& options) {
  detail::check_clip(name_, max_norm, options);
  max_norm_ = max_norm;
  clip_ = options;
}

SlotSpec Optimizer::slot_spec(std::size_t, const Tensor& p, const ParamGroup&) const { return {p.shape(), p.dtype()}; }

void Optimizer::save_more(StateDict&) const {}

std::function<void()> Optimizer::load_more(const StateDict&, std::vector<std::string>&) { return {}; }

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
  bool fine = is_floating_point(p.dtype()) && g.dtype() == p.dtype() && g.shape() == p.shape();
  for (std::size_t s = 0; s < step.slot_names.size(); ++s) {
    const Tensor& slot = step.states[i].slots[s];
    const SlotSpec spec = step.optimizer.slot_spec(s, p, step.group);
    fine = fine && (!slot.defined() || (slot.dtype() == spec.dtype && slot.shape() == spec.shape));
  }
  if (fine) return;
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
    const SlotSpec spec = step.optimizer.slot_spec(s, p, step.group);
    if (slot.dtype() != spec.dtype) {
      fail<DTypeError>(step.owner, "state {} of {} is {}, the parameter {}: make the optimizer after Module::to",
                       step.slot_names[s], name, slot.dtype(), p.dtype());
    }
    if (!(slot.shape() == spec.shape)) {
      fail<ShapeError>(step.owner, "state {} of {} must have the shape {}, got {}", step.slot_names[s], name,
                       spec.shape, slot.shape());
    }
  }
}

bool prepare(GroupStep& step, std::span<const std::size_t> slots, std::span<const double> initial,
             bool starts_any_time) {
  if (step.phase == Phase::Slots) {
    for (const std::size_t s : slots) step.slots_used |= starts_any_time ? 0u : 1u << s;
    return false;
  }
  if (step.phase == Phase::Run) return true;
  unsigned used = 0;
  for (const std::size_t s : slots) used |= 1u << s;
  for (std::size_t i = 0; i < step.states.size(); ++i) {
    prefetch_headers(step.group.params, i);
    const TensorImpl& p = step.group.params[i].checked(step.owner);
    ParamState& state = step.states[i];
    state.has_gradient = p.grad.defined();
    if (!state.has_gradient) continue;
    const TensorImpl& g = *p.grad.impl();
    const bool block = p.contiguous && g.contiguous && !g.sparse;
    state.dtype = p.dtype;
    state.values = block ? p.data : nullptr;
    state.gradient = g.data;
    state.numel = p.numel;
    state.storage = p.storage.get();
    const std::uint64_t print = fingerprint(p);
    const bool known = state.fits == print && (state.ready & used) == used;
    if (known && fits(g, p) && !g.sparse) [[likely]]
      continue;
    check_parameter(step, i, p);
    for (std::size_t k = 0; k < slots.size(); ++k) {
      const std::size_t s = slots[k];
      if (state.slots[s].defined()) continue;
      const SlotSpec spec = step.optimizer.slot_spec(s, step.group.params[i], step.group);
      if (!spec.used) continue;
      const double value = k < initial.size() ? initial[k] : 0;
      state.slots[s] =
          value == 0 ? zeros(spec.shape, {.dtype = spec.dtype}) : full(spec.shape, value, {.dtype = spec.dtype});
      state.fresh |= 1u << s;
    }
    state.ready = state.fits == print ? state.ready | used : used;
    state.fits = print;
    for (std::size_t s = 0; s < state.slots.size() && s < state.data.size(); ++s)
      state.data[s] = state.slots[s].defined() ? state.slots[s].impl()->data : nullptr;
  }
  return false;
}

}  // namespace detail
}  // namespace descent::optim
