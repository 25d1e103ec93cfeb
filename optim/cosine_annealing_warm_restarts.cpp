#include "cosine_annealing_warm_restarts.h"

#include <cmath>
#include <numbers>

#include "../autograd/fail-inl.h"

namespace descent::optim {

using Options = CosineAnnealingWarmRestartsOptions;

CosineAnnealingWarmRestarts::CosineAnnealingWarmRestarts(Optimizer& optimizer, const Options& options)
    : Scheduler(Options::kName, optimizer, std::make_shared<OptionsOf<Options>>(options), options.last_epoch) {
  keep("fraction", fraction_, Range::ZeroToOne);
  start();
}

void CosineAnnealingWarmRestarts::step(double epoch) {
  check_option(name(), "epoch", Range::AtLeastZero, epoch);
  if (epoch > 9e15) fail<std::invalid_argument>(name(), "epoch is too large, got {}", epoch);
  const double before = std::exchange(fraction_, epoch - std::floor(epoch));
  try {
    go_to(static_cast<std::int64_t>(epoch));
  } catch (...) {
    fraction_ = before;
    throw;
  }
}

void CosineAnnealingWarmRestarts::restart() {
  fraction_ = 0;
  Scheduler::restart();
}

double CosineAnnealingWarmRestarts::next_lr(std::size_t, double, double base_lr) const {
  const auto& o = options<Options>();
  double T_cur = static_cast<double>(last_epoch()) + fraction_, T_i = static_cast<double>(o.T_0);
  if (o.T_mult == 1) T_cur = std::fmod(T_cur, T_i);
  while (T_cur >= T_i) {
    T_cur -= T_i;
    T_i *= static_cast<double>(o.T_mult);
  }
  return o.eta_min + (base_lr - o.eta_min) * (1 + std::cos(std::numbers::pi * T_cur / T_i)) / 2;
}

}  // namespace descent::optim
