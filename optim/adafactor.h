// Adafactor: second moments of matrices kept as one number for each row and one for each column.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of Adafactor: PyTorch 2.5's, then those of fairseq and Transformers, all with the paper's defaults.
struct AdafactorOptions {
  double lr = 1e-2;                               ///< ρ, with relative_step the largest one
  double beta2_decay = -0.8;                      ///< at most 0: the averages move by t^beta2_decay
  std::pair<double, double> eps = {1e-30, 1e-3};  ///< added to g², above 0; least scale of a step
  double d = 1;                                   ///< steps whose root mean square is larger are cut back to it
  double weight_decay = 0;                        ///< λ: parameters shrink by the factor 1 − lr·λ a step
  bool maximize = false;
  bool relative_step = true;    ///< ρ = min(lr, 1/√t), else lr
  bool scale_parameter = true;  ///< steps are as long as the parameter, else ρ alone tells
  bool warmup_init = false;     ///< with relative_step: ρ = min(1e-6·t, 1/√t)

  static constexpr const char* kName = "Adafactor";
  static constexpr std::array kSlots{"row_var", "col_var", "variance"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"beta2_decay", &beta2_decay},
            {"eps", &eps, Range::AtLeastZero},
            {"d", &d, Range::AboveZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"maximize", &maximize},
            {"relative_step", &relative_step},
            {"scale_parameter", &scale_parameter},
            {"warmup_init", &warmup_init}};
  }
  void check() const;
};

/// w = t^beta2_decay,   rms(x) = ‖x‖/√numel,   G = g² + eps0
/// matrices, also stacked:   r ← r + w·(mean_j G − r),   c ← c + w·(mean_i G − c),   v = r·cᵀ/mean r
/// otherwise:                v ← v + w·(G − v)
/// u = g/√v,   ρ = min(lr, 1/√t)
/// p ← p·(1 − lr·weight_decay) − max(eps1, rms(p))·ρ·u/max(1, rms(u)/d)
///
/// Adafactor, Shazeer and Stern (2018), https://arxiv.org/abs/1804.04235, algorithms 4 to 6. PyTorch 2.5 keeps v above
/// eps0² in place of adding eps0, which shows where gradients vanish alone.
/// Throws std::invalid_argument for warmup_init without relative_step.
class Adafactor final : public OptimizerWith<AdafactorOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  SlotSpec slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const override;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
