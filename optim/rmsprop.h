// RMSprop: a rate per element that follows the recent size of its gradient.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of RMSprop, as in PyTorch.
struct RMSpropOptions {
  double lr = 1e-2;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;  ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient
  double momentum = 0;
  bool centered = false;  ///< divide by the deviation of the gradient in place of its root mean square
  bool maximize = false;
  bool decoupled_weight_decay = false;  ///< p ← p·(1 − lr·weight_decay) in place of the L2 penalty
  std::string eps_mode = "outside";     ///< or "inside" of the root

  static constexpr const char* kName = "RMSprop";
  static constexpr std::array kSlots{"square_avg", "grad_avg", "momentum_buffer"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"alpha", &alpha, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"momentum", &momentum, Range::AtLeastZero},
            {"centered", &centered},
            {"maximize", &maximize},
            {"decoupled_weight_decay", &decoupled_weight_decay},
            {"eps_mode", &eps_mode, kEpsModes}};
  }
};

/// v ← alpha·v + (1 − alpha)·g²,   d = √v + eps,   p ← p − lr·g/d
/// momentum:  b ← momentum·b + g/d,   p ← p − lr·b
/// centered:  a ← alpha·a + (1 − alpha)·g,   d = √(v − a²) + eps
///
/// RMSprop, Tieleman and Hinton (2012), https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf;
/// `centered`: Graves (2013), https://arxiv.org/abs/1308.0850. eps stands outside of the root unless eps_mode says
/// "inside".
class RMSprop final : public OptimizerWith<RMSpropOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
