// What happens to an element before and after an elementwise rule: scaling, decay, the proximal step of a penalty.
#pragma once

#include <cmath>
#include <limits>
#include <utility>

#include "optimizer.h"

namespace descent::optim {

/// What happens to an element around the rule, in this order:
///   g ← cut(scale·g) + weight_decay·p   maximize and clipping, also to [−limit, limit], coupled (L2) decay
///   p ← decay·p                         decoupled decay
///   rule
///   p ← sign(p)·max(|p| − l1, 0)        proximal step of an L1 penalty
///   p_r ← p_r·max(1 − group/‖p_r‖₂, 0)  proximal step of a group lasso, for each row r, while it is in the cache
struct Stages {
  double scale = 1;
  double weight_decay = 0;
  double decay = 1;
  double l1 = 0;
  double group = 0;
  bool exclude_1d = false;  ///< parameters with dim() <= 1 get neither decay nor penalties
  double limit = std::numeric_limits<double>::infinity();
  /// For one parameter, whose gradient has a factor of its own. A row of a vector is an element: there both penalties
  /// are one.
  Stages of(const Tensor& p, double factor) const {
    Stages own = exclude_1d && p.dim() <= 1 ? Stages{.scale = scale, .limit = limit} : *this;
    own.scale *= factor;
    if (p.dim() <= 1) own.l1 += std::exchange(own.group, 0);
    return own;
  }
  bool none() const {
    return scale == 1 && weight_decay == 0 && decay == 1 && l1 == 0 && limit == std::numeric_limits<double>::infinity();
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

namespace detail {

/// An element of a gradient as a step takes it; a NaN stays.
template <class T>
struct Taken {
  T scale, limit;
  T operator()(T g) const {
    g *= scale;
    g = limit < g ? limit : g;  // in this form one instruction, and as many for the other side
    return -limit > g ? -limit : g;
  }
};

/// Rules that need norms of the whole tensor first.
template <class Rule>
concept Measures = requires {
  Rule::kSums;
};

template <class T, class Rule>
struct StagedRule {
  Taken<T> take;
  T weight_decay, decay, l1;
  Rule rule;

  template <class... Slots>
  void operator()(T& p, T g, Slots&... slots) const {
    g = take(g) + weight_decay * p;
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
    return this->rule.measure(this->decay * p, this->take(g) + this->weight_decay * p, slots...);
  }
  void measured(const double* sums, ParamState& state) { this->rule.measured(sums, state); }
};

/// The rule with its stages around it.
template <class T, class Rule>
auto staged(const Stages& stages, const Rule& rule) {
  StagedRule<T, Rule> around{
      {T(stages.scale), T(stages.limit)}, T(stages.weight_decay), T(stages.decay), T(stages.l1), rule};
  if constexpr (Measures<Rule>)
    return StagedMeasure<T, Rule>{around};
  else
    return around;
}

}  // namespace detail
}  // namespace descent::optim
