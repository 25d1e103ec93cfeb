#include "one_cycle_lr.h"

#include <cmath>
#include <numbers>

#include "../autograd/fail-inl.h"

namespace descent::optim {

void OneCycleLROptions::check() const {
  if (!total_steps && !(epochs && steps_per_epoch)) {
    fail<std::invalid_argument>(kName, "total_steps must be given, or both epochs and steps_per_epoch");
  }
  // The steps are counted in doubles.
  if (!total_steps) {
    check_option(kName, "epochs * steps_per_epoch", Range::AtLeastOne,
                 static_cast<double>(*epochs) * static_cast<double>(*steps_per_epoch));
  }
}

OneCycleLR::OneCycleLR(Optimizer& optimizer, const OneCycleLROptions& options)
    : Scheduler(OneCycleLROptions::kName, optimizer, std::make_shared<OptionsOf<OneCycleLROptions>>(options),
                options.last_epoch),
      max_lr_(options.max_lr.expand(name(), "max_lr", groups(), Range::AtLeastZero)),
      base_momentum_(options.base_momentum.expand(name(), "base_momentum", groups(), Range::ZeroToOne)),
      max_momentum_(options.max_momentum.expand(name(), "max_momentum", groups(), Range::ZeroToOne)) {
  if (options.cycle_momentum && lacks_momentum()) {
    fail<std::invalid_argument>(name(), "cycle_momentum needs an optimizer with momentum or betas, got {}",
                                optimizer.name());
  }
  for (std::size_t g = 0; g < groups() && options.last_epoch == -1; ++g) {
    set_base_lr(g, max_lr_[g] / options.div_factor);
  }
  keep("max_lr", max_lr_, Range::AtLeastZero);
  keep("base_momentum", base_momentum_, Range::ZeroToOne);
  keep("max_momentum", max_momentum_, Range::ZeroToOne);
  start();
}

double OneCycleLR::anneal(double first, double max, double last) const {
  const auto& o = options<OneCycleLROptions>();
  const double t = static_cast<double>(last_epoch());
  const double N = o.total_steps ? static_cast<double>(*o.total_steps)
                                 : static_cast<double>(*o.epochs) * static_cast<double>(*o.steps_per_epoch);
  if (t > N) fail<std::invalid_argument>(name(), "step was called {} times, for a schedule of {} steps", t, N);
  struct Leg {
    double end, from, to;
  };
  const Leg two[] = {{o.pct_start * N - 1, first, max}, {N - 1, max, last}};
  const Leg three[] = {{o.pct_start * N - 1, first, max}, {2 * o.pct_start * N - 2, max, first}, {N - 1, first, last}};
  const Leg* phase = o.three_phase ? three : two;
  const Leg* const final_phase = o.three_phase ? three + 2 : two + 1;
  double begin = 0;
  while (t > phase->end && phase != final_phase) begin = phase++->end;
  const double a = phase->from, b = phase->to, length = phase->end - begin;
  const double q = length == 0 ? 1 : (t - begin) / length;  // a phase without length is at its end
  if (o.anneal_strategy == "linear") return q > 1 ? b : (b - a) * q + a;
  return b + (a - b) / 2.0 * (std::cos(std::numbers::pi * q) + 1);
}

double OneCycleLR::next_lr(std::size_t group, double, double base_lr) const {
  return anneal(base_lr, max_lr_[group], base_lr / options<OneCycleLROptions>().final_div_factor);
}

std::optional<double> OneCycleLR::next_momentum(std::size_t group) const {
  if (!options<OneCycleLROptions>().cycle_momentum) return std::nullopt;
  return anneal(max_momentum_[group], base_momentum_[group], max_momentum_[group]);
}

}  // namespace descent::optim
