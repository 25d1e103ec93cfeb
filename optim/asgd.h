// Averaged stochastic gradient descent.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of ASGD, as in PyTorch.
struct ASGDOptions {
  double lr = 1e-2;
  double lambd = 1e-4;      ///< decay of parameters in a step
  double alpha = 0.75;      ///< power of the rate
  double t0 = 1e6;          ///< the step after which averaging begins
  double weight_decay = 0;  ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient
  bool maximize = false;

  static constexpr const char* kName = "ASGD";
  static constexpr std::array kSlots{"eta", "mu", "ax"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"lambd", &lambd, Range::AtLeastZero},
            {"alpha", &alpha, Range::AtLeastZero},
            {"t0", &t0, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"maximize", &maximize}};
  }
};

/// p  ← p·(1 − lambd·eta) − eta·g
/// ax ← ax + mu·(p − ax)
/// eta ← lr/(1 + lambd·lr·t)^alpha,   mu ← 1/max(1, t − t0)
///
/// ASGD, Polyak and Juditsky (1992), https://doi.org/10.1137/0330046. The average is the state `ax`; the parameters
/// keep the last iterate. As in PyTorch eta and mu are set for the step to come: a change of lr acts one step later.
class ASGD final : public OptimizerWith<ASGDOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  SlotSpec slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const override;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
