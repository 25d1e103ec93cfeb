#include "rmsprop.h"

#include "driver-inl.h"

namespace descent::optim {

template class OptimizerWith<RMSpropOptions>;

void RMSprop::update(GroupStep& step) {
  const auto& o = step.group.options<RMSpropOptions>();
  const Stages stages{.scale = o.maximize ? -1.0 : 1.0, .weight_decay = o.weight_decay};
  if (o.centered && o.momentum > 0) return run<CenteredMomentumRule, 0, 1, 2>(step, o, stages);
  if (o.centered) return run<CenteredRule, 0, 1>(step, o, stages);
  if (o.momentum > 0) return run<RMSpropMomentumRule, 0, 2>(step, o, stages);
  run<RMSpropRule, 0>(step, o, stages);
}

}  // namespace descent::optim
