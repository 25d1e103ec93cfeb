// Activations without parameters, as layers. Each keeps the shape of its input.
#pragma once

#include "module.h"

namespace descent::nn {

/// max(x, 0).
class ReLU : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};

/// tanh(x).
class Tanh : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};

/// 1 / (1 + e⁻ˣ).
class Sigmoid : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};

}  // namespace descent::nn
