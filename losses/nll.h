// The negative log likelihood of class indices.
#pragma once

#include "loss.h"

namespace descent::losses {

/// Options of nll_loss.
struct NLLLossOptions {
  Tensor weight = {};                ///< [C], one factor a class
  std::int64_t ignore_index = -100;  ///< a target of this value adds nothing, also not to the mean's divisor
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< of the shape of the unreduced loss, multiplies it; the mean's divisor stays
};

/// l = −w_t·input_t, where input [C], [N, C] or [N, C, d1, …] holds log probabilities and target int64 classes, in the
/// input's shape without C. Mean divides by Σ w_t of what is not ignored. Throws ShapeError, DTypeError, and IndexError
/// naming a class out of range and where it stands.
Tensor nll_loss(const Tensor& input, const Tensor& target, const NLLLossOptions& options = {});

/// nll_loss as a module; the weight is a buffer.
class NLLLoss : public FunctionLoss<NLLLossOptions, nll_loss> {
 public:
  using FunctionLoss::FunctionLoss;
  Tensor weight = options().weight;  ///< undefined without weights
};

}  // namespace descent::losses
