// Prodigy: Adam that finds its rate from how far the parameters have come.
#pragma once

#include <array>

#include "staged.h"

namespace descent::optim {

/// Options of Prodigy, with the defaults of the paper's code. The numbers of d are those of the first group; all groups
/// must have the same lr, or 0.
struct ProdigyOptions {
  double lr = 1;  ///< γ; leave it at 1, or a schedule that starts there
  std::pair<double, double> betas = {0.9, 0.999};
  double beta3 = -1;  ///< of the averages behind d; below 0: √β2
  double eps = 1e-8;
  double weight_decay = 0;                                  ///< λ
  bool decouple = true;                                     ///< p ← p·(1 − d·γ·λ), else an L2 penalty
  bool use_bias_correction = false;                         ///< multiply γ by √(1 − β2ᵗ)/(1 − β1ᵗ)
  bool safeguard_warmup = false;                            ///< leave γ out of the denominator of d̂
  double d0 = 1e-6;                                         ///< the first d
  double d_coef = 1;                                        ///< factor of d̂
  double growth_rate = std::numeric_limits<double>::max();  ///< d grows by this factor a step at most
  bool maximize = false;

  static constexpr const char* kName = "Prodigy";
  static constexpr std::array kSlots{"s", "p0", "exp_avg", "exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"beta3", &beta3},
            {"eps", &eps, Range::AboveZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"decouple", &decouple},
            {"use_bias_correction", &use_bias_correction},
            {"safeguard_warmup", &safeguard_warmup},
            {"d0", &d0, Range::AboveZero},
            {"d_coef", &d_coef, Range::AboveZero},
            {"growth_rate", &growth_rate, Range::AtLeastOne},
            {"maximize", &maximize}};
  }
  void check() const;
};

/// m ← β1·m + (1 − β1)·d·g,   v ← β2·v + (1 − β2)·d²·g²
/// r ← β3·r + d/d0·d·γ·⟨g, p0 − p⟩,   s ← β3·s + d/d0·d·γ·g,   with p0 where p began
/// d̂ = d_coef·r/‖s‖₁ over all parameters,   d ← min(max(d_max, d̂), d·growth_rate) with the largest d̂ so far, d_max
/// p ← p·(1 − d'·γ·weight_decay) − d'·γ·m/(√v + d·eps),   d' the d before
///
/// Prodigy, Mishchenko and Defazio (2024), https://arxiv.org/abs/2306.06101. A step in which all gradients so far are
/// zero changes nothing but the averages' decay.
class Prodigy final : public StagedOptimizer<ProdigyOptions> {
 public:
  using StagedOptimizer::StagedOptimizer;
  /// The estimate of the distance to the solution; d0 before the first step.
  double d() const;

 private:
  struct Numbers {
    double k = 0, d = 0, d_max = 0, d_numerator = 0;
  };
  void update(GroupStep& step) override;
  void save_more(StateDict& out) const override;
  std::function<void()> load_more(const StateDict& state, std::vector<std::string>& known) override;

  Numbers now_, next_;
  double d_denom_ = 0, dlr_ = 0, lr_ = 0;  // of the step being made
};

}  // namespace descent::optim
