// Adagrad: a rate per element that falls with the sum of squared gradients.
#pragma once

#include <array>

#include "../kernels/rule_math.h"
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

  static constexpr const char* kName = "Adagrad";
  static constexpr std::array kSlots{"sum"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"lr_decay", &lr_decay, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"initial_accumulator_value", &initial_accumulator_value, Range::AtLeastZero},
            {"eps", &eps, Range::AtLeastZero},
            {"maximize", &maximize}};
  }
};

/// s ← s + g²
/// p ← p − lr/(1 + (t − 1)·lr_decay) · g / (√s + eps)
template <class T>
struct AdagradRule {
  T a, eps;
  AdagradRule(const AdagradOptions& o, std::int64_t t)
      : a(T(o.lr / (1 + static_cast<double>(t - 1) * o.lr_decay))), eps(T(o.eps)) {}
  void operator()(T& p, T g, T& s) const {
    s += g * g;
    p -= a * g / (kernels::sqrt(s) + eps);
  }
};

/// Adagrad, Duchi, Hazan and Singer (2011), https://jmlr.org/papers/v12/duchi11a.html. The sum starts at
/// initial_accumulator_value when a parameter is first updated.
class Adagrad final : public OptimizerWith<AdagradOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
