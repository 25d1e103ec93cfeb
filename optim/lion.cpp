#include "lion.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct LionRule {
  T lr, beta1, rest1, beta2, rest2;
  LionRule(const LionOptions& o, std::int64_t)
      : lr(T(o.lr)),
        beta1(T(o.betas.first)),
        rest1(T(1 - o.betas.first)),
        beta2(T(o.betas.second)),
        rest2(T(1 - o.betas.second)) {}
  void operator()(T& p, T g, T& m) const {
    const T c = beta1 * m + rest1 * g;
    p -= lr * kernels::sign(c);
    m = kernels::flush(beta2 * m + rest2 * g);
  }
};

}  // namespace

template class OptimizerWith<LionOptions>;

void Lion::update(GroupStep& step) {
  const auto& o = step.group.options<LionOptions>();
  run<LionRule, 0>(step, o, {.scale = o.maximize ? -1.0 : 1.0, .decay = 1 - o.lr * o.weight_decay});
}

}  // namespace descent::optim
