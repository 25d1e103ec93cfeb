#include "adagrad.h"

#include "driver-inl.h"

namespace descent::optim {

template class OptimizerWith<AdagradOptions>;

void Adagrad::update(GroupStep& step) {
  const auto& o = step.group.options<AdagradOptions>();
  const Stages stages{.scale = o.maximize ? -1.0 : 1.0, .weight_decay = o.weight_decay};
  run<AdagradRule, 0>(step, o, stages, o.initial_accumulator_value);
}

}  // namespace descent::optim
