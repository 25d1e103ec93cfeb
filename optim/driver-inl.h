// For the optimizers' .cpp files: runs an elementwise rule over a param group, each parameter in one pass over memory.
//
// A rule is a class template over the element type. It is built once per step from the options and the step count t
// (and, where it asks for it, whether its first slot is new), holds its numbers in T, and has
// `void operator()(T& p, T g, T& slot…) const`.
#pragma once

#include <array>
#include <cmath>
#include <optional>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "../autograd/tensor_impl.h"
#include "../kernels/update.h"
#include "optimizer.h"

namespace descent::optim {

/// What happens to an element around the rule, in this order:
///   g ← scale·g + weight_decay·p        maximize and clipping, coupled (L2) decay
///   p ← decay·p                         decoupled decay
///   rule
///   p ← sign(p)·max(|p| − l1, 0)        proximal step of an L1 penalty
struct Stages {
  double scale = 1;
  double weight_decay = 0;
  double decay = 1;
  double l1 = 0;
  bool none() const { return scale == 1 && weight_decay == 0 && decay == 1 && l1 == 0; }
};

template <class T, class Rule>
struct StagedRule {
  T scale, weight_decay, decay, l1;
  Rule rule;

  template <class... Slots>
  void operator()(T& p, T g, Slots&... slots) const {
    g = scale * g + weight_decay * p;
    p *= decay;
    rule(p, g, slots...);
    p = std::abs(p) <= l1 ? T(0) : p - std::copysign(l1, p);
  }
};

namespace detail {

/// Walks a strided tensor in row-major order.
class Walker {
 public:
  explicit Walker(const Tensor& t) : shape_(t.shape()), strides_(t.strides()), index_(t.shape()) {
    for (int i = 0; i < index_.dim(); ++i) index_[static_cast<std::size_t>(i)] = 0;
  }
  std::int64_t offset() const { return offset_; }
  void next() {
    for (int i = shape_.dim() - 1; i >= 0; --i) {
      const auto d = static_cast<std::size_t>(i);
      offset_ += strides_[d];
      if (++index_[d] < shape_[d]) return;
      offset_ -= strides_[d] * shape_[d];
      index_[d] = 0;
    }
  }

