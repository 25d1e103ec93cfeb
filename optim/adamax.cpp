#include "adamax.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct AdamaxRule {
  T beta1, rest1, beta2, eps, a;
  AdamaxRule(const AdamaxOptions& o, std::int64_t t)
      : beta1(T(o.betas.first)),
        rest1(T(1 - o.betas.first)),
        beta2(T(o.betas.second)),
        eps(T(o.eps)),
        a(T(o.bias_correction ? o.lr / (1 - std::pow(o.betas.first, static_cast<double>(t))) : o.lr)) {}
  void operator()(T& p, T g, T& m, T& u) const {
    m = kernels::flush(beta1 * m + rest1 * g);
    const T now = kernels::abs(g) + eps, before = kernels::flush(beta2 * u);
    u = now <= before ? before : now;  // a NaN stays
    p -= a * m / u;
  }
};

}  // namespace

template class OptimizerWith<AdamaxOptions>;

void Adamax::update(GroupStep& step) {
  const auto& o = step.group.options<AdamaxOptions>();
  run<AdamaxRule, 0, 1>(step, o, stages_of(o));
}

}  // namespace descent::optim
