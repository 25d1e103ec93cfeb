// The cases of ../ops.cpp in LibTorch.
#include <torch/torch.h>

#include "../harness.h"

using torch::Tensor;

namespace {

Tensor leaf(const Tensor& t) { return t.detach().set_requires_grad(true); }

}  // namespace

void bench::ops() {
  add("ops/mul_add_no_grad", [](Timer& timer) {
    torch::NoGradGuard no_grad;
    Tensor a = torch::rand({1}), b = torch::rand({1}), c = torch::rand({1}), out;
    timer([&] { out = a * b + c; });
  });
  add("ops/mul_add_recorded", [](Timer& timer) {
    Tensor a = leaf(torch::rand({1})), b = leaf(torch::rand({1})), c = leaf(torch::rand({1})), out;
    timer([&] { out = a * b + c; });
  });
  add("ops/mul_add_forward_backward", [](Timer& timer) {
    Tensor a = leaf(torch::rand({1})), b = leaf(torch::rand({1})), c = leaf(torch::rand({1}));
    timer([&] {
      (a * b + c).backward();
      for (Tensor* t : {&a, &b, &c}) t->mutable_grad().reset();
    });
  });
  add("ops/chain_1000_forward_backward", [](Timer& timer) {
    Tensor x = leaf(torch::rand({64}));
    const Tensor w = torch::full({64}, 0.999f), b = torch::full({64}, 1e-3f), seed = torch::ones({64});
    timer([&] {
      Tensor y = x;
      for (int i = 0; i < 1000; ++i) y = i % 2 ? y + b : y * w;
      y.backward(seed);
      x.mutable_grad().reset();
    });
  });
}
