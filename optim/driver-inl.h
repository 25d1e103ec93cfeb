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
#include <cmath>
#include <initializer_list>
#include <optional>
#include <span>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "../autograd/tensor_impl.h"
#include "../kernels/measure.h"
#include "../kernels/rule_math.h"
#include "../kernels/update.h"
#include "optimizer.h"
#include "sparse-inl.h"

namespace descent::optim {

/// What happens to an element around the rule, in this order:
///   g ← scale·g + weight_decay·p        maximize and clipping, coupled (L2) decay
///   p ← decay·p                         decoupled decay
///   rule
///   p ← sign(p)·max(|p| − l1, 0)        proximal step of an L1 penalty
///   p_r ← p_r·max(1 − group/‖p_r‖₂, 0)  proximal step of a group lasso, for each row r: in a pass of its own
struct Stages {
  double scale = 1;
  double weight_decay = 0;
  double decay = 1;
  double l1 = 0;
  double group = 0;
  bool exclude_1d = false;  ///< parameters with dim() <= 1 get neither decay nor penalties
  Stages of(const Tensor& p) const { return exclude_1d && p.dim() <= 1 ? Stages{.scale = scale} : *this; }
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

template <class T, class Rule>
struct StagedMeasure : StagedRule<T, Rule> {
  static constexpr int kSums = Rule::kSums;
  template <class... Slots>
  auto measure(T p, T g, Slots&... slots) const {
    return this->rule.measure(this->decay * p, this->scale * g + this->weight_decay * p, slots...);
  }
  void measured(const double* sums, ParamState& state) { this->rule.measured(sums, state); }
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

/// A gradient or parameter with gaps as a contiguous copy, written back by finish(). Only steps that need sums over a
/// tensor copy; elementwise ones go block by block.
class Dense {
 public:
  Dense(const Tensor& p, const Tensor& g) : target_(p), p_(p.impl()->contiguous ? p : p.detach().contiguous()) {
    g_ = g.impl()->contiguous ? g : g.detach().contiguous();
  }
  const Tensor& p() const { return p_; }
  const Tensor& g() const { return g_; }
  void finish() {
    target_.impl()->storage->written();
    if (p_.impl() != target_.impl()) Tensor(target_.detach()).copy_(p_);
  }

