#include "cosine_annealing_lr.h"

#include <cmath>
#include <numbers>

namespace descent::optim {

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, const CosineAnnealingLROptions& options)
    : Scheduler(CosineAnnealingLROptions::kName, optimizer,
                std::make_shared<OptionsOf<CosineAnnealingLROptions>>(options), options.last_epoch) {
  start();
}

double CosineAnnealingLR::next_lr(std::size_t, double lr, double base_lr) const {
  constexpr double pi = std::numbers::pi;
  const auto& o = options<CosineAnnealingLROptions>();
  const double t = static_cast<double>(last_epoch()), T = static_cast<double>(o.T_max);
  if (last_epoch() == 0) return lr;
  if (starting()) return o.eta_min + (base_lr - o.eta_min) * (1 + std::cos(t * pi / T)) / 2;
  if ((last_epoch() - 1 - o.T_max) % (2 * o.T_max) == 0) {  // the first step up: the quotient would be 0/0
    return lr + (base_lr - o.eta_min) * (1 - std::cos(pi / T)) / 2;
  }
  return (1 + std::cos(pi * t / T)) / (1 + std::cos(pi * (t - 1) / T)) * (lr - o.eta_min) + o.eta_min;
}

double CosineAnnealingLR::first_lr(std::size_t, double, double base_lr) const {
  const auto& o = options<CosineAnnealingLROptions>();
  return o.eta_min + (base_lr - o.eta_min) * (1 + std::cos(0.0)) / 2;  // not base_lr to the last bit
}

}  // namespace descent::optim
