// Adafactor: second moments of matrices kept as one number for each row and one for each column.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of Adafactor, as in PyTorch 2.5.
struct AdafactorOptions {
  double lr = 1e-2;
  double beta2_decay = -0.8;                  ///< at most 0: the averages move by t^beta2_decay
  std::pair<double, double> eps = {0, 1e-3};  ///< below the root, 0: the type's machine epsilon; least scale of a step
  double d = 1;                               ///< steps whose root mean square is larger are cut back to it
  double weight_decay = 0;                    ///< λ: parameters shrink by the factor 1 − lr·λ a step
  bool maximize = false;

  static constexpr const char* kName = "Adafactor";
  static constexpr std::array kSlots{"row_var", "col_var", "variance"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"beta2_decay", &beta2_decay},
            {"eps", &eps, Range::AtLeastZero},
            {"d", &d, Range::AboveZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"maximize", &maximize}};
  }
  void check() const;
};

/// w = t^beta2_decay,   rms(x) = ‖x‖/√numel
/// matrices, also stacked:   r ← r + w·(mean_j g² − r),   c ← c + w·(mean_i g² − c),   v = r·cᵀ/max(mean r, eps0)
/// otherwise:                v ← v + w·(g² − v)
/// u = g/√max(v, eps0²)
/// p ← p·(1 − lr·weight_decay) − max(eps1, rms(p))·min(lr, 1/√t)·u/max(1, rms(u)/d)
///
/// Adafactor, Shazeer and Stern (2018), https://arxiv.org/abs/1804.04235, in the form of PyTorch 2.5.
class Adafactor final : public OptimizerWith<AdafactorOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  SlotSpec slot_spec(std::size_t slot, const Tensor& p) const override;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
