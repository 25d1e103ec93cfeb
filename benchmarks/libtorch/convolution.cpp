// The cases of ../convolution.cpp in LibTorch.
#include <torch/torch.h>

#include "../harness.h"

using torch::Tensor;

namespace {

/// Planes of size x size, padding 1.
void convolution(int64_t batch, int64_t in, int64_t out, int64_t size, int64_t stride) {
  const std::string shape = "convolution/" + std::to_string(batch) + "x" + std::to_string(in) + "x" +
                            std::to_string(size) + "x" + std::to_string(size) + "_to_" + std::to_string(out) +
                            "_stride_" + std::to_string(stride);
  bench::add(shape + "_forward", [=](bench::Timer& timer) {
    torch::NoGradGuard no_grad;
    const Tensor x = torch::randn({batch, in, size, size}), w = torch::randn({out, in, 3, 3});
    Tensor y;
    timer([&] { y = torch::conv2d(x, w, {}, stride, 1); });
  });
  bench::add(shape + "_forward_backward", [=](bench::Timer& timer) {
    Tensor x = torch::randn({batch, in, size, size}).set_requires_grad(true),
           w = torch::randn({out, in, 3, 3}).set_requires_grad(true);
    const Tensor seed = torch::randn({batch, out, (size - 1) / stride + 1, (size - 1) / stride + 1});
    timer([&] {
      torch::conv2d(x, w, {}, stride, 1).backward(seed);
      x.mutable_grad().reset(), w.mutable_grad().reset();
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
