#include "polynomial_lr.h"

#include <cmath>

namespace descent::optim {

PolynomialLR::PolynomialLR(Optimizer& optimizer, const PolynomialLROptions& options)
    : Scheduler(PolynomialLROptions::kName, optimizer, std::make_shared<OptionsOf<PolynomialLROptions>>(options),
                options.last_epoch) {
  start();
}

double PolynomialLR::next_lr(std::size_t, double lr, double) const {
  const auto& o = options<PolynomialLROptions>();
  const double t = static_cast<double>(last_epoch()), T = static_cast<double>(o.total_iters);
  if (last_epoch() == 0 || last_epoch() > o.total_iters) return lr;
  return lr * std::pow((1.0 - t / T) / (1.0 - (t - 1) / T), o.power);
}

}  // namespace descent::optim
