// Rprop: step sizes per element from the signs of successive gradients. For full batches.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of Rprop, as in PyTorch.
struct RpropOptions {
  double lr = 1e-2;                             ///< the first step size; later changes have no effect
  std::pair<double, double> etas = {0.5, 1.2};  ///< factors η⁻ in (0, 1) after a change of sign and η⁺ > 1 otherwise
  std::pair<double, double> step_sizes = {1e-6, 50};  ///< least and largest step
  bool maximize = false;

  static constexpr const char* kName = "Rprop";
  static constexpr std::array kSlots{"prev", "step_size"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"etas", &etas, Range::AboveZero},
            {"step_sizes", &step_sizes, Range::AboveZero},
            {"maximize", &maximize}};
  }
  void check() const;
};

/// s ← clamp(s·(η⁺ if g·g_prev > 0, η⁻ if g·g_prev < 0, else 1), step_sizes)
/// g ← 0 where g·g_prev < 0
/// p ← p − s·sign(g),   g_prev ← g
///
/// Rprop, Riedmiller and Braun (1993), https://doi.org/10.1109/ICNN.1993.298623, without weight backtracking (iRprop⁻),
/// as in PyTorch.
class Rprop final : public OptimizerWith<RpropOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
