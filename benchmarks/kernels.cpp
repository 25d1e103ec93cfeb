// Ops whose arithmetic or memory traffic is what counts: 4 Mi elements (16 MiB), rows of 1000 classes, products.
#include <descent.h>

#include "harness.h"

using namespace descent;

namespace {

constexpr int64_t kElements = 4 << 20;

/// f(a, b) on two tensors of 4 Mi normal numbers, off the tape.
template <class F>
void elementwise(const std::string& name, F f) {
  bench::add("kernels/" + name, [f](bench::Timer& timer) {
    NoGradGuard no_grad;
    const Tensor a = randn({kElements}), b = randn({kElements});
    Tensor out;
    timer([&] { out = f(a, b); });
  });
}

void product(int64_t m, int64_t n, int64_t k) {
  const std::string shape = std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
  bench::add("matmul/" + shape, [=](bench::Timer& timer) {
    NoGradGuard no_grad;
    const Tensor a = randn({m, k}), b = randn({k, n});
    Tensor out;
    timer([&] { out = matmul(a, b); });
  });
}

void elementwise_cases() {
  using T = const Tensor&;
  elementwise("add_4M", [](T a, T b) { return a + b; });
  elementwise("relu_4M", [](T a, T) { return relu(a); });
  elementwise("exp_4M", [](T a, T) { return exp(a); });
  elementwise("log_4M", [](T a, T) { return log(a); });
  elementwise("tanh_4M", [](T a, T) { return tanh(a); });
  elementwise("sigmoid_4M", [](T a, T) { return sigmoid(a); });
  elementwise("where_4M", [](T a, T b) { return where(a > 0, a, b); });
  elementwise("dropout_4M", [](T a, T) { return dropout(a, 0.5, true); });
  elementwise("rand_4M", [](T, T) { return rand({kElements}); });
  elementwise("randn_4M", [](T, T) { return randn({kElements}); });
  elementwise("sum_4M", [](T a, T) { return a.sum(); });
  elementwise("sum_dim0_4096x1024", [](T a, T) { return a.view({4096, 1024}).sum({0}); });
  elementwise("sum_dim1_4096x1024", [](T a, T) { return a.view({4096, 1024}).sum({1}); });
  elementwise("max_dim1_4096x1024", [](T a, T) { return a.view({4096, 1024}).max(1).values; });
  elementwise("transpose_copy_2048x2048", [](T a, T) { return a.view({2048, 2048}).t().contiguous(); });
}

void row_cases() {
  bench::add("kernels/softmax_4096x1000", [](bench::Timer& timer) {
    NoGradGuard no_grad;
    const Tensor x = randn({4096, 1000});
    Tensor out;
    timer([&] { out = softmax(x, 1); });
  });
  bench::add("kernels/softmax_forward_backward_4096x1000", [](bench::Timer& timer) {
    Tensor x = randn({4096, 1000}, {.requires_grad = true});
    const Tensor seed = randn({4096, 1000});
    timer([&] {
      softmax(x, 1).backward(seed);
      x.zero_grad();
    });
  });
  bench::add("kernels/cross_entropy_forward_backward_4096x1000", [](bench::Timer& timer) {
    Tensor x = randn({4096, 1000}, {.requires_grad = true});
    const Tensor y = randint(1000, {4096});
    timer([&] {
      losses::cross_entropy(x, y).backward();
      x.zero_grad();
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
    NoGradGuard no_grad;
    const Tensor a = randn({32, 128, 32}), b = randn({32, 32, 128});
    Tensor out;
    timer([&] { out = bmm(a, b); });
  });
  bench::add("matmul/linear_128x512x784", [](bench::Timer& timer) {
    NoGradGuard no_grad;
    const Tensor x = randn({128, 784}), w = randn({512, 784}), b = randn({512});
    Tensor out;
    timer([&] { out = linear(x, w, b); });
  });
}

}  // namespace

void bench::kernels() {
  elementwise_cases();
  row_cases();
  product_cases();
}
