// What the functions of clip.h share with clipping inside a step.
#pragma once

#include <span>

#include "clip.h"

namespace descent::optim::detail {

/// What a clipped gradient is multiplied by: nothing, one number, or one for each row (all dims but the first).
using Factors = std::vector<double>;

/// The checks of clip_grad_norm_, clip_grad_value_ and clip_grad_agc_ on their numbers.
void check_clip(const char* owner, double max_norm, const ClipGradNormOptions& options);
void check_clip_value(const char* owner, double clip_value);
void check_clip_agc(const char* owner, double clipping, const ClipAgcOptions& options);

/// A gradient, and what clipping has made of it so far.
struct Clipped {
  Tensor gradient;
  const Factors* factors = nullptr;  ///< none
};
/// The common norm. Throws Error where it is not finite, unless allowed.
double norm_of(const char* owner, const std::vector<Clipped>& gradients, const ClipGradNormOptions& options);
/// What clip_grad_norm_ multiplies gradients of this norm by: min(1, max_norm / (norm + 1e-6)).
double clip_factor(double norm, double max_norm);

/// The factors of adaptive clipping for scale·gradient; nothing where no row is too long.
Factors agc_factors(const char* owner, const Tensor& p, double clipping, const ClipAgcOptions& options,
                    double scale = 1);
/// Multiplies a contiguous tensor by its factors, in place.
void apply_factors(const Tensor& g, const Factors& factors);

}  // namespace descent::optim::detail
