// Convolutions over 1 to 3 spatial dims, and the two products that are their gradients. All memory is row-major.
#pragma once

#include "dtype.h"

namespace descent::kernels {

/// Sizes of a convolution  y[n, o, p] = bias[o] + Σ_{c, k} w[o, c, k]·x[n, c, p·stride + k·dilation − padding]  with
/// zeros outside of x. Spatial dims that are not there come first and keep the values below.
/// x: [batch, in_channels, in…], w: [out_channels, in_channels / groups, kernel…], y: [batch, out_channels, out…].
struct Convolution {
  std::int64_t batch = 0, groups = 1, in_channels = 0, out_channels = 0;
  std::int64_t in[3] = {1, 1, 1}, kernel[3] = {1, 1, 1}, out[3] = {1, 1, 1};
  std::int64_t stride[3] = {1, 1, 1}, padding[3] = {0, 0, 0}, dilation[3] = {1, 1, 1};

  std::int64_t in_plane() const { return in[0] * in[1] * in[2]; }
  std::int64_t out_plane() const { return out[0] * out[1] * out[2]; }
  std::int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
};

/// y from x, w and bias [out_channels] (or nullptr). float32 or float64. Throws std::runtime_error when a size exceeds
/// what BLAS can index, std::bad_alloc without memory for the columns.
void convolution(DType dtype, const Convolution& c, const void* x, const void* w, const void* bias, void* y);

/// dx = ∂y/∂xᵀ·g (+ bias[in_channels] when given): the transposed convolution of g, which is shaped like y.
void convolution_input_grad(DType dtype, const Convolution& c, const void* g, const void* w, const void* bias,
                            void* dx);

/// dw = ∂y/∂wᵀ·g, summed over the batch in an order that depends on the sizes alone.
void convolution_weight_grad(DType dtype, const Convolution& c, const void* x, const void* g, void* dw);

}  // namespace descent::kernels
