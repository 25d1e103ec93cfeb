// The bases of the losses as modules.
#pragma once

#include "../nn/module.h"
#include "reduction.h"

namespace descent::losses {

/// A module that compares a prediction with a target: `loss = criterion(input, target)`, which runs hooks on the
/// prediction and the loss. Derive and override forward for a loss of one's own.
class Loss : public nn::Module {
 public:
  Tensor operator()(const Tensor& input, const Tensor& target) const {
    return with_hooks(input, [&](const Tensor& x) { return forward(x, target); });
  }
  virtual Tensor forward(const Tensor& input, const Tensor& target) const = 0;

 private:
  Tensor forward(const Tensor& x) final { return nn::Module::forward(x); }  // throws: a loss takes two tensors
};

/// Registers the sample_weight of a loss, if it has one: it moves with the module and is not saved.
template <class Options>
void register_sample_weight(nn::Module& loss, const Options& options) {
  if constexpr (requires { options.sample_weight; }) {
    if (options.sample_weight.defined()) {
      loss.register_buffer("sample_weight", options.sample_weight, {.persistent = false});
    }
  }
}

/// A loss made of its function: keeps the options. Weights among them are buffers; sample_weight is not saved.
template <class Options, Tensor (*kFunction)(const Tensor&, const Tensor&, const Options&)>
class FunctionLoss : public Loss {
 public:
  explicit FunctionLoss(const Options& options = {}) : options_(options) {
    if constexpr (requires { options.weight; }) register_buffer("weight", options_.weight);
    if constexpr (requires { options.pos_weight; }) register_buffer("pos_weight", options_.pos_weight);
    if constexpr (requires { options.negatives; }) register_buffer("negatives", options_.negatives);
    register_sample_weight(*this, options_);
  }
  Tensor forward(const Tensor& input, const Tensor& target) const override {
    return kFunction(input, target, options_);
  }
  const Options& options() const noexcept { return options_; }

 private:
  Options options_;
};

/// The same for a loss of three tensors: `loss = criterion(a, b, c)`.
template <class Options, Tensor (*kFunction)(const Tensor&, const Tensor&, const Tensor&, const Options&)>
class FunctionLoss3 : public nn::Module {
 public:
  explicit FunctionLoss3(const Options& options = {}) : options_(options) { register_sample_weight(*this, options_); }
  Tensor operator()(const Tensor& a, const Tensor& b, const Tensor& c) const {
    return with_hooks(a, [&](const Tensor& x) { return forward(x, b, c); });
  }
  Tensor forward(const Tensor& a, const Tensor& b, const Tensor& c) const { return kFunction(a, b, c, options_); }
  const Options& options() const noexcept { return options_; }

 private:
  Tensor forward(const Tensor& x) final { return nn::Module::forward(x); }  // throws: this loss takes three tensors

  Options options_;
};

}  // namespace descent::losses
