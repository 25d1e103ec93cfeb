// Weights of classes from how often they occur, for losses' `weight`.
#pragma once

#include "../autograd/tensor.h"

namespace descent::losses {

/// w_c = Σ n / (C·n_c) for counts n [C] (int64 or floating) -> float32 [C]: rare classes weigh more, each class weighs
/// the same in total. As class_weight="balanced" of scikit-learn. Counts of labels: bincount(labels, {.minlength = C}).
/// Throws ShapeError unless counts are [C] with C >= 1, DTypeError for booleans, Error naming the first count that is
/// not finite and positive.
Tensor balanced_class_weights(const Tensor& counts);

/// Options of effective_number_class_weights.
struct EffectiveNumberOptions {
  double beta = 0.999;  ///< β in [0, 1): 0 weighs all the same, near 1 is the inverse frequency
};
/// w_c = (1 − β)/(1 − β^n_c), scaled to Σ w = C. Cui et al. 2019, "Class-balanced loss based on effective number of
/// samples". Throws as balanced_class_weights does, and std::invalid_argument for beta.
Tensor effective_number_class_weights(const Tensor& counts, const EffectiveNumberOptions& options = {});

}  // namespace descent::losses
