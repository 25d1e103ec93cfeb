// Penalties on parameters, as terms of a loss.
#pragma once

#include <vector>

#include "../autograd/tensor.h"

namespace descent::optim {

/// lambda·Σ|θ| over all elements of all parameters: a differentiable scalar (gradient lambda·sign(θ)), float32 0 over
/// nothing. For exact zeros use SGD's `l1`. Throws std::invalid_argument for an undefined parameter or a lambda that is
/// negative or not finite.
Tensor l1_penalty(const std::vector<Tensor>& params, double lambda);

/// lambda·Σθ², gradient 2·lambda·θ. Otherwise as l1_penalty.
Tensor l2_penalty(const std::vector<Tensor>& params, double lambda);

}  // namespace descent::optim
