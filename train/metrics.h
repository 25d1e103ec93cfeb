// How good predictions are.
#pragma once

#include "../autograd/tensor.h"

namespace descent::train {

/// The fraction of positions where the largest logit is that of the target. logits: float [n, classes] or
/// [n, classes, d1, …]; target: int64 [n] or [n, d1, …]. NaN over nothing. Throws DTypeError, ShapeError.
double accuracy(const Tensor& logits, const Tensor& target);

/// m[i][j] = how many items of class i were predicted as class j: int64 [classes, classes] from two int64 tensors of
/// one shape. Throws DTypeError, ShapeError, IndexError for a class outside [0, classes), std::invalid_argument unless
/// classes >= 1.
Tensor confusion_matrix(const Tensor& prediction, const Tensor& target, std::int64_t classes);

}  // namespace descent::train
