// Clipping gradients, and their norm.
#pragma once

#include <vector>

#include "../autograd/tensor.h"

namespace descent::optim {

/// Options of clip_grad_norm_. As in PyTorch, but a non-finite norm is an error unless allowed.
struct ClipGradNormOptions {
  double norm_type = 2.0;  ///< p > 0, infinity for the largest absolute value
  bool error_if_nonfinite = true;
};

/// (Σ|g|^p)^(1/p) over all gradients taken as one vector, 0 without any. Summed in double and rescaled where powers
/// would overflow or vanish. Throws std::invalid_argument for a norm_type that is not above 0, Error on a non-finite
/// norm unless allowed.
double grad_norm(const std::vector<Tensor>& params, const ClipGradNormOptions& options = {});

/// What clip_grad_norm_ multiplies gradients of this norm by: min(1, max_norm / (norm + 1e-6)).
double clip_factor(double norm, double max_norm);

/// Scales all gradients in place by one factor, so that their common norm is at most max_norm. Returns the norm from
/// before. Parameters without a gradient are skipped. Throws, leaving the gradients alone: Error on a non-finite norm,
/// std::invalid_argument for a negative or NaN max_norm (infinity only measures). With error_if_nonfinite = false an
/// infinite norm turns gradients into zeros and NaN, a NaN norm all of them into NaN, as in PyTorch.
double clip_grad_norm_(const std::vector<Tensor>& params, double max_norm, const ClipGradNormOptions& options = {});

/// Clamps every element of every gradient to [−clip_value, clip_value] in place; NaN stays.
/// Throws std::invalid_argument for a negative or NaN clip_value.
void clip_grad_value_(const std::vector<Tensor>& params, double clip_value);

/// The checks of clip_grad_norm_ on its numbers.
void check_clip(const char* owner, double max_norm, const ClipGradNormOptions& options);

}  // namespace descent::optim
