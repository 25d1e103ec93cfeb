// The network of tests/reference/nn.py.
#pragma once

#include "autograd/ops.h"
#include "nn/nn.h"

namespace descent::testing {

struct Head : nn::Module {
  Tensor scale = register_parameter("scale", ones({1}));
  Tensor seen = register_buffer("seen", zeros({1}));
  nn::Linear fc = register_module("fc", nn::Linear(3, 2, {.bias = false}));
  Tensor forward(const Tensor& x) override { return fc(x) * scale; }
};

struct Net : nn::Module {
  Tensor shift = register_parameter("shift", zeros({2}));
  nn::Sequential body = register_module("body", nn::Sequential{nn::Flatten(), nn::Linear(6, 4), nn::ReLU(),
                                                               nn::Sequential{nn::Dropout(0.1), nn::Tanh()}});
  Head head = register_module("head", Head());
  nn::Identity last = register_module("last", nn::Identity());
  Tensor forward(const Tensor& x) override { return last(head(body(x).slice(1, 0, 3)) + shift); }
};

}  // namespace descent::testing
