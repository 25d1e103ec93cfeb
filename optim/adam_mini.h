// Adam-mini: one second moment for each row of a matrix.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of AdamMini, with the paper's defaults.
struct AdamMiniOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;  ///< λ: parameters shrink by the factor 1 − lr·λ a step
  bool maximize = false;

  static constexpr const char* kName = "AdamMini";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"maximize", &maximize}};
  }
};

/// For each block b, a row p[i] of a parameter with two dims or more (an output neuron, an embedding), else the whole:
///   v_b ← β2·v_b + (1 − β2)·mean(g_b²)
///   m ← β1·m + (1 − β1)·g
///   p ← p·(1 − lr·weight_decay) − lr·m/(1 − β1ᵗ) / (√(v_b/(1 − β2ᵗ)) + eps)
///
/// Adam-mini, Zhang et al. (2024), https://arxiv.org/abs/2406.16793, which cuts queries and keys by heads: there a
/// block is smaller here. The state is half of Adam's.
class AdamMini final : public OptimizerWith<AdamMiniOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  SlotSpec slot_spec(std::size_t slot, const Tensor& p) const override;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
