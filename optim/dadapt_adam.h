// D-Adaptation for Adam: a rate found from a lower bound of the distance to the solution.
#pragma once

#include <array>

#include "staged.h"

namespace descent::optim {

/// Options of DAdaptAdam, with the defaults of the paper's code. The numbers of d are those of the first group; all
/// groups must have the same lr, or 0.
struct DAdaptAdamOptions {
  double lr = 1;  ///< γ; leave it at 1, or a schedule that starts there
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;                                  ///< λ of an L2 penalty
  bool decouple = false;                                    ///< p ← p·(1 − d·γ·λ) in place of the penalty
  bool use_bias_correction = false;                         ///< multiply γ by √(1 − β2ᵗ)/(1 − β1ᵗ)
  double d0 = 1e-6;                                         ///< the first d
  double growth_rate = std::numeric_limits<double>::max();  ///< d grows by this factor a step at most
  bool maximize = false;

  static constexpr const char* kName = "DAdaptAdam";
  static constexpr std::array kSlots{"s", "exp_avg", "exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero}, {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AboveZero}, {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"decouple", &decouple},         {"use_bias_correction", &use_bias_correction},
            {"d0", &d0, Range::AboveZero},   {"growth_rate", &growth_rate, Range::AtLeastOne},
            {"maximize", &maximize}};
  }
};

/// m ← β1·m + (1 − β1)·d·γ·g,   v ← β2·v + (1 − β2)·g²,   A = √v + eps
/// p ← p − m/A
/// r ← √β2·r + (1 − √β2)·d·γ·⟨g, s/A⟩,   s ← √β2·s + (1 − √β2)·d·γ·g
/// d̂ = r/((1 − √β2)·‖s‖₁) over all parameters,   d ← max(d, min(d̂, d·growth_rate))
///
/// D-Adaptation, Defazio and Mishchenko (2023), https://arxiv.org/abs/2301.07733, its Adam variant; the
/// authors' code has the A from before the step in r. A step in which all
/// gradients so far are zero changes nothing but the averages' decay.
class DAdaptAdam final : public StagedOptimizer<DAdaptAdamOptions> {
 public:
  using StagedOptimizer::StagedOptimizer;
  /// The lower bound of the distance to the solution; d0 before the first step.
  double d() const;

 private:
  struct Numbers {
    double k = 0, d = 0, numerator_weighted = 0;
  };
  void update(GroupStep& step) override;
  void save_more(StateDict& out) const override;
  std::function<void()> load_more(const StateDict& state, std::vector<std::string>& known) override;

  Numbers now_, next_;
  double sk_l1_ = 0, dlr_ = 0, lr_ = 0;  // of the step being made
};

}  // namespace descent::optim
