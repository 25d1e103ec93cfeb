// SparseAdam: Adam for gradients that hold few rows.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of SparseAdam, as in PyTorch.
struct SparseAdamOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  bool maximize = false;

  static constexpr const char* kName = "SparseAdam";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AboveZero},
            {"maximize", &maximize}};
  }
};

/// For the rows that the gradient holds, and no others:
/// m ← m + (1 − β1)·(g − m)
/// v ← v + (1 − β2)·(g² − v)
/// p ← p − lr·√(1 − β2ᵗ)/(1 − β1ᵗ) · m / (√v + eps)
///
/// PyTorch's lazy form of Adam, Kingma and Ba (2015), https://arxiv.org/abs/1412.6980: moments of the other rows do not
/// decay, while t counts every step of the parameter. Throws Error for a gradient that is not sparse.
class SparseAdam final : public OptimizerWith<SparseAdamOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
  bool takes_sparse(const ParamGroup&) const override { return true; }
};

}  // namespace descent::optim
