#include "ademamix.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct AdEMAMixRule {
  T beta1, rest1, beta2, rest2, beta3, rest3, alpha, a1, lr, k, inside, outside;
  AdEMAMixRule(const AdEMAMixOptions& o, std::int64_t step)
      : beta1(T(o.betas.first)),
        rest1(T(1 - o.betas.first)),
        beta2(T(o.betas.second)),
        rest2(T(1 - o.betas.second)),
        lr(T(o.lr)) {
    const double t = static_cast<double>(step);
    double slow = o.beta3, weight = o.alpha;
    if (step < o.alpha_warmup) weight *= t / static_cast<double>(o.alpha_warmup);
    if (step < o.beta3_warmup && o.betas.first > 0 && o.beta3 > o.betas.first) {
      const double x = t / static_cast<double>(o.beta3_warmup), from = std::log(o.betas.first), to = std::log(o.beta3);
      slow = std::min(std::exp(from * to / ((1 - x) * to + x * from)), o.beta3);
    }
    beta3 = T(slow);
    rest3 = T(1 - slow);
    alpha = T(o.lr * weight);
    a1 = T(o.lr / (1 - std::pow(o.betas.first, t)));
    const double c2 = 1 - std::pow(o.betas.second, t);
    k = T(1 / std::sqrt(c2));
    inside = T(Eps::of(o, 1 / c2).inside);
    outside = T(Eps::of(o, 1 / c2).outside);
  }
  void operator()(T& p, T g, T& m1, T& m2, T& v) const {
    m1 = kernels::flush(beta1 * m1 + rest1 * g);
    m2 = kernels::flush(beta3 * m2 + rest3 * g);
    v = kernels::flush(beta2 * v + rest2 * g * g);
    p -= (a1 * m1 + alpha * m2) / (kernels::sqrt(v + inside) * k + outside);
  }
};

}  // namespace

template class OptimizerWith<AdEMAMixOptions>;

void AdEMAMix::update(GroupStep& step) {
  const auto& o = step.group.options<AdEMAMixOptions>();
  const Stages stages{.scale = o.maximize ? -1.0 : 1.0, .decay = 1 - o.lr * o.weight_decay};
  run<AdEMAMixRule, 0, 1, 2>(step, o, stages);
}

}  // namespace descent::optim
