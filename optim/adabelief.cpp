#include "adabelief.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct AdaBeliefRule {
  T beta1, rest1, beta2, rest2, eps, a, k;
  AdaBeliefRule(const AdaBeliefOptions& o, std::int64_t t)
      : beta1(T(o.betas.first)),
        rest1(T(1 - o.betas.first)),
        beta2(T(o.betas.second)),
        rest2(T(1 - o.betas.second)),
        eps(T(o.eps)) {
    const double steps = static_cast<double>(t);
    a = T(o.bias_correction ? o.lr / (1 - std::pow(o.betas.first, steps)) : o.lr);
    k = T(o.bias_correction ? 1 / std::sqrt(1 - std::pow(o.betas.second, steps)) : 1);
  }
  void operator()(T& p, T g, T& m, T& s) const {
    m = kernels::flush(beta1 * m + rest1 * g);
    s = kernels::flush(beta2 * s + rest2 * (g - m) * (g - m) + eps);
    p -= a * m / (kernels::sqrt(s) * k + eps);
  }
};

}  // namespace

template class OptimizerWith<AdaBeliefOptions>;

void AdaBelief::update(GroupStep& step) {
  const auto& o = step.group.options<AdaBeliefOptions>();
  run<AdaBeliefRule, 0, 1>(step, o, stages_of(o));
}

}  // namespace descent::optim
