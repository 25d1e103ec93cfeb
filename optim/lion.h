// Lion: the sign of a momentum.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of Lion, with the defaults of the authors' code (google/automl).
struct LionOptions {
  double lr = 1e-4;
  std::pair<double, double> betas = {0.9, 0.99};
  double weight_decay = 0;  ///< λ: parameters shrink by the factor 1 − lr·λ a step
  bool maximize = false;

  static constexpr const char* kName = "Lion";
  static constexpr std::array kSlots{"exp_avg"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"maximize", &maximize}};
  }
};

/// c = β1·m + (1 − β1)·g
/// p ← p·(1 − lr·weight_decay) − lr·sign(c)
/// m ← β2·m + (1 − β2)·g
///
/// Lion, Chen et al. (2023), https://arxiv.org/abs/2302.06675.
class Lion final : public OptimizerWith<LionOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
