// Gradients that stand in for a parameter's own during a step.
#pragma once

#include <utility>
#include <vector>

#include "../autograd/tensor_impl.h"

namespace descent::optim::detail {

/// Puts other gradients into `.grad`, and the original ones back when it goes: a step never changes gradients.
class GradientSwap {
 public:
  GradientSwap() = default;
  GradientSwap(const GradientSwap&) = delete;
  GradientSwap& operator=(const GradientSwap&) = delete;
  ~GradientSwap() { restore(); }

  void replace(const Tensor& p, Tensor gradient) {
    held_.emplace_back(p, p.grad());
    p.impl()->grad = std::move(gradient);
  }
  void restore() noexcept {
    for (; !held_.empty(); held_.pop_back()) held_.back().first.impl()->grad = held_.back().second;
  }

 private:
  std::vector<std::pair<Tensor, Tensor>> held_;  // parameter and its own gradient
};

}  // namespace descent::optim::detail
