// 3x3 convolutions of small planes, as in residual networks on images of 28 x 28: forward, and with both gradients.
#include <descent.h>

#include "harness.h"

using namespace descent;

namespace {

/// Planes of size x size, padding 1.
void convolution(int64_t batch, int64_t in, int64_t out, int64_t size, int64_t stride) {
  const std::string shape = "convolution/" + std::to_string(batch) + "x" + std::to_string(in) + "x" +
                            std::to_string(size) + "x" + std::to_string(size) + "_to_" + std::to_string(out) +
                            "_stride_" + std::to_string(stride);
  bench::add(shape + "_forward", [=](bench::Timer& timer) {
    NoGradGuard no_grad;
    const Tensor x = randn({batch, in, size, size}), w = randn({out, in, 3, 3});
    Tensor y;
    timer([&] { y = conv2d(x, w, {}, {.stride = stride, .padding = 1}); });
  });
  bench::add(shape + "_forward_backward", [=](bench::Timer& timer) {
    Tensor x = randn({batch, in, size, size}, {.requires_grad = true}),
           w = randn({out, in, 3, 3}, {.requires_grad = true});
    const Tensor seed = randn({batch, out, (size - 1) / stride + 1, (size - 1) / stride + 1});
    timer([&] {
      conv2d(x, w, {}, {.stride = stride, .padding = 1}).backward(seed);
      x.zero_grad(), w.zero_grad();
    });
  });
}

}  // namespace

void bench::convolutions() {
  convolution(128, 1, 16, 28, 1);
  convolution(128, 16, 16, 28, 1);
  convolution(128, 16, 32, 28, 2);
  convolution(128, 32, 32, 14, 1);
  convolution(128, 32, 64, 14, 2);
  convolution(128, 64, 64, 7, 1);
  convolution(8, 64, 64, 56, 1);
}