 private:
  Shape shape_, strides_, index_;
  std::int64_t offset_ = 0;
};

/// The update where parameter or gradient has gaps: block by block through contiguous buffers.
template <class T, class Rule, class... Slots>
void update_strided(const Rule& rule, const Tensor& p, const Tensor& g, Slots*... slots) {
  constexpr std::int64_t kBlock = 256;
  T values[kBlock], gradients[kBlock];
  T* const target = autograd::data_of<T>(p);
  const T* const source = autograd::data_of<T>(g);
  Walker read(p), write(p), gradient(g);
  for (std::int64_t begin = 0, n = p.numel(); begin < n; begin += kBlock) {
    const std::int64_t count = n - begin < kBlock ? n - begin : kBlock;
    for (std::int64_t i = 0; i < count; ++i, read.next(), gradient.next()) {
      values[i] = target[read.offset()];
      gradients[i] = source[gradient.offset()];
    }
    kernels::update(rule, count, values, gradients, (slots + begin)...);
    for (std::int64_t i = 0; i < count; ++i, write.next()) target[write.offset()] = values[i];
  }
}

template <class T, class Rule, class... Slots>
void update_parameter(const Rule& rule, const Tensor& p, const Tensor& g, Slots*... slots) {
  TensorImpl& target = *p.impl();
  target.storage->written();
  if (target.contiguous && g.impl()->contiguous) [[likely]] {
    const T* gradient = autograd::data_of<T>(g);
    kernels::update(rule, target.numel, autograd::data_of<T>(p), gradient, slots...);
  } else {
    update_strided<T>(rule, p, g, slots...);
  }
}

/// Throws, saying why gradient or state do not fit parameter i: Module::to changes parameters under an optimizer.
[[noreturn, gnu::cold]] void misfit(const GroupStep& step, std::size_t i);

inline void check_parameter(const GroupStep& step, std::size_t i, const TensorImpl& p) {
  const auto fits = [&](const Tensor& t) { return t.impl()->dtype == p.dtype && t.impl()->shape == p.shape; };
  bool fine = is_floating_point(p.dtype) && fits(p.grad);
  for (const Tensor& slot : step.states[i].slots) fine = fine && (!slot.defined() || fits(slot));
  if (!fine) [[unlikely]]
    misfit(step, i);
}

template <class Rule, class O>
Rule make_rule(const O& options, std::int64_t t, bool fresh) {
  if constexpr (std::is_constructible_v<Rule, const O&, std::int64_t, bool>)
    return Rule(options, t, fresh);
  else
    return Rule(options, t);
}

template <class T, template <class> class Rule, std::size_t... Slot, class O>
void run_group(GroupStep& step, const O& options, const Stages& stages) {
  std::int64_t made_for = -1;  // parameters that were updated equally often share a rule
  bool made_fresh = false;
  std::optional<Rule<T>> rule;
  for (std::size_t i = 0; i < step.states.size(); ++i) {
    const Tensor& p = step.group.params[i];
    const Tensor& g = p.impl()->grad;
    if (!g.defined() || p.impl()->dtype != dtype_of<T>()) continue;
    ParamState& state = step.states[i];
    const std::int64_t t = ++state.step;
    const bool fresh = state.fresh & 1;
    if (t != made_for || fresh != made_fresh) {
      rule.emplace(make_rule<Rule<T>>(options, t, fresh));
      made_for = t;
      made_fresh = fresh;
    }
    if (stages.none()) {
      update_parameter<T>(*rule, p, g, autograd::data_of<T>(state.slots[Slot])...);
    } else {
      const StagedRule<T, Rule<T>> staged{T(stages.scale), T(stages.weight_decay), T(stages.decay), T(stages.l1),
                                          *rule};
      update_parameter<T>(staged, p, g, autograd::data_of<T>(state.slots[Slot])...);
    }
    state.fresh &= ~(0u | ... | (1u << Slot));
  }
}

}  // namespace detail

/// Carries out one phase of a step with a rule that uses the slots of the given numbers (indices into kSlots). New
/// slots are filled with `initial`.
template <template <class> class Rule, std::size_t... Slot, class O>
void run(GroupStep& step, const O& options, Stages stages, double initial = 0) {
  if (step.phase == Phase::Slots) {
    constexpr bool starts_any_time = std::is_constructible_v<Rule<double>, const O&, std::int64_t, bool>;
    step.slots_used = starts_any_time ? 0u : (0u | ... | (1u << Slot));
    return;
  }
  bool has[2] = {false, false};
  for (std::size_t i = 0; i < step.states.size(); ++i) {
    const TensorImpl& p = step.group.params[i].checked(step.owner);
    if (!p.grad.defined()) continue;
    has[p.dtype == float64] = true;
    if (step.phase == Phase::Run) continue;
    detail::check_parameter(step, i, p);
    ParamState& state = step.states[i];
    for (const std::size_t s : std::array<std::size_t, sizeof...(Slot)>{Slot...}) {
      if (state.slots[s].defined()) continue;
      state.slots[s] = initial == 0 ? zeros(p.shape, {.dtype = p.dtype}) : full(p.shape, initial, {.dtype = p.dtype});
      state.fresh |= 1u << s;
    }
  }
  if (step.phase == Phase::Prepare) return;
  stages.scale *= step.scale;
  if (has[0]) detail::run_group<float, Rule, Slot...>(step, options, stages);
  if (has[1]) detail::run_group<double, Rule, Slot...>(step, options, stages);
}

template <class O>
OptimizerWith<O>::OptimizerWith(const std::vector<Tensor>& params, const O& options)
    : Optimizer(O::kName, {O::kSlots.begin(), O::kSlots.end()}), defaults_(options) {
  if (params.empty()) empty_list();
  add_group(params, std::make_shared<OptionsOf<O>>(options));
}

template <class O>
OptimizerWith<O>::OptimizerWith(const std::vector<Group<O>>& groups, const O& options)
    : Optimizer(O::kName, {O::kSlots.begin(), O::kSlots.end()}), defaults_(options) {
  if (groups.empty()) empty_list();
  OptionsOf<O>(options).check();
  for (const Group<O>& group : groups) add_param_group(group);
}

template <class O>
void OptimizerWith<O>::add_param_group(const Group<O>& group) {
  auto options = std::make_shared<OptionsOf<O>>(defaults_);
  if (group.change) group.change(options->value);
  add_group(group.params, std::move(options));
}

}  // namespace descent::optim
