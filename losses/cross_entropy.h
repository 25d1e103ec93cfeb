// Cross entropy of logits with class indices or with probabilities.
#pragma once

#include "loss.h"

namespace descent::losses {

/// Options of cross_entropy.
struct CrossEntropyLossOptions {
  Tensor weight = {};                ///< [C], one factor a class
  std::int64_t ignore_index = -100;  ///< a target of this value adds nothing, also not to the mean's divisor
  Reduction reduction = Reduction::Mean;
  double label_smoothing = 0.0;  ///< s in [0, 1]: the target becomes (1 − s)·target + s/C
  Tensor sample_weight = {};     ///< of the shape of the unreduced loss, multiplies it; the mean's divisor stays
};

/// With p = softmax(input) over the classes, weights w and smoothing s:
///   target int64, the input's shape without C:   l = −(1 − s)·w_t·log p_t − s/C·Σ_c w_c·log p_c
///   target floating, of the input's shape:       l = −Σ_c w_c·((1 − s)·target_c + s/C)·log p_c
/// input is [C], [N, C] or [N, C, d1, …]. Mean divides by Σ w_t of what is not ignored, for probabilities by the number
/// of samples. Throws ShapeError, DTypeError (float class indices), IndexError naming a class out of range and where it
/// stands, std::invalid_argument for options. Smoothing: Szegedy et al. 2016, "Rethinking the Inception Architecture".
Tensor cross_entropy(const Tensor& input, const Tensor& target, const CrossEntropyLossOptions& options = {});

/// cross_entropy as a module; the weight is a buffer.
class CrossEntropyLoss : public FunctionLoss<CrossEntropyLossOptions, cross_entropy> {
 public:
  using FunctionLoss::FunctionLoss;
  Tensor weight = options().weight;  ///< undefined without weights
};

}  // namespace descent::losses
