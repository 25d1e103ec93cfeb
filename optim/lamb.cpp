#include "lamb.h"

#include <algorithm>
#include <limits>

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct LAMBRule {
  static constexpr int kSums = 2;
  T beta1, rest1, beta2, rest2, eps, weight_decay, k1, k2, rate = 0;
  double lr, most;
  LAMBRule(const LAMBOptions& o, std::int64_t t)
      : beta1(T(o.betas.first)),
        rest1(T(1 - o.betas.first)),
        beta2(T(o.betas.second)),
        rest2(T(1 - o.betas.second)),
        eps(T(o.eps)),
        weight_decay(T(o.weight_decay)),
        lr(o.lr),
        most(o.clamp_value > 0 ? o.clamp_value : std::numeric_limits<double>::infinity()) {
    const double steps = static_cast<double>(t);
    k1 = T(o.bias_correction ? 1 / (1 - std::pow(o.betas.first, steps)) : 1);
    k2 = T(o.bias_correction ? 1 / std::sqrt(1 - std::pow(o.betas.second, steps)) : 1);
  }
  T direction(T p, T m, T v) const { return k1 * m / (kernels::sqrt(v) * k2 + eps) + weight_decay * p; }
  std::array<T, 2> measure(T p, T g, T& m, T& v) const {
    m = kernels::flush(beta1 * m + rest1 * g);
    v = kernels::flush(beta2 * v + rest2 * g * g);
    return {p, direction(p, m, v)};
  }
  void measured(const double* sums, ParamState&) {
    rate = T(sums[0] == 0 || sums[1] == 0 ? lr : lr * std::min(std::sqrt(sums[0]), most) / std::sqrt(sums[1]));
  }
  void operator()(T& p, T, T& m, T& v) const { p -= rate * direction(p, m, v); }
};

}  // namespace

template class OptimizerWith<LAMBOptions>;

void LAMB::update(GroupStep& step) {
  const auto& o = step.group.options<LAMBOptions>();
  run<LAMBRule, 0, 1>(step, o, {.scale = o.maximize ? -1.0 : 1.0});
}

}  // namespace descent::optim
