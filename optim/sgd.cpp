#include "sgd.h"

#include "driver-inl.h"

namespace descent::optim {

void SGDOptions::check() const {
  if (nesterov && (momentum <= 0 || dampening != 0)) {
    fail<std::invalid_argument>(kName, "nesterov must come with momentum above 0 and dampening 0, got {} and {}", momentum,
                                dampening);
  }
}

void SGD::update(GroupStep& step) {
  const auto& o = step.group.options<SGDOptions>();
  const Stages stages{.scale = o.maximize ? -1.0 : 1.0, .weight_decay = o.weight_decay, .l1 = o.lr * o.l1};
  if (o.momentum == 0) return run<SGDRule>(step, o, stages);
  if (o.nesterov) return run<NesterovRule, 0>(step, o, stages);
  run<MomentumRule, 0>(step, o, stages);
}

}  // namespace descent::optim
