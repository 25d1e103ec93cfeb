#include "multi_step_lr.h"

#include <algorithm>
#include <cmath>

namespace descent::optim {

MultiStepLR::MultiStepLR(Optimizer& optimizer, const MultiStepLROptions& options)
    : Scheduler(MultiStepLROptions::kName, optimizer, std::make_shared<OptionsOf<MultiStepLROptions>>(options),
                options.last_epoch) {
  milestones_.assign(options.milestones.begin(), options.milestones.end());
  keep("milestones", milestones_, Range::AtLeastZero, /*resizable=*/true);
  start();
}

double MultiStepLR::next_lr(std::size_t, double lr, double) const {
  const auto n = std::count(milestones_.begin(), milestones_.end(), static_cast<double>(last_epoch()));
  return n == 0 ? lr : lr * std::pow(options<MultiStepLROptions>().gamma, static_cast<double>(n));
}

}  // namespace descent::optim
