#include "linear_lr.h"

namespace descent::optim {

LinearLR::LinearLR(Optimizer& optimizer, const LinearLROptions& options)
    : Scheduler(LinearLROptions::kName, optimizer, std::make_shared<OptionsOf<LinearLROptions>>(options),
                options.last_epoch) {
  start();
}

double LinearLR::next_lr(std::size_t, double lr, double) const {
  const auto& o = options<LinearLROptions>();
  const double t = static_cast<double>(last_epoch()), T = static_cast<double>(o.total_iters);
  const double s = o.start_factor, e = o.end_factor;
  if (last_epoch() == 0) return lr * s;
  if (last_epoch() > o.total_iters) return lr;
  return lr * (1.0 + (e - s) / (T * s + (t - 1) * (e - s)));
}

}  // namespace descent::optim
