// Softmax and cross entropy, fused: one pass forward, one pass backward.
#pragma once

#include "../tensor.h"

namespace descent {

/// exp(a_i) / Σ exp(a_j) along dim, computed without overflow. Integers are converted to float32.
Tensor softmax(const Tensor& a, std::int64_t dim);
/// log softmax(a), exact also where softmax underflows.
Tensor log_softmax(const Tensor& a, std::int64_t dim);

/// Per-row cross entropy of logits [n, classes] with int64 class indices [n] -> [n], as losses::cross_entropy with
/// Reduction::None computes it. weight: [classes] or Tensor(); a row whose target is ignore_index gives 0.
/// Throws ShapeError, DTypeError, and IndexError naming the first class out of range.
Tensor cross_entropy_rows(const Tensor& logits, const Tensor& target, const Tensor& weight = {},
                          std::int64_t ignore_index = -100, double label_smoothing = 0.0);

}  // namespace descent
