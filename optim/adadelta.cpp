#include "adadelta.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct AdadeltaRule {
  T lr, rho, rest, eps;
  AdadeltaRule(const AdadeltaOptions& o, std::int64_t)
      : lr(T(o.lr)), rho(T(o.rho)), rest(T(1 - o.rho)), eps(T(o.eps)) {}
  void operator()(T& p, T g, T& v, T& u) const {
    v = kernels::flush(rho * v + rest * g * g);
    const T d = kernels::sqrt(u + eps) / kernels::sqrt(v + eps) * g;
    u = kernels::flush(rho * u + rest * d * d);
    p -= lr * d;
  }
};

}  // namespace

template class OptimizerWith<AdadeltaOptions>;

void Adadelta::update(GroupStep& step) {
  const auto& o = step.group.options<AdadeltaOptions>();
  run<AdadeltaRule, 0, 1>(step, o, stages_of(o));
}

}  // namespace descent::optim
