#include "inverse_sqrt_lr.h"

#include <cmath>

namespace descent::optim {

InverseSqrtLR::InverseSqrtLR(Optimizer& optimizer, const InverseSqrtLROptions& options)
    : Scheduler(InverseSqrtLROptions::kName, optimizer, std::make_shared<OptionsOf<InverseSqrtLROptions>>(options),
                options.last_epoch) {
  start();
}

double InverseSqrtLR::next_lr(std::size_t, double, double base_lr) const {
  const double W = static_cast<double>(options<InverseSqrtLROptions>().warmup_steps);
  const double s = static_cast<double>(last_epoch() + 1);
  return base_lr * (s < W ? s / W : std::sqrt(W / s));
}

}  // namespace descent::optim
