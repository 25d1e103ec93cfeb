#include "reduce_lr_on_plateau.h"

#include <algorithm>
#include <limits>

#include "../autograd/fail-inl.h"

namespace descent::optim {

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options)
    : Scheduler(ReduceLROnPlateauOptions::kName, optimizer,
                std::make_shared<OptionsOf<ReduceLROnPlateauOptions>>(options), -1),
      min_lr_(options.min_lr.expand(name(), "min_lr", groups(), Range::AtLeastZero)),
      best_(options.mode == "min" ? std::numeric_limits<double>::infinity()
                                  : -std::numeric_limits<double>::infinity()) {
  keep("min_lr", min_lr_, Range::AtLeastZero);
  keep("best", best_, std::nullopt);
  keep("num_bad_epochs", num_bad_epochs_, Range::AtLeastZero);
  keep("cooldown_counter", cooldown_counter_, Range::AtLeastZero);
  start();
}

bool ReduceLROnPlateau::is_better(double metric) const {
  const auto& o = options<ReduceLROnPlateauOptions>();
  const bool relative = o.threshold_mode == "rel";
  if (o.mode == "min") return metric < (relative ? best_ * (1.0 - o.threshold) : best_ - o.threshold);
  return metric > (relative ? best_ * (o.threshold + 1.0) : best_ + o.threshold);
}

void ReduceLROnPlateau::step(double metric) {
  const auto& o = options<ReduceLROnPlateauOptions>();
  const bool better = is_better(metric);
  double bad = better ? 0 : num_bad_epochs_ + 1, cooldown = cooldown_counter_;
  if (cooldown > 0) {
    --cooldown;
    bad = 0;
  }
  reducing_ = bad > static_cast<double>(o.patience);
  if (reducing_) {
    cooldown = static_cast<double>(o.cooldown);
    bad = 0;
  }
  Scheduler::step();
  reducing_ = false;
  if (better) best_ = metric;
  num_bad_epochs_ = bad;
  cooldown_counter_ = cooldown;
}

void ReduceLROnPlateau::step(const Tensor& metric) { step(metric.item<double>()); }

void ReduceLROnPlateau::step() { fail<std::invalid_argument>(name(), "step needs the metric: step(metric)"); }

double ReduceLROnPlateau::next_lr(std::size_t group, double lr, double) const {
  const auto& o = options<ReduceLROnPlateauOptions>();
  if (!reducing_) return lr;
  const double reduced = std::max(lr * o.factor, min_lr_[group]);
  return lr - reduced > o.eps ? reduced : lr;
}

}  // namespace descent::optim
