#include "adamw.h"

#include "adam_rule-inl.h"

namespace descent::optim {

template class OptimizerWith<AdamWOptions>;

void AdamW::update(GroupStep& step) {
  const auto& o = step.group.options<AdamWOptions>();
  const Stages stages{.scale = o.maximize ? -1.0 : 1.0, .decay = 1 - o.lr * o.weight_decay, .exclude_1d = o.exclude_1d};
  if (o.amsgrad) return run<AmsgradRule, 0, 1, 2>(step, o, stages);
  run<AdamRule, 0, 1>(step, o, stages);
}

}  // namespace descent::optim
