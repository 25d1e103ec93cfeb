#include "radam.h"

#include "driver-inl.h"
#include "rectification-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct RAdamRule {
  T beta1, rest1, beta2, rest2, inside, outside, a;
  bool rectified;
  RAdamRule(const RAdamOptions& o, std::int64_t step)
      : beta1(T(o.betas.first)),
        rest1(T(1 - o.betas.first)),
        beta2(T(o.betas.second)),
        rest2(T(1 - o.betas.second)),
        inside(T(Eps::of(o).inside)),
        outside(T(Eps::of(o).outside)) {
    const double t = static_cast<double>(step), c2 = 1 - std::pow(o.betas.second, t);
    const detail::Rectification factor(o.betas.second, t);
    rectified = factor.rho > 5;
    a = T(o.lr / (1 - std::pow(o.betas.first, t)) * (rectified ? factor.r * std::sqrt(c2) : 1));
  }
  void operator()(T& p, T g, T& m, T& v) const {
    m = kernels::flush(beta1 * m + rest1 * g);
    v = kernels::flush(beta2 * v + rest2 * g * g);
    p -= a * m / (rectified ? kernels::sqrt(v + inside) + outside : T(1));
  }
};

}  // namespace

template class OptimizerWith<RAdamOptions>;

void RAdam::update(GroupStep& step) {
  const auto& o = step.group.options<RAdamOptions>();
  run<RAdamRule, 0, 1>(step, o, stages_of(o));
}

}  // namespace descent::optim
