// Dropout of whole channels, and dropout that keeps mean and variance. All return x unless `training`, take floats
// (DTypeError), and throw std::invalid_argument unless 0 <= p <= 1. Plain dropout is in random.h.
#pragma once

#include "../tensor.h"

namespace descent {

/// Zeroes each channel x[n, c, …] as a whole with probability p and scales the others by 1 / (1 − p) (Tompson et al.,
/// 2015). ShapeError below 2 dims.
Tensor feature_dropout(const Tensor& x, double p = 0.5, bool training = true);
/// feature_dropout of [N, C, L] or, as one element of a batch, [C, L].
Tensor dropout1d(const Tensor& x, double p = 0.5, bool training = true);
/// feature_dropout of [N, C, H, W]; as in PyTorch [N, C, L] is taken too.
Tensor dropout2d(const Tensor& x, double p = 0.5, bool training = true);
/// feature_dropout of [N, C, D, H, W] or, as one element of a batch, [C, D, H, W].
Tensor dropout3d(const Tensor& x, double p = 0.5, bool training = true);
/// Sets elements to SELU's lower limit with probability p, then scales and shifts so that mean 0 and variance 1 stay
/// (Klambauer et al., "Self-normalizing neural networks", 2017).
Tensor alpha_dropout(const Tensor& x, double p = 0.5, bool training = true);
/// alpha_dropout of each channel x[n, c, …] as a whole. ShapeError below 2 dims.
Tensor feature_alpha_dropout(const Tensor& x, double p = 0.5, bool training = true);

}  // namespace descent
