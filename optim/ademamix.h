// AdEMAMix: Adam with a second, much slower momentum.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of AdEMAMix, with the paper's defaults.
struct AdEMAMixOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};  ///< of the fast average and of the squares
  double beta3 = 0.9999;                           ///< of the slow average
  double alpha = 5;                                ///< weight of the slow average
  double eps = 1e-8;
  double weight_decay = 0;        ///< λ: parameters shrink by the factor 1 − lr·λ a step
  std::int64_t alpha_warmup = 0;  ///< T_α, steps over which alpha grows from 0; 0: it is there at once
  std::int64_t beta3_warmup = 0;  ///< T_β3, steps over which beta3 grows from β1
  bool maximize = false;
  std::string eps_mode = "outside";  ///< or "inside" of the root

  static constexpr const char* kName = "AdEMAMix";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_slow", "exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"beta3", &beta3, Range::ZeroToOne},
            {"alpha", &alpha, Range::AtLeastZero},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"alpha_warmup", &alpha_warmup, Range::AtLeastZero},
            {"beta3_warmup", &beta3_warmup, Range::AtLeastZero},
            {"maximize", &maximize},
            {"eps_mode", &eps_mode, kEpsModes}};
  }
};

/// m1 ← β1·m1 + (1 − β1)·g,   v ← β2·v + (1 − β2)·g²
/// m2 ← b·m2 + (1 − b)·g,     b = beta3(t)
/// p ← p·(1 − lr·weight_decay) − lr·(m1/(1 − β1ᵗ) + alpha(t)·m2) / (√(v/(1 − β2ᵗ)) + eps)
/// alpha(t) = min(t/T_α, 1)·alpha
/// beta3(t) = min(exp(ln β1·ln beta3 / ((1 − x)·ln beta3 + x·ln β1)), beta3),   x = t/T_β3
///
/// AdEMAMix, Pagliardini et al. (2024), https://arxiv.org/abs/2409.03137. As beta3 grows, so
/// does the half-life of its average, linearly. The paper recommends to warm both up over the whole run.
class AdEMAMix final : public OptimizerWith<AdEMAMixOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
