#include "asgd.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct ASGDRule {
  T eta, decay, mu;
  bool follow;  // ax = p as long as nothing is averaged
  ASGDRule(const ASGDOptions& o, std::int64_t t, ParamState& state) {
    double& next_eta = detail::number_of(state, 0);
    double& next_mu = detail::number_of(state, 1);
    eta = T(next_eta);
    decay = T(1 - o.lambd * next_eta);
    mu = T(next_mu);
    follow = next_mu == 1;
    const double steps = static_cast<double>(t);
    next_eta = o.lr / std::pow(1 + o.lambd * o.lr * steps, o.alpha);
    next_mu = 1 / std::max(1.0, steps - o.t0);
  }
  void operator()(T& p, T g, T& ax) const {
    p = p * decay - eta * g;
    ax = follow ? p : ax + (p - ax) * mu;
  }
};

}  // namespace

template class OptimizerWith<ASGDOptions>;

SlotSpec ASGD::slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const {
  if (slot == 2) return Optimizer::slot_spec(slot, p, group);
  return {Shape(), float64};
}

void ASGD::update(GroupStep& step) {
  const auto& o = step.group.options<ASGDOptions>();
  run<ASGDRule, 2>(step, o, stages_of(o), {0, o.lr, 1}, {0, 1});
}

}  // namespace descent::optim
