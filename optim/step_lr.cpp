#include "step_lr.h"

namespace descent::optim {

StepLR::StepLR(Optimizer& optimizer, const StepLROptions& options)
    : Scheduler(StepLROptions::kName, optimizer, std::make_shared<OptionsOf<StepLROptions>>(options),
                options.last_epoch) {
  start();
}

double StepLR::next_lr(std::size_t, double lr, double) const {
  const auto& o = options<StepLROptions>();
  return last_epoch() == 0 || last_epoch() % o.step_size != 0 ? lr : lr * o.gamma;
}

}  // namespace descent::optim
