// The focal loss, for classes that are rare.
#pragma once

#include "loss.h"

namespace descent::losses {

/// Options of focal_loss.
struct FocalLossOptions {
  double alpha =
      0.25;  ///< binary form: α in [0, 1], factor of the positive class, 1 − α that of the negative; < 0: none
  double gamma = 2.0;                ///< γ >= 0; 0 is cross entropy
  Tensor weight = {};                ///< class form: [C], one factor a class
  std::int64_t ignore_index = -100;  ///< class form: a target of this value adds nothing
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< of the shape of the unreduced loss or of its first dims
};

/// l = −a_t·(1 − p_t)^γ·log p_t of logits: samples that are already right count little. Lin et al. 2017, "Focal loss
/// for dense object detection". The target decides the form:
///   floating, of the input's shape, in [0, 1]: p = σ(input), p_t = p·t + (1 − p)·(1 − t), a_t = α·t + (1 − α)·(1 − t),
///     and cross entropy of t in place of −log p_t: one independent question an element;
///   int64 classes, the input's shape without C:  p = softmax(input), a_t = w_t; input [C], [N, C] or [N, C, d1, …].
///   Mean
///     divides by Σ w_t of what is not ignored, so that γ = 0 is cross_entropy.
/// Finite for logits of any size, gradients too. Throws ShapeError, DTypeError, IndexError naming a class out of range,
/// Error naming a target outside [0, 1], std::invalid_argument for options.
Tensor focal_loss(const Tensor& input, const Tensor& target, const FocalLossOptions& options = {});

/// focal_loss as a module; the weight is a buffer.
class FocalLoss : public FunctionLoss<FocalLossOptions, focal_loss> {
 public:
  using FunctionLoss::FunctionLoss;
  Tensor weight = options().weight;  ///< undefined without weights
};

}  // namespace descent::losses
