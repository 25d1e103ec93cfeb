#include "novograd.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct NovoGradRule {
  static constexpr int kSums = 1;
  T lr, beta1, gain, weight_decay, scale = 0;
  double beta2, eps;
  bool first;
  NovoGradRule(const NovoGradOptions& o, std::int64_t t)
      : lr(T(o.lr)),
        beta1(T(o.betas.first)),
        gain(T(o.grad_averaging ? 1 - o.betas.first : 1)),
        weight_decay(T(o.weight_decay)),
        beta2(o.betas.second),
        eps(o.eps),
        first(t == 1) {}
  std::array<T, 1> measure(T, T g, T&) const { return {g}; }
  void measured(const double* sums, ParamState& state) {
    double& v = detail::number_of(state, 1);
    v = kernels::flush(first ? sums[0] : beta2 * v + (1 - beta2) * sums[0]);
    const double d = std::sqrt(v) + eps;
    scale = T(d > 0 ? 1 / d : 0);  // all gradients were zero
  }
  void operator()(T& p, T g, T& m) const {
    m = kernels::flush(beta1 * m + gain * (scale * g + weight_decay * p));
    p -= lr * m;
  }
};

}  // namespace

template class OptimizerWith<NovoGradOptions>;

SlotSpec NovoGrad::slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const {
  if (slot == 1) return {Shape(), float64};
  return Optimizer::slot_spec(slot, p, group);
}

void NovoGrad::update(GroupStep& step) {
  const auto& o = step.group.options<NovoGradOptions>();
  run<NovoGradRule, 0>(step, o, {.scale = o.maximize ? -1.0 : 1.0}, {}, {1});
}

}  // namespace descent::optim
