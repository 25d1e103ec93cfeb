#include "adam.h"

#include "adam_rule-inl.h"

namespace descent::optim {

template class OptimizerWith<AdamOptions>;

void Adam::update(GroupStep& step) {
  const auto& o = step.group.options<AdamOptions>();
  const Stages stages = stages_of(o);
  if (o.amsgrad) return run<AmsgradRule, 0, 1, 2>(step, o, stages);
  run<AdamRule, 0, 1>(step, o, stages);
}

}  // namespace descent::optim