 private:
  NoGradGuard no_grad_;
  const Tensor& target_;
  Tensor p_, g_;
};

/// The update of the rows that a sparse gradient holds, in p and state.
template <class T, class Rule, class... Slots>
void update_rows(const Rule& rule, const Tensor& p, const Tensor& g, Slots*... slots) {
  const Tensor values = g.values().contiguous(), indices = g.indices().contiguous();
  const std::int64_t rows = indices.numel(), n = rows == 0 ? 0 : values.numel() / rows;
  if (n == 0) return;
  Dense dense(p, p);
  T* const target = autograd::data_of<T>(dense.p());
  const T* const gradient = autograd::data_of<T>(values);
  const std::int64_t* const at = autograd::data_of<std::int64_t>(indices);
  for (std::int64_t k = 0; k < rows; ++k) {
    const std::int64_t begin = at[k] * n;
    kernels::update(rule, n, target + begin, gradient + k * n, (slots + begin)...);
  }
  dense.finish();
}

/// p_r ← p_r·max(1 − threshold/‖p_r‖₂, 0) for each row r of p, all dims but the first.
void shrink_rows(const Tensor& p, double threshold);

/// Throws, saying why gradient or state do not fit parameter i: Module::to changes parameters under an optimizer.
/// Returns where they do.
[[gnu::cold]] void misfit(const GroupStep& step, std::size_t i);

inline void check_parameter(const GroupStep& step, std::size_t i, const TensorImpl& p) {
  const auto fits = [&](const Tensor& t) { return t.impl()->dtype == p.dtype && t.impl()->shape == p.shape; };
  bool fine = is_floating_point(p.dtype) && fits(p.grad);
  for (const Tensor& slot : step.states[i].slots) fine = fine && (!slot.defined() || fits(slot));
  if (!fine) [[unlikely]]
    misfit(step, i);
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

template <class Rule>
concept Measures = requires {
  Rule::kSums;
};

template <class T, class Rule, bool measures>
struct StagedAs {
  struct type : StagedRule<T, Rule> {};
};
template <class T, class Rule>
struct StagedAs<T, Rule, true> {
  using type = StagedMeasure<T, Rule>;
};

/// One parameter: for a rule that measures, a pass that sums, then the pass that updates.
template <class T, class Rule, class... Slots>
void apply(Rule& rule, const Tensor& p, const Tensor& g, ParamState& state, Slots*... slots) {
  if constexpr (Measures<Rule>) {
    Dense dense(p, g);
    T* const values = autograd::data_of<T>(dense.p());
    const T* const gradient = autograd::data_of<T>(dense.g());
    const std::int64_t n = p.numel();
    double sums[Rule::kSums];
    kernels::measure(rule, n, static_cast<const T*>(values), gradient, sums, slots...);
    rule.measured(sums, state);
    kernels::update(rule, n, values, gradient, slots...);
    dense.finish();
  } else if (is_sparse(g)) {
    update_rows<T>(rule, p, g, slots...);
  } else {
    update_parameter<T>(rule, p, g, slots...);
  }
}

template <class T, template <class> class Rule, std::size_t... Slot, class O>
void run_group(GroupStep& step, const O& options, const Stages& all_stages, unsigned used) {
  std::int64_t made_for = -1;  // parameters that were updated equally often share a rule
  bool made_fresh = false;
  std::optional<Rule<T>> rule;
  for (std::size_t i = 0; i < step.states.size(); ++i) {
    const Tensor& p = step.group.params[i];
    const Tensor& g = p.impl()->grad;
    if (!g.defined() || p.impl()->dtype != dtype_of<T>()) continue;
    ParamState& state = step.states[i];
    const Stages stages = all_stages.of(p);
    const std::int64_t t = ++state.step;
    const bool fresh = state.fresh & 1;
    if (t != made_for || fresh != made_fresh || per_parameter<Rule<T>, O>) {
      rule.emplace(make_rule<Rule<T>>(options, t, fresh, state));
      made_for = t;
      made_fresh = fresh;
    }
    if (stages.none()) {
      apply<T>(*rule, p, g, state, autograd::data_of<T>(state.slots[Slot])...);
    } else {
      using Staged = typename StagedAs<T, Rule<T>, Measures<Rule<T>>>::type;
      Staged staged{{T(stages.scale), T(stages.weight_decay), T(stages.decay), T(stages.l1), *rule}};
      apply<T>(staged, p, g, state, autograd::data_of<T>(state.slots[Slot])...);
    }
    if (stages.group > 0) shrink_rows(p, stages.group);
    state.fresh &= ~used;
  }
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

/// The stages that options of the usual names ask for: maximize, weight_decay, decoupled_weight_decay.
template <class O>
Stages stages_of(const O& o) {
  Stages stages{.scale = o.maximize ? -1.0 : 1.0};
  bool decoupled = false;
  if constexpr (requires { o.decoupled_weight_decay; }) decoupled = o.decoupled_weight_decay;
  if (decoupled) {
    stages.decay = 1 - o.lr * o.weight_decay;
  } else {
    stages.weight_decay = o.weight_decay;
  }
  if constexpr (requires { o.exclude_1d; }) stages.exclude_1d = o.exclude_1d;
  return stages;
}

/// Carries out one phase of a step with a rule whose operator() takes the slots of the numbers Slot (indices into
/// kSlots); `extra` are slots that it reaches through ParamState. New slots are filled with `initial`, first those of
/// Slot and then the extra ones, 0 where it is shorter.
template <template <class> class Rule, std::size_t... Slot, class O>
void run(GroupStep& step, const O& options, Stages stages, std::initializer_list<double> initial = {},
         std::initializer_list<std::size_t> extra = {}) {
  std::array<std::size_t, 8> slots{Slot...};
  std::size_t count = sizeof...(Slot);
  for (const std::size_t s : extra) slots[count++] = s;
  constexpr bool starts_any_time = detail::takes<Rule<double>, O, bool>;
  if (!detail::prepare(step, {slots.data(), count}, {initial.begin(), initial.size()}, starts_any_time)) return;
  stages.scale *= step.scale;
  bool has[2] = {false, false};
  for (const Tensor& p : step.group.params) has[p.impl()->dtype == float64] |= p.impl()->grad.defined();
  unsigned used = 0;
  for (std::size_t k = 0; k < count; ++k) used |= 1u << slots[k];
  if (has[0]) detail::run_group<float, Rule, Slot...>(step, options, stages, used);
  if (has[1]) detail::run_group<double, Rule, Slot...>(step, options, stages, used);
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
