#include "swalr.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace descent::optim {

SWALR::SWALR(Optimizer& optimizer, const SWALROptions& options)
    : Scheduler(SWALROptions::kName, optimizer, std::make_shared<OptionsOf<SWALROptions>>(options), options.last_epoch),
      swa_lr_(options.swa_lr.expand(name(), "swa_lr", groups(), Range::AtLeastZero)) {
  keep("swa_lr", swa_lr_, Range::AtLeastZero);
  start();
}

double SWALR::next_lr(std::size_t group, double lr, double) const {
  const auto& o = options<SWALROptions>();
  const double T = static_cast<double>(std::max<std::int64_t>(1, o.anneal_epochs)), swa_lr = swa_lr_[group];
  const double t = static_cast<double>(o.anneal_epochs == 0 ? std::max<std::int64_t>(1, last_epoch()) : last_epoch());
  const auto alpha_at = [&](double epoch) {
    const double q = std::clamp(epoch / T, 0.0, 1.0);
    return o.anneal_strategy == "linear" ? q : (1 - std::cos(std::numbers::pi * q)) / 2;
  };
  const double before = alpha_at(t - 1), alpha = alpha_at(t);
  const double first = before == 1 ? swa_lr : (lr - before * swa_lr) / (1 - before);
  return swa_lr * alpha + first * (1 - alpha);
}

double SWALR::first_lr(std::size_t group, double lr, double base_lr) const { return next_lr(group, lr, base_lr); }

}  // namespace descent::optim
