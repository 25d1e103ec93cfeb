// The cases of ../kernels.cpp in LibTorch.
#include <torch/torch.h>

#include "../harness.h"

using torch::Tensor;

namespace {

constexpr int64_t kElements = 4 << 20;

/// f(a, b) on two tensors of 4 Mi normal numbers, off the tape.
template <class F>
void elementwise(const std::string& name, F f) {
  bench::add("kernels/" + name, [f](bench::Timer& timer) {
    torch::NoGradGuard no_grad;
    const Tensor a = torch::randn({kElements}), b = torch::randn({kElements});
    Tensor out;
    timer([&] { out = f(a, b); });
  });
}

void product(int64_t m, int64_t n, int64_t k) {
  const std::string shape = std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
  bench::add("matmul/" + shape, [=](bench::Timer& timer) {
    torch::NoGradGuard no_grad;
    const Tensor a = torch::randn({m, k}), b = torch::randn({k, n});
    Tensor out;
    timer([&] { out = torch::matmul(a, b); });
  });
}

void elementwise_cases() {
  using T = const Tensor&;
  elementwise("add_4M", [](T a, T b) { return a + b; });
  elementwise("relu_4M", [](T a, T) { return torch::relu(a); });
  elementwise("exp_4M", [](T a, T) { return torch::exp(a); });
  elementwise("log_4M", [](T a, T) { return torch::log(a); });
  elementwise("tanh_4M", [](T a, T) { return torch::tanh(a); });
  elementwise("sigmoid_4M", [](T a, T) { return torch::sigmoid(a); });
  elementwise("where_4M", [](T a, T b) { return torch::where(a > 0, a, b); });
  elementwise("dropout_4M", [](T a, T) { return torch::dropout(a, 0.5, true); });
  elementwise("rand_4M", [](T, T) { return torch::rand({kElements}); });
  elementwise("randn_4M", [](T, T) { return torch::randn({kElements}); });
  elementwise("sum_4M", [](T a, T) { return a.sum(); });
  elementwise("sum_dim0_4096x1024", [](T a, T) { return a.view({4096, 1024}).sum({0}); });
  elementwise("sum_dim1_4096x1024", [](T a, T) { return a.view({4096, 1024}).sum({1}); });
  elementwise("max_dim1_4096x1024", [](T a, T) { return std::get<0>(a.view({4096, 1024}).max(1)); });
  elementwise("transpose_copy_2048x2048", [](T a, T) { return a.view({2048, 2048}).t().contiguous(); });
}

void row_cases() {
  bench::add("kernels/softmax_4096x1000", [](bench::Timer& timer) {
    torch::NoGradGuard no_grad;
    const Tensor x = torch::randn({4096, 1000});
    Tensor out;
    timer([&] { out = torch::softmax(x, 1); });
  });
  bench::add("kernels/softmax_forward_backward_4096x1000", [](bench::Timer& timer) {
    Tensor x = torch::randn({4096, 1000}).set_requires_grad(true);
    const Tensor seed = torch::randn({4096, 1000});
    timer([&] {
      torch::softmax(x, 1).backward(seed);
      x.mutable_grad().reset();
    });
  });
  bench::add("kernels/cross_entropy_forward_backward_4096x1000", [](bench::Timer& timer) {
    Tensor x = torch::randn({4096, 1000}).set_requires_grad(true);
    const Tensor y = torch::randint(1000, {4096}, torch::kLong);
    timer([&] {
      torch::nn::functional::cross_entropy(x, y).backward();
      x.mutable_grad().reset();
    });
  });
}

void product_cases() {
  product(16, 16, 4);
  product(64, 64, 64);
  product(128, 128, 128);
  product(256, 256, 256);
  product(512, 512, 512);
  product(1024, 1024, 1024);
  product(128, 512, 784);
  product(1, 512, 784);
  bench::add("matmul/batched_32x128x128x32", [](bench::Timer& timer) {
    torch::NoGradGuard no_grad;
    const Tensor a = torch::randn({32, 128, 32}), b = torch::randn({32, 32, 128});
    Tensor out;
    timer([&] { out = torch::bmm(a, b); });
  });
  bench::add("matmul/linear_128x512x784", [](bench::Timer& timer) {
    torch::NoGradGuard no_grad;
    const Tensor x = torch::randn({128, 784}), w = torch::randn({512, 784}), b = torch::randn({512});
    Tensor out;
    timer([&] { out = torch::linear(x, w, b); });
  });
}

}  // namespace

void bench::kernels() {
  elementwise_cases();
  row_cases();
  product_cases();
}
