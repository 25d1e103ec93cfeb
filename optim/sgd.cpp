#include "sgd.h"

#include "driver-inl.h"

namespace descent::optim {

template class OptimizerWith<SGDOptions>;

void SGDOptions::check() const {
  if (nesterov && (momentum <= 0 || dampening != 0)) {
    fail<std::invalid_argument>(kName, "nesterov must come with momentum above 0 and dampening 0, got {} and {}",
                                momentum, dampening);
  }
}

bool SGD::takes_sparse(const ParamGroup& group) const {
  const auto& o = group.options<SGDOptions>();
  return o.momentum == 0 && o.weight_decay == 0 && o.l1 == 0 && o.group_lasso == 0;
}

void SGD::update(GroupStep& step) {
  const auto& o = step.group.options<SGDOptions>();
  // With momentum a steady gradient moves p by lr·(1 − dampening)/(1 − momentum) of it: the proximal step must be as
  // long.
  const double rate = o.momentum > 0 && o.momentum < 1 ? o.lr * (1 - o.dampening) / (1 - o.momentum) : o.lr;
  Stages stages = stages_of(o);
  stages.l1 = rate * o.l1;
  stages.group = rate * o.group_lasso;
  if (o.momentum == 0) return run<SGDRule>(step, o, stages);
  if (o.nesterov) return run<NesterovRule, 0>(step, o, stages);
  run<MomentumRule, 0>(step, o, stages);
}

}  // namespace descent::optim
