// Binary cross entropy of logits.
#pragma once

#include "loss.h"

namespace descent::losses {

/// Options of binary_cross_entropy_with_logits. Both tensors must broadcast to the input's shape.
struct BCEWithLogitsLossOptions {
  Tensor weight = {};  ///< factor of each element's loss
  Reduction reduction = Reduction::Mean;
  Tensor pos_weight = {};  ///< p, factor of the positive part
};

/// l = −w·(p·t·log σ(x) + (1 − t)·log(1 − σ(x))), elementwise, then reduced: x = input (logits), t = target in [0, 1].
/// Accurate for logits of any size, gradients too. Throws ShapeError for different shapes of input and target, which
/// never broadcast, and for weights that do not fit; DTypeError unless all are floating.
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BCEWithLogitsLossOptions& options = {});

/// binary_cross_entropy_with_logits as a module; weight and pos_weight are buffers.
class BCEWithLogitsLoss : public Loss {
 public:
  explicit BCEWithLogitsLoss(const BCEWithLogitsLossOptions& options = {});
  Tensor forward(const Tensor& input, const Tensor& target) const override;

  Tensor weight;      ///< undefined if not given
  Tensor pos_weight;  ///< undefined if not given

 private:
  Reduction reduction_;
};

}  // namespace descent::losses
