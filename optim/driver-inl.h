// For the optimizers' .cpp files: runs an elementwise rule over a param group, each parameter in one pass over memory.
//
// A rule is a class template over the element type. It is built once per step from the options and the step count t
// (and, where it asks for it, whether its first slot is new, or the ParamState with numbers of the parameter), holds
// its numbers in T, and has `void operator()(T& p, T g, T& slot…) const`.
//
// A rule that needs norms of the whole tensor also has `kSums`, `std::array<T, kSums> measure(T p, T g, T& slot…)
// const` and `void measured(const double* sums, ParamState&)`, which gets the sums of squares of what measure returned
// before the pass with operator().
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <span>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "../autograd/tensor_impl.h"
#include "../kernels/measure.h"
#include "../kernels/rule_math.h"
#include "layouts-inl.h"
#include "optimizer.h"
#include "rows-inl.h"
#include "sparse-inl.h"
#include "stages-inl.h"

namespace descent::optim {
namespace detail {

/// Throws, saying why gradient or state do not fit parameter i: Module::to changes parameters under an optimizer.
/// Returns where they do.
[[gnu::cold]] void misfit(const GroupStep& step, std::size_t i);

inline bool fits(const TensorImpl& t, const TensorImpl& p) { return t.dtype == p.dtype && t.shape == p.shape; }

/// Checks the gradient of parameter i, also that a sparse one is taken, and its slots.
inline void check_parameter(const GroupStep& step, std::size_t i, const TensorImpl& p) {
  bool fine = is_floating_point(p.dtype) && fits(*p.grad.impl(), p);
  for (const Tensor& slot : step.states[i].slots) fine = fine && (!slot.defined() || fits(*slot.impl(), p));
  if (!fine) [[unlikely]]
    misfit(step, i);
  if (p.grad.impl()->sparse) step.optimizer.check_sparse();
}

/// A number for type and shape, never 0.
inline std::uint64_t fingerprint(const TensorImpl& p) {
  std::uint64_t h = static_cast<std::uint64_t>(p.dtype) * 16 + p.shape.size() + 1;
  for (const std::int64_t n : p.shape) h = (h ^ (h >> 29) ^ static_cast<std::uint64_t>(n)) * 0x9e3779b97f4a7c15u;
  return h | 1;
}

/// Many small parameters lie all over the memory: what a loop over them reads of parameter and gradient soon, the first
/// cache line of each.
inline void prefetch_headers(const std::vector<Tensor>& params, std::size_t i) {
  constexpr std::size_t kAhead = 8;
  if (i + 2 * kAhead < params.size()) __builtin_prefetch(params[i + 2 * kAhead].impl());
  if (i + kAhead < params.size() && params[i + kAhead].defined())
    __builtin_prefetch(params[i + kAhead].impl()->grad.impl());
}
/// And their elements and slots.
inline void prefetch_elements(const std::vector<ParamState>& states, std::size_t i) {
  constexpr std::size_t kAhead = 12;
  if (i + kAhead >= states.size()) return;
  const ParamState& state = states[i + kAhead];
  __builtin_prefetch(state.storage, 1);
  __builtin_prefetch(state.values, 1);
  __builtin_prefetch(state.gradient);
  for (void* slot : state.data) __builtin_prefetch(slot, 1);
}

/// The phases Slots and Prepare for these slots; `initial` is what new ones are filled with, 0 where it is shorter.
/// True in Phase::Run.
bool prepare(GroupStep& step, std::span<const std::size_t> slots, std::span<const double> initial,
             bool starts_any_time = false);

/// Is a rule built from these?
template <class Rule, class O, class... More>
inline constexpr bool takes = std::is_constructible_v<Rule, const O&, std::int64_t, More...>;

/// Rules that hold numbers of one parameter are built for each.
template <class Rule, class O>
inline constexpr bool per_parameter = takes<Rule, O, ParamState&>;

template <class Rule, class O>
Rule make_rule(const O& options, std::int64_t t, bool fresh, ParamState& state) {
  if constexpr (per_parameter<Rule, O>)
    return Rule(options, t, state);
  else if constexpr (takes<Rule, O, bool>)
    return Rule(options, t, fresh);
  else
    return Rule(options, t);
}

/// The number that a slot holds for a whole tensor, kept in double.
inline double& number_of(ParamState& state, std::size_t slot) { return *autograd::data_of<double>(state.slots[slot]); }

/// n elements without gaps: for a rule that measures, a pass that sums, then the pass that updates.
template <class T, class Rule, class... Slots>
void apply_block(Rule& rule, std::int64_t n, T* values, const T* gradient, ParamState& state, Slots*... slots) {
  if constexpr (Measures<Rule>) {
    double sums[Rule::kSums];
    kernels::measure(rule, n, static_cast<const T*>(values), gradient, sums, slots...);
    rule.measured(sums, state);
  }
  kernels::update(rule, n, values, gradient, slots...);
}

/// One parameter, however it lies in memory.
template <class T, class Rule, class... Slots>
void apply(Rule& rule, const Tensor& p, const Tensor& g, ParamState& state, Slots*... slots) {
  if constexpr (Measures<Rule>) {
    Dense dense(p, g);
    apply_block(rule, p.numel(), autograd::data_of<T>(dense.p()), autograd::data_of<const T>(dense.g()), state,
                slots...);
    dense.finish();
  } else if (is_sparse(g)) {
    update_rows<T>(rule, p, g, slots...);
  } else {
    update_parameter<T>(rule, p, g, slots...);
  }
}

/// Runs the rule over the parameters of type T. True where there are others.
template <class T, template <class> class Rule, std::size_t... Slot, class O>
bool run_group(GroupStep& step, const O& options, const Stages& all_stages, unsigned used) {
  std::int64_t made_for = -1;  // parameters that were updated equally often share a rule
  bool made_fresh = false;
  std::optional<Rule<T>> rule;
  bool others = false;
  const bool alike = !all_stages.exclude_1d && all_stages.group == 0 && !step.factors;
  Stages stages = all_stages;
  stages.scale *= step.scale;
  static_assert(((Slot < std::tuple_size_v<decltype(ParamState::data)>)&&...));
  for (std::size_t i = 0; i < step.states.size(); ++i) {
    prefetch_elements(step.states, i);
    ParamState& state = step.states[i];
    if (!state.has_gradient) continue;
    if (state.dtype != dtype_of<T>()) {
      others = true;
      continue;
    }
    const Tensor& p = step.group.params[i];
    if (!alike) stages = all_stages.of(p, step.scale_of(i));
    const std::span<const double> factors = step.rows_of(i);
    const std::int64_t t = ++state.step;
    const bool fresh = state.fresh & 1;
    if (t != made_for || fresh != made_fresh || per_parameter<Rule<T>, O>) {
      rule.emplace(make_rule<Rule<T>>(options, t, fresh, state));
      made_for = t;
      made_fresh = fresh;
    }
    const auto run = [&](auto& around) {
      if (state.values) {
        state.storage->written();
        apply_block(around, state.numel, static_cast<T*>(state.values), static_cast<const T*>(state.gradient), state,
                    static_cast<T*>(state.data[Slot])...);
      } else {
        apply<T>(around, p, p.grad(), state, static_cast<T*>(state.data[Slot])...);
      }
    };
    if (!factors.empty() || stages.group > 0) {
      apply_rows<T>(*rule, stages, factors, p, p.grad(), state, static_cast<T*>(state.data[Slot])...);
    } else if (stages.none()) {
      run(*rule);
    } else {
      auto around = staged<T>(stages, *rule);
      run(around);
    }
    state.fresh &= ~used;
  }
  return others;
}

}  // namespace detail

/// Where ε stands: √(v·c + inside) + outside for a root of v corrected by the factor c. See kEpsModes.
struct Eps {
  double inside, outside;
  /// `correction` c is taken out of the root, √(v + inside)·√c.
  template <class O>
  static Eps of(const O& o, double correction = 1) {
    return o.eps_mode == "inside" ? Eps{o.eps / correction, 0} : Eps{0, o.eps};
  }
};

/// Carries out one phase of a step with a rule whose operator() takes the slots of the numbers Slot (indices into
/// kSlots); `extra` are slots that it reaches through ParamState. New slots are filled with `initial`, first those of
/// Slot and then the extra ones, 0 where it is shorter.
template <template <class> class Rule, std::size_t... Slot, class O>
void run(GroupStep& step, const O& options, Stages stages, std::initializer_list<double> initial = {},
         std::initializer_list<std::size_t> extra = {}) {
  std::array<std::size_t, 8> slots{Slot...};
  std::size_t count = sizeof...(Slot);
  for (const std::size_t s : extra) slots[count++] = s;
  stages.limit = step.limit;
  constexpr bool starts_any_time = detail::takes<Rule<double>, O, bool>;
  if (!detail::prepare(step, {slots.data(), count}, {initial.begin(), initial.size()}, starts_any_time)) return;
  unsigned used = 0;
  for (std::size_t k = 0; k < count; ++k) used |= 1u << slots[k];
  if (step.states.empty()) return;
  if (step.group.params[0].impl()->dtype == float64) {
    if (detail::run_group<double, Rule, Slot...>(step, options, stages, used))
      detail::run_group<float, Rule, Slot...>(step, options, stages, used);
  } else if (detail::run_group<float, Rule, Slot...>(step, options, stages, used)) {
    detail::run_group<double, Rule, Slot...>(step, options, stages, used);
  }
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
