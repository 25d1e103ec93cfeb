#include "lars.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct LARSRule {
  static constexpr int kSums = 2;
  double lr, trust, decay, eps;
  T momentum, weight_decay, rate = 0;
  bool nesterov;
  LARSRule(const LARSOptions& o, std::int64_t)
      : lr(o.lr),
        trust(o.trust_coefficient),
        decay(o.weight_decay),
        eps(o.eps),
        momentum(T(o.momentum)),
        weight_decay(T(o.weight_decay)),
        nesterov(o.nesterov) {}
  std::array<T, 2> measure(T p, T g, T&) const { return {p, g}; }
  void measured(const double* sums, ParamState&) {
    const double p = std::sqrt(sums[0]), g = std::sqrt(sums[1]);
    rate = T(p == 0 || g == 0 ? lr : lr * trust * p / (g + decay * p + eps));
  }
  void operator()(T& p, T g, T& b) const {
    const T d = rate * (g + weight_decay * p);
    b = kernels::flush(momentum * b + d);
    p -= nesterov ? momentum * b + d : b;
  }
};

}  // namespace

template class OptimizerWith<LARSOptions>;

void LARS::update(GroupStep& step) {
  const auto& o = step.group.options<LARSOptions>();
  run<LARSRule, 0>(step, o, {.scale = o.maximize ? -1.0 : 1.0});
}

}  // namespace descent::optim
