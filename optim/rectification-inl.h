// RAdam's factor, which AdaBelief can take too.
#pragma once

#include <cmath>

namespace descent::optim::detail {

/// ρ∞ = 2/(1 − β2) − 1,   ρ = ρ∞ − 2·t·β2ᵗ/(1 − β2ᵗ),   r = √((ρ−4)(ρ−2)·ρ∞/((ρ∞−4)(ρ∞−2)·ρ)), NaN for a small ρ.
/// Liu et al. (2020), https://arxiv.org/abs/1908.03265.
struct Rectification {
  double rho, r;
  Rectification(double beta2, double t) {
    const double most = 2 / (1 - beta2) - 1, power = std::pow(beta2, t);
    rho = most - 2 * t * power / (1 - power);
    r = std::sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho));
  }
};

}  // namespace descent::optim::detail
