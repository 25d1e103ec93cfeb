#include "warmup_stable_decay_lr.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace descent::optim {

WarmupStableDecayLR::WarmupStableDecayLR(Optimizer& optimizer, const WarmupStableDecayLROptions& options)
    : Scheduler(WarmupStableDecayLROptions::kName, optimizer,
                std::make_shared<OptionsOf<WarmupStableDecayLROptions>>(options), options.last_epoch) {
  start();
}

double WarmupStableDecayLR::next_lr(std::size_t, double, double base_lr) const {
  const auto& o = options<WarmupStableDecayLROptions>();
  const std::int64_t s = last_epoch() + 1, stable = s - o.warmup_steps;
  if (stable <= 0) return base_lr * static_cast<double>(s) / static_cast<double>(o.warmup_steps);
  if (stable <= o.stable_steps) return base_lr;
  const double m = o.min_lr_ratio;
  const double p = std::min(1.0, static_cast<double>(stable - o.stable_steps) / static_cast<double>(o.decay_steps));
  if (o.decay_type == "exponential") return base_lr * std::pow(m, p);
  double f = 1 - p;
  if (o.decay_type == "cosine") f = (1 + std::cos(std::numbers::pi * p)) / 2;
  if (o.decay_type == "sqrt") f = 1 - std::sqrt(p);
  return base_lr * (m + (1 - m) * f);
}

}  // namespace descent::optim
