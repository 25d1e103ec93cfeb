// Convolutions whose groups have one input channel each: no matrix product, but rows that are shifted and added.
#pragma once

#include "convolution.h"

namespace descent::kernels {

/// As in convolution.h, for in_channels == groups.
void depthwise(DType dtype, const Convolution& c, const void* x, const void* w, const void* bias, void* y);
void depthwise_input_grad(DType dtype, const Convolution& c, const void* g, const void* w, const void* bias, void* dx);
void depthwise_weight_grad(DType dtype, const Convolution& c, const void* x, const void* g, void* dw);

}  // namespace descent::kernels
