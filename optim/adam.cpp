#include "adam.h"

#include "driver-inl.h"

namespace descent::optim {

template class OptimizerWith<AdamOptions>;

void Adam::update(GroupStep& step) {
  const auto& o = step.group.options<AdamOptions>();
  const Stages stages{.scale = o.maximize ? -1.0 : 1.0, .weight_decay = o.weight_decay};
  if (o.amsgrad) return run<AmsgradRule, 0, 1, 2>(step, o, stages);
  run<AdamRule, 0, 1>(step, o, stages);
}

}  // namespace descent::optim
