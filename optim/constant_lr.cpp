#include "constant_lr.h"

namespace descent::optim {

ConstantLR::ConstantLR(Optimizer& optimizer, const ConstantLROptions& options)
    : Scheduler(ConstantLROptions::kName, optimizer, std::make_shared<OptionsOf<ConstantLROptions>>(options),
                options.last_epoch) {
  start();
}

double ConstantLR::next_lr(std::size_t, double lr, double base_lr) const {
  const auto& o = options<ConstantLROptions>();
  if (last_epoch() == 0) return lr * o.factor;
  if (last_epoch() != o.total_iters) return lr;
  return o.factor == 0 ? base_lr : lr * (1.0 / o.factor);
}

}  // namespace descent::optim
