// Adagrad: a rate per element that falls with the sum of squared gradients.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of Adagrad, as in PyTorch.
struct AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;
  double weight_decay = 0;  ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient
  double initial_accumulator_value = 0;
  double eps = 1e-10;
  bool maximize = false;
  bool decoupled_weight_decay = false;  ///< p ← p·(1 − lr·weight_decay) in place of the L2 penalty
  std::string eps_mode = "outside";     ///< or "inside" of the root

  static constexpr const char* kName = "Adagrad";
  static constexpr std::array kSlots{"sum"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"lr_decay", &lr_decay, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"initial_accumulator_value", &initial_accumulator_value, Range::AtLeastZero},
            {"eps", &eps, Range::AtLeastZero},
            {"maximize", &maximize},
            {"decoupled_weight_decay", &decoupled_weight_decay},
            {"eps_mode", &eps_mode, kEpsModes}};
  }
};

/// s ← s + g²
/// p ← p − lr/(1 + (t − 1)·lr_decay) · g / (√s + eps)
///
/// Adagrad, Duchi, Hazan and Singer (2011), https://jmlr.org/papers/v12/duchi11a.html. The sum starts at
/// initial_accumulator_value when a parameter is first updated. Without weight decay gradients may be sparse: rows
/// without a gradient are not touched.
class Adagrad final : public OptimizerWith<AdagradOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
  bool takes_sparse(const ParamGroup& group) const override;
};

}  // namespace descent::optim
