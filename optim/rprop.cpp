#include "rprop.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct RpropRule {
  T minus, plus, least, most;
  RpropRule(const RpropOptions& o, std::int64_t)
      : minus(T(o.etas.first)), plus(T(o.etas.second)), least(T(o.step_sizes.first)), most(T(o.step_sizes.second)) {}
  void operator()(T& p, T g, T& before, T& s) const {
    const T turn = g * before;
    s *= turn > 0 ? plus : turn < 0 ? minus : T(1);
    s = s < least ? least : s > most ? most : s;
    g = turn < 0 ? T(0) : g;
    p -= s * kernels::sign(g);
    before = g;
  }
};

}  // namespace

template class OptimizerWith<RpropOptions>;

void RpropOptions::check() const {
  if (!(etas.first < 1 && etas.second > 1)) {
    fail<std::invalid_argument>(kName, "etas must satisfy 0 < etas[0] < 1 < etas[1], got {} and {}", etas.first,
                                etas.second);
  }
  if (!(step_sizes.first <= step_sizes.second)) {
    fail<std::invalid_argument>(kName, "step_sizes must be in order, got {} and {}", step_sizes.first,
                                step_sizes.second);
  }
}

void Rprop::update(GroupStep& step) {
  const auto& o = step.group.options<RpropOptions>();
  run<RpropRule, 0, 1>(step, o, {.scale = o.maximize ? -1.0 : 1.0}, {0, o.lr});
}

}  // namespace descent::optim
