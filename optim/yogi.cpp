#include "yogi.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct YogiRule {
  T beta1, rest1, rest2, inside, outside, a, k;
  YogiRule(const YogiOptions& o, std::int64_t t)
      : beta1(T(o.betas.first)), rest1(T(1 - o.betas.first)), rest2(T(1 - o.betas.second)) {
    const double steps = static_cast<double>(t);
    const double c2 = o.bias_correction ? 1 - std::pow(o.betas.second, steps) : 1;
    a = T(o.bias_correction ? o.lr / (1 - std::pow(o.betas.first, steps)) : o.lr);
    k = T(1 / std::sqrt(c2));
    inside = T(Eps::of(o, 1 / c2).inside);
    outside = T(Eps::of(o, 1 / c2).outside);
  }
  void operator()(T& p, T g, T& m, T& v) const {
    m = kernels::flush(beta1 * m + rest1 * g);
    v = kernels::flush(v - rest2 * kernels::sign(v - g * g) * (g * g));
    p -= a * m / (kernels::sqrt(v + inside) * k + outside);
  }
};

}  // namespace

template class OptimizerWith<YogiOptions>;

void Yogi::update(GroupStep& step) {
  const auto& o = step.group.options<YogiOptions>();
  run<YogiRule, 0, 1>(step, o, stages_of(o), {0, o.initial_accumulator});
}

}  // namespace descent::optim
