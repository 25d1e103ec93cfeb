// Shampoo: a preconditioner for each dim of a tensor, whose Kronecker product stands for the full matrix.
#pragma once

#include <array>

#include "staged.h"

namespace descent::optim {

/// Options of Shampoo. The paper leaves them open: lr, momentum, weight_decay, epsilon and update_freq are those of
/// PyTorch users' implementation (moskomule/shampoo.pytorch). The authors' code has lr 1, epsilon 0.1 and diagonals
/// from 769 on (tf.contrib.opt), later lr 1, momentum 0.9 and epsilon 1e-12 with the length of SGD's step
/// (google-research/scalable_shampoo).
struct ShampooOptions {
  double lr = 0.1;
  double momentum = 0;
  double weight_decay = 0;                     ///< λ of an L2 penalty, added to the gradient
  double epsilon = 1e-4;                       ///< what the factors start as, times the unit matrix
  std::int64_t update_freq = 1;                ///< roots are taken anew every so many steps
  std::int64_t max_preconditioner_dim = 1024;  ///< longer dims keep the diagonal of their factor
  bool maximize = false;

  static constexpr const char* kName = "Shampoo";
  static constexpr std::array kSlots{"momentum_buffer", "precond_0",     "precond_1",     "precond_2",
                                     "precond_3",       "precond_4",     "precond_5",     "inv_precond_0",
                                     "inv_precond_1",   "inv_precond_2", "inv_precond_3", "inv_precond_4",
                                     "inv_precond_5"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"momentum", &momentum, Range::ZeroToOne},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"epsilon", &epsilon, Range::AboveZero},
            {"update_freq", &update_freq, Range::AtLeastOne},
            {"max_preconditioner_dim", &max_preconditioner_dim, Range::AtLeastOne},
            {"maximize", &maximize}};
  }
};

/// For each dim i of the k dims of g, with G the matrix [size(i), the rest] that it unfolds to:
///   H_i ← H_i + G·Gᵀ,   H_i = epsilon·1 at first
///   u = g ×₁ H_1^(−1/2k) … ×ₖ H_k^(−1/2k),   for matrices L^(−1/4)·g·R^(−1/4)
/// B ← momentum·B + u
/// p ← p − lr·B
///
/// Shampoo, Gupta et al. (2018), https://arxiv.org/abs/1802.09568; roots by eigh, factors in float64 for either element
/// type. Dims from the sixth on count as one. Throws Error where eigh does, as for gradients that are not finite.
/// max_preconditioner_dim cannot be changed once there is state.
class Shampoo final : public StagedOptimizer<ShampooOptions> {
 public:
  using StagedOptimizer::StagedOptimizer;
  SlotSpec slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const override;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
