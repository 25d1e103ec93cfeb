// Penalties on parameters, as terms of a loss.
#pragma once

#include <vector>

#include "../autograd/tensor.h"

namespace descent::optim {

/// Options of the penalties.
struct PenaltyOptions {
  bool exclude_1d = false;  ///< leave parameters with dim() <= 1 out: biases, norms
};

/// lambda·Σ|θ| over all elements of all parameters: a differentiable scalar (gradient lambda·sign(θ)), float32 0 over
/// nothing. For exact zeros use SGD's `l1`. Throws std::invalid_argument for an undefined parameter or a lambda that is
/// negative or not finite.
Tensor l1_penalty(const std::vector<Tensor>& params, double lambda, const PenaltyOptions& options = {});

/// lambda·Σθ², gradient 2·lambda·θ. Otherwise as l1_penalty.
Tensor l2_penalty(const std::vector<Tensor>& params, double lambda, const PenaltyOptions& options = {});

/// Options of elastic_net_penalty.
struct ElasticNetPenaltyOptions {
  double l1_ratio = 0.5;    ///< share of the L1 term, in [0, 1]
  bool exclude_1d = false;  ///< leave parameters with dim() <= 1 out: biases, norms
};

/// lambda·(l1_ratio·Σ|θ| + (1 − l1_ratio)/2·Σθ²), Zou and Hastie 2005. Otherwise as l1_penalty; for exact zeros use
/// SGD's `l1` and `weight_decay`. Throws std::invalid_argument for an l1_ratio outside [0, 1], too.
Tensor elastic_net_penalty(const std::vector<Tensor>& params, double lambda,
                           const ElasticNetPenaltyOptions& options = {});

/// lambda·Σ_r ‖θ_r‖₂ over the rows r of all parameters, Yuan and Lin 2006: a row of a matrix, a filter of a convolution
/// (all dims but the first), an element of a vector. The gradient is 0 at a row of zeros. Otherwise as l1_penalty; for
/// rows of exact zeros use SGD's `group_lasso`.
Tensor group_lasso_penalty(const std::vector<Tensor>& params, double lambda, const PenaltyOptions& options = {});

/// The fraction of elements that are exactly zero, over all parameters; 0 over nothing. Throws std::invalid_argument
/// for an undefined parameter.
double sparsity(const std::vector<Tensor>& params);

}  // namespace descent::optim
