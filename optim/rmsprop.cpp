#include "rmsprop.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

/// v ← alpha·v + (1 − alpha)·g²;   d = √v + eps;   p ← p − lr·g/d
template <class T>
struct RMSpropRule {
  T lr, alpha, rest, inside, outside, momentum;
  RMSpropRule(const RMSpropOptions& o, std::int64_t)
      : lr(T(o.lr)),
        alpha(T(o.alpha)),
        rest(T(1 - o.alpha)),
        inside(T(Eps::of(o).inside)),
        outside(T(Eps::of(o).outside)),
        momentum(T(o.momentum)) {}

  T root(T g, T& v) const {
    v = kernels::flush(alpha * v + rest * g * g);
    return kernels::sqrt(v + inside) + outside;
  }
  void operator()(T& p, T g, T& v) const { p -= lr * g / root(g, v); }
};

/// b ← momentum·b + g/d;   p ← p − lr·b
template <class T>
struct RMSpropMomentumRule : RMSpropRule<T> {
  using RMSpropRule<T>::RMSpropRule;
  void operator()(T& p, T g, T& v, T& b) const {
    b = kernels::flush(this->momentum * b + g / this->root(g, v));
    p -= this->lr * b;
  }
};

/// a ← alpha·a + (1 − alpha)·g;   d = √(v − a²) + eps;   p ← p − lr·g/d
template <class T>
struct CenteredRule : RMSpropRule<T> {
  using RMSpropRule<T>::RMSpropRule;
  T deviation(T g, T& v, T& a) const {
    v = kernels::flush(this->alpha * v + this->rest * g * g);
    a = kernels::flush(this->alpha * a + this->rest * g);
    const T variance = v - a * a;
    return kernels::sqrt((variance < 0 ? T(0) : variance) + this->inside) + this->outside;  // rounding: just below 0
  }
  void operator()(T& p, T g, T& v, T& a) const { p -= this->lr * g / deviation(g, v, a); }
};

/// The centered d with momentum.
template <class T>
struct CenteredMomentumRule : CenteredRule<T> {
  using CenteredRule<T>::CenteredRule;
  void operator()(T& p, T g, T& v, T& a, T& b) const {
    b = kernels::flush(this->momentum * b + g / this->deviation(g, v, a));
    p -= this->lr * b;
  }
};

}  // namespace

template class OptimizerWith<RMSpropOptions>;

void RMSprop::update(GroupStep& step) {
  const auto& o = step.group.options<RMSpropOptions>();
  const Stages stages = stages_of(o);
  if (o.centered && o.momentum > 0) return run<CenteredMomentumRule, 0, 1, 2>(step, o, stages);
  if (o.centered) return run<CenteredRule, 0, 1>(step, o, stages);
  if (o.momentum > 0) return run<RMSpropMomentumRule, 0, 2>(step, o, stages);
  run<RMSpropRule, 0>(step, o, stages);
}

}  // namespace descent::optim
