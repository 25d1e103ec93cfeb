// Clipping gradients, and their norm.
#pragma once

#include <vector>

#include "../autograd/tensor.h"

namespace descent::optim {

/// Options of clip_grad_norm_. As in PyTorch, but a non-finite norm is an error unless allowed.
struct ClipGradNormOptions {
  double norm_type = 2.0;  ///< p > 0, infinity for the largest absolute value
  bool error_if_nonfinite = true;
  bool per_parameter = false;  ///< each parameter's gradient is clipped on its own to max_norm
};

/// Options of clip_grad_agc_.
struct ClipAgcOptions {
  double eps = 1e-3;  ///< units of a smaller norm count as this large, so that zeros can leave zero
  bool error_if_nonfinite = true;
  bool exclude_1d = false;  ///< leave parameters with dim() <= 1 alone: biases, norms
};

/// (Σ|g|^p)^(1/p) over all gradients taken as one vector, 0 without any. Summed in double and rescaled where powers
/// would overflow or vanish. Throws std::invalid_argument for a norm_type that is not above 0, Error on a non-finite
/// norm unless allowed.
double grad_norm(const std::vector<Tensor>& params, const ClipGradNormOptions& options = {});

/// Scales all gradients in place by min(1, max_norm/(norm + 1e-6)), so that their common norm is at most max_norm.
/// Returns the norm from before. Parameters without a gradient are skipped. Throws, leaving the gradients alone: Error
/// on a non-finite norm, std::invalid_argument for a negative or NaN max_norm (infinity only measures). With
/// error_if_nonfinite = false an infinite norm turns gradients into zeros and NaN, a NaN norm all of them into NaN, as
/// in PyTorch. With per_parameter each gradient gets the factor of its own norm; returned is still the norm of all
/// together. Throws Error for a sparse gradient.
double clip_grad_norm_(const std::vector<Tensor>& params, double max_norm, const ClipGradNormOptions& options = {});

/// Clamps every element of every gradient to [−clip_value, clip_value] in place; NaN stays.
/// Throws std::invalid_argument for a negative or NaN clip_value, Error for a sparse gradient.
void clip_grad_value_(const std::vector<Tensor>& params, double clip_value);

/// Adaptive gradient clipping, in place: where ‖Gᵢ‖ > clipping·max(‖Wᵢ‖, eps),
///     Gᵢ ← clipping·max(‖Wᵢ‖, eps)·Gᵢ/‖Gᵢ‖
/// for each unit i: a row of a matrix, a filter of a convolution (all dims but the first), the whole of a parameter
/// with dim() <= 1. Brock, De, Smith and Simonyan 2021, https://arxiv.org/abs/2102.06171; they leave the last linear
/// layer out, which the caller does by not listing it. Throws, leaving the gradients alone: Error on a norm that is not
/// finite (unless allowed: such gradients become or stay non-finite) and for a sparse gradient, std::invalid_argument
/// for an undefined parameter, a negative or NaN clipping (infinity does nothing) or eps.
void clip_grad_agc_(const std::vector<Tensor>& params, double clipping = 0.01, const ClipAgcOptions& options = {});

}  // namespace descent::optim
