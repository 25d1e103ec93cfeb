// Muon: momentum with all singular values of the step made equal.
#pragma once

#include <array>

#include "staged.h"

namespace descent::optim {

/// Options of Muon, with the author's defaults.
struct MuonOptions {
  double lr = 0.02;
  double momentum = 0.95;  ///< μ
  bool nesterov = true;
  std::int64_t ns_steps = 5;      ///< Newton–Schulz iterations
  double weight_decay = 0;        ///< λ: parameters shrink by the factor 1 − rate·λ a step, all of them
  double adamw_lr_ratio = 0.015;  ///< AdamW's rate is lr times this, so that schedules move both
  std::pair<double, double> adamw_betas = {0.9, 0.95};
  double adamw_eps = 1e-10;
  bool maximize = false;

  static constexpr const char* kName = "Muon";
  static constexpr std::array kSlots{"momentum_buffer", "exp_avg", "exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"momentum", &momentum, Range::ZeroToOne},
            {"nesterov", &nesterov},
            {"ns_steps", &ns_steps, Range::AtLeastOne},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"adamw_lr_ratio", &adamw_lr_ratio, Range::AtLeastZero},
            {"adamw_betas", &adamw_betas, Range::ZeroToOne},
            {"adamw_eps", &adamw_eps, Range::AtLeastZero},
            {"maximize", &maximize}};
  }
};

/// Parameters with two dims or more, as matrices [size(0), the rest]:
///   B ← μ·B + g,   M = g + μ·B with nesterov, else B
///   X = M/(‖M‖ + 1e-7), transposed where it has more rows than columns; ns_steps times
///   X ← a·X + (b·A + c·A²)·X,   A = X·Xᵀ,   a = 3.4445, b = −4.7750, c = 2.0315
///   p ← p·(1 − lr·weight_decay) − lr·√max(1, rows/columns)·X
/// The others: AdamW with the rate lr·adamw_lr_ratio.
///
/// Muon, Jordan et al. (2024), https://kellerjordan.github.io/posts/muon. It is meant for hidden layers: a group with
/// another rate, or another optimizer, may suit embeddings and the last layer better.
class Muon final : public StagedOptimizer<MuonOptions> {
 public:
  using StagedOptimizer::StagedOptimizer;
  SlotSpec slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const override;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
