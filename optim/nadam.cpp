#include "nadam.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct NAdamRule {
  T beta1, rest1, beta2, rest2, inside, outside, k;
  T gain_m, gain_g;  // factors of m and g in the step
  NAdamRule(const NAdamOptions& o, std::int64_t step, ParamState& state)
      : beta1(T(o.betas.first)), rest1(T(1 - o.betas.first)), beta2(T(o.betas.second)), rest2(T(1 - o.betas.second)) {
    const double t = static_cast<double>(step);
    const auto mu = [&](double i) { return o.betas.first * (1 - 0.5 * std::pow(0.96, i * o.momentum_decay)); };
    double& product = detail::number_of(state, 2);
    product *= mu(t);
    gain_m = T(o.lr * mu(t + 1) / (1 - product * mu(t + 1)));
    gain_g = T(o.lr * (1 - mu(t)) / (1 - product));
    const double c2 = 1 - std::pow(o.betas.second, t);
    k = T(1 / std::sqrt(c2));
    inside = T(Eps::of(o, 1 / c2).inside);
    outside = T(Eps::of(o, 1 / c2).outside);
  }
  void operator()(T& p, T g, T& m, T& v) const {
    m = kernels::flush(beta1 * m + rest1 * g);
    v = kernels::flush(beta2 * v + rest2 * g * g);
    p -= (gain_m * m + gain_g * g) / (kernels::sqrt(v + inside) * k + outside);
  }
};

}  // namespace

template class OptimizerWith<NAdamOptions>;

SlotSpec NAdam::slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const {
  if (slot == 2) return {Shape(), float64};
  return Optimizer::slot_spec(slot, p, group);
}

void NAdam::update(GroupStep& step) {
  const auto& o = step.group.options<NAdamOptions>();
  run<NAdamRule, 0, 1>(step, o, stages_of(o), {0, 0, 1}, {2});
}

}  // namespace descent::optim
