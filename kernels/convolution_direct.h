// Convolutions of small planes without unfolding them: products of shifted planes.
#pragma once

#include "convolution.h"

namespace descent::kernels {

/// As in convolution.h, for float32 and at most two spatial dims; no size is 0. Memory grows with the padded image and
/// with stride and dilation. Each element of y and dx is one chain of multiply-adds.
void direct_convolution(const Convolution& c, const float* x, const float* w, const float* bias, float* y);
void direct_input_grad(const Convolution& c, const float* g, const float* w, const float* bias, float* dx);
void direct_weight_grad(const Convolution& c, const float* x, const float* g, float* dw);

}  // namespace descent::kernels
