#include "radam.h"

#include "driver-inl.h"

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
    const double t = static_cast<double>(step), power = std::pow(o.betas.second, t), c2 = 1 - power;
    const double most = 2 / (1 - o.betas.second) - 1, rho = most - 2 * t * power / c2;
    rectified = rho > 5;
    const double r = std::sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho));
    a = T(o.lr / (1 - std::pow(o.betas.first, t)) * (rectified ? r * std::sqrt(c2) : 1));
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
