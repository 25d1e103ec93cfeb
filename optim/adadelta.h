// Adadelta: steps as large as recent steps, in the units of the parameter.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of Adadelta, as in PyTorch.
struct AdadeltaOptions {
  double lr = 1.0;
  double rho = 0.9;
  double eps = 1e-6;        ///< inside of both roots
  double weight_decay = 0;  ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient
  bool maximize = false;
  bool decoupled_weight_decay = false;  ///< p ← p·(1 − lr·weight_decay) in place of the L2 penalty

  static constexpr const char* kName = "Adadelta";
  static constexpr std::array kSlots{"square_avg", "acc_delta"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},   {"rho", &rho, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero}, {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"maximize", &maximize},           {"decoupled_weight_decay", &decoupled_weight_decay}};
  }
};

/// v ← rho·v + (1 − rho)·g²
/// d = √(u + eps)/√(v + eps)·g
/// u ← rho·u + (1 − rho)·d²
/// p ← p − lr·d
///
/// Adadelta, Zeiler (2012), https://arxiv.org/abs/1212.5701.
class Adadelta final : public OptimizerWith<AdadeltaOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
