#include "adamw.h"

#include "driver-inl.h"

namespace descent::optim {

template class OptimizerWith<AdamWOptions>;

void AdamW::update(GroupStep& step) {
  const auto& o = step.group.options<AdamWOptions>();
  const Stages stages{.scale = o.maximize ? -1.0 : 1.0, .decay = 1 - o.lr * o.weight_decay};
  if (o.amsgrad) return run<AmsgradRule, 0, 1, 2>(step, o, stages);
  run<AdamRule, 0, 1>(step, o, stages);
}

}  // namespace descent::optim
