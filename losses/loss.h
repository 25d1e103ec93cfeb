// The base of the losses as modules.
#pragma once

#include "../nn/module.h"
#include "reduction.h"

namespace descent::losses {

/// A module that compares a prediction with a target: `loss = criterion(input, target)`. Derive and override forward
/// for a loss of one's own.
class Loss : public nn::Module {
 public:
  Tensor operator()(const Tensor& input, const Tensor& target) const { return forward(input, target); }
  virtual Tensor forward(const Tensor& input, const Tensor& target) const = 0;

 private:
  Tensor forward(const Tensor& x) final { return nn::Module::forward(x); }  // throws: a loss takes two tensors
};

}  // namespace descent::losses
