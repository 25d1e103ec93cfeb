// What an op, a node of the tape and a backward pass cost where arithmetic costs nothing: tensors of one element, and a
// long chain.
#include <descent.h>

#include "harness.h"

using namespace descent;

void bench::ops() {
  add("ops/mul_add_no_grad", [](Timer& timer) {
    NoGradGuard no_grad;
    Tensor a = rand({1}), b = rand({1}), c = rand({1}), out;
    timer([&] { out = a * b + c; });
  });
  add("ops/mul_add_recorded", [](Timer& timer) {
    Tensor a = rand({1}, {.requires_grad = true}), b = rand({1}, {.requires_grad = true}),
           c = rand({1}, {.requires_grad = true}), out;
    timer([&] { out = a * b + c; });
  });
  add("ops/mul_add_forward_backward", [](Timer& timer) {
    Tensor a = rand({1}, {.requires_grad = true}), b = rand({1}, {.requires_grad = true}),
           c = rand({1}, {.requires_grad = true});
    timer([&] {
      (a * b + c).backward();
      a.zero_grad(), b.zero_grad(), c.zero_grad();
    });
  });
  add("ops/chain_1000_forward_backward", [](Timer& timer) {
    Tensor x = rand({64}, {.requires_grad = true});
    const Tensor w = full({64}, 0.999f), b = full({64}, 1e-3f), seed = ones({64});
    timer([&] {
      Tensor y = x;
      for (int i = 0; i < 1000; ++i) y = i % 2 ? y + b : y * w;
      y.backward(seed);
      x.zero_grad();
    });
  });
}
