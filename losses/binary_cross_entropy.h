// Binary cross entropy of logits, and of probabilities.
#pragma once

#include "loss.h"

namespace descent::losses {

/// Options of binary_cross_entropy_with_logits. weight and pos_weight must broadcast to the input's shape.
struct BCEWithLogitsLossOptions {
  Tensor weight = {};  ///< factor of each element's loss
  Reduction reduction = Reduction::Mean;
  Tensor pos_weight = {};     ///< p, factor of the positive part
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the elements
};

/// l = −w·(p·t·log σ(x) + (1 − t)·log(1 − σ(x))), elementwise, then reduced: x = input (logits), t = target in [0, 1].
/// Accurate for logits of any size, gradients too. Throws ShapeError for different shapes of input and target, which
/// never broadcast, and for weights that do not fit; DTypeError unless all are floating;
/// Error naming a target outside [0, 1].
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BCEWithLogitsLossOptions& options = {});

/// Options of binary_cross_entropy.
struct BCELossOptions {
  Tensor weight = {};  ///< factor of each element's loss; broadcasts to the input's shape
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the elements
};

/// l = −w·(t·log x + (1 − t)·log(1 − x)), elementwise, then reduced: x = input and t = target in [0, 1]. Logarithms are
/// at least −100 and the derivative is w·(x − t)/max(x·(1 − x), 1e-12), so both are finite for probabilities 0 and 1;
/// binary_cross_entropy_with_logits is exact there. Throws as it does, and Error naming the first input outside [0, 1].
Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const BCELossOptions& options = {});

/// binary_cross_entropy_with_logits as a module; weight and pos_weight are buffers.
class BCEWithLogitsLoss : public FunctionLoss<BCEWithLogitsLossOptions, binary_cross_entropy_with_logits> {
 public:
  using FunctionLoss::FunctionLoss;
  Tensor weight = options().weight;          ///< undefined if not given
  Tensor pos_weight = options().pos_weight;  ///< undefined if not given
};

/// binary_cross_entropy as a module; the weight is a buffer.
class BCELoss : public FunctionLoss<BCELossOptions, binary_cross_entropy> {
 public:
  using FunctionLoss::FunctionLoss;
  Tensor weight = options().weight;  ///< undefined if not given
};

}  // namespace descent::losses
