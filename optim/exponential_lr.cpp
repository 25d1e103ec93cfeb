#include "exponential_lr.h"

namespace descent::optim {

ExponentialLR::ExponentialLR(Optimizer& optimizer, const ExponentialLROptions& options)
    : Scheduler(ExponentialLROptions::kName, optimizer, std::make_shared<OptionsOf<ExponentialLROptions>>(options),
                options.last_epoch) {
  start();
}

double ExponentialLR::next_lr(std::size_t, double lr, double) const {
  return last_epoch() == 0 ? lr : lr * options<ExponentialLROptions>().gamma;
}

}  // namespace descent::optim
