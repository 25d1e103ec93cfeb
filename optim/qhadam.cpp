#include "qhadam.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct QHAdamRule {
  T lr, beta1, rest1, beta2, rest2, inside, outside;
  T g1, m1, g2, v2;  // the shares of g and m in the step, of g² and v below the root
  QHAdamRule(const QHAdamOptions& o, std::int64_t t)
      : lr(T(o.lr)),
        beta1(T(o.betas.first)),
        rest1(T(1 - o.betas.first)),
        beta2(T(o.betas.second)),
        rest2(T(1 - o.betas.second)),
        inside(T(Eps::of(o).inside)),
        outside(T(Eps::of(o).outside)),
        g1(T(1 - o.nus.first)),
        g2(T(1 - o.nus.second)) {
    const double steps = static_cast<double>(t);
    m1 = T(o.bias_correction ? o.nus.first / (1 - std::pow(o.betas.first, steps)) : o.nus.first);
    v2 = T(o.bias_correction ? o.nus.second / (1 - std::pow(o.betas.second, steps)) : o.nus.second);
  }
  void operator()(T& p, T g, T& m, T& v) const {
    m = kernels::flush(beta1 * m + rest1 * g);
    v = kernels::flush(beta2 * v + rest2 * g * g);
    p -= lr * (g1 * g + m1 * m) / (kernels::sqrt(g2 * g * g + v2 * v + inside) + outside);
  }
};

}  // namespace

template class OptimizerWith<QHAdamOptions>;

void QHAdam::update(GroupStep& step) {
  const auto& o = step.group.options<QHAdamOptions>();
  run<QHAdamRule, 0, 1>(step, o, stages_of(o));
}

}  // namespace descent::optim
