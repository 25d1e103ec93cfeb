#include "adopt.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct ADOPTRule {
  T lr, beta1, rest1, beta2, rest2, eps, limit, decay;
  ADOPTRule(const ADOPTOptions& o, std::int64_t t)
      : lr(T(o.lr)),
        beta1(T(o.betas.first)),
        rest1(T(1 - o.betas.first)),
        beta2(T(o.betas.second)),
        rest2(T(1 - o.betas.second)),
        eps(T(o.eps)),
        limit(o.clip ? T(std::pow(static_cast<double>(t - 1), 0.25)) : std::numeric_limits<T>::infinity()),
        decay(T(o.decoupled_weight_decay ? 1 - o.lr * o.weight_decay : 1)) {
    if (t > 1) return;  // v ← g², the rest as it is
    lr = rest1 = beta2 = limit = 0;
    rest2 = beta1 = decay = 1;
  }
  void operator()(T& p, T g, T& m, T& v) const {
    const T root = kernels::sqrt(v), c = g / (root < eps ? eps : root);
    m = kernels::flush(beta1 * m + rest1 * (c < -limit ? -limit : c > limit ? limit : c));
    p = p * decay - lr * m;
    v = kernels::flush(beta2 * v + rest2 * g * g);
  }
};

}  // namespace

template class OptimizerWith<ADOPTOptions>;

void ADOPT::update(GroupStep& step) {
  const auto& o = step.group.options<ADOPTOptions>();
  Stages stages = stages_of(o);
  stages.decay = 1;  // the first step does not decay: in the rule
  run<ADOPTRule, 0, 1>(step, o, stages);
}

}  // namespace descent::optim
