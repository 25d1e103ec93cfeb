#include "cyclic_lr.h"

#include <cmath>

#include "../autograd/fail-inl.h"

namespace descent::optim {

CyclicLR::CyclicLR(Optimizer& optimizer, const CyclicLROptions& options)
    : Scheduler(CyclicLROptions::kName, optimizer, std::make_shared<OptionsOf<CyclicLROptions>>(options),
                options.last_epoch),
      base_lr_(options.base_lr.expand(name(), "base_lr", groups(), Range::AtLeastZero)),
      max_lr_(options.max_lr.expand(name(), "max_lr", groups(), Range::AtLeastZero)),
      base_momentum_(options.base_momentum.expand(name(), "base_momentum", groups(), Range::ZeroToOne)),
      max_momentum_(options.max_momentum.expand(name(), "max_momentum", groups(), Range::ZeroToOne)) {
  if (options.cycle_momentum && lacks_momentum()) {
    fail<std::invalid_argument>(name(), "cycle_momentum needs an optimizer with momentum or betas, got {}",
                                optimizer.name());
  }
  for (std::size_t g = 0; g < groups(); ++g) {
    if (!optimizer.param_groups()[g].initial_lr) set_base_lr(g, base_lr_[g]);
  }
  keep("base_lr", base_lr_, Range::AtLeastZero);
  keep("max_lr", max_lr_, Range::AtLeastZero);
  keep("base_momentum", base_momentum_, Range::ZeroToOne);
  keep("max_momentum", max_momentum_, Range::ZeroToOne);
  start();
}

double CyclicLR::scaled(double height) const {
  const auto& o = options<CyclicLROptions>();
  const double up = static_cast<double>(o.step_size_up), t = static_cast<double>(last_epoch());
  const double total = up + static_cast<double>(o.step_size_down.value_or(o.step_size_up)), ratio = up / total;
  const double cycle = std::floor(1 + t / total), x = 1.0 + t / total - cycle;
  const double h = height * (x <= ratio ? x / ratio : (x - 1) / (ratio - 1));
  if (o.scale_fn) return h * o.scale_fn(o.scale_mode == "cycle" ? cycle : t);
  if (o.mode == "triangular2") return h * (1 / std::pow(2.0, cycle - 1));
  if (o.mode == "exp_range") return h * std::pow(o.gamma, t);
  return h;
}

double CyclicLR::next_lr(std::size_t group, double, double) const {
  return base_lr_[group] + scaled(max_lr_[group] - base_lr_[group]);
}

std::optional<double> CyclicLR::next_momentum(std::size_t group) const {
  if (!options<CyclicLROptions>().cycle_momentum) return std::nullopt;
  return max_momentum_[group] - scaled(max_momentum_[group] - base_momentum_[group]);
}

}  // namespace descent::optim
