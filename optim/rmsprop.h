// RMSprop: a rate per element that follows the recent size of its gradient.
#pragma once

#include <array>

#include "../kernels/rule_math.h"
#include "optimizer.h"

namespace descent::optim {

/// Options of RMSprop, as in PyTorch.
struct RMSpropOptions {
  double lr = 1e-2;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;  ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient
  double momentum = 0;
  bool centered = false;  ///< divide by the deviation of the gradient in place of its root mean square
  bool maximize = false;

  static constexpr const char* kName = "RMSprop";
  static constexpr std::array kSlots{"square_avg", "grad_avg", "momentum_buffer"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"alpha", &alpha, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"momentum", &momentum, Range::AtLeastZero},
            {"centered", &centered},
            {"maximize", &maximize}};
  }
};

/// v ← alpha·v + (1 − alpha)·g²;   d = √v + eps;   p ← p − lr·g/d
template <class T>
struct RMSpropRule {
  T lr, alpha, rest, eps, momentum;
  RMSpropRule(const RMSpropOptions& o, std::int64_t)
      : lr(T(o.lr)), alpha(T(o.alpha)), rest(T(1 - o.alpha)), eps(T(o.eps)), momentum(T(o.momentum)) {}

  T root(T g, T& v) const {
    v = alpha * v + rest * g * g;
    return kernels::sqrt(v) + eps;
  }
  void operator()(T& p, T g, T& v) const { p -= lr * g / root(g, v); }
};

/// b ← momentum·b + g/d;   p ← p − lr·b
template <class T>
struct RMSpropMomentumRule : RMSpropRule<T> {
  using RMSpropRule<T>::RMSpropRule;
  void operator()(T& p, T g, T& v, T& b) const {
    b = this->momentum * b + g / this->root(g, v);
    p -= this->lr * b;
  }
};

/// a ← alpha·a + (1 − alpha)·g;   d = √(v − a²) + eps;   p ← p − lr·g/d
template <class T>
struct CenteredRule : RMSpropRule<T> {
  using RMSpropRule<T>::RMSpropRule;
  T deviation(T g, T& v, T& a) const {
    v = this->alpha * v + this->rest * g * g;
    a = this->alpha * a + this->rest * g;
    const T variance = v - a * a;
    return kernels::sqrt(variance < 0 ? T(0) : variance) + this->eps;  // rounding can leave it just below 0
  }
  void operator()(T& p, T g, T& v, T& a) const { p -= this->lr * g / deviation(g, v, a); }
};

/// The centered d with momentum.
template <class T>
struct CenteredMomentumRule : CenteredRule<T> {
  using CenteredRule<T>::CenteredRule;
  void operator()(T& p, T g, T& v, T& a, T& b) const {
    b = this->momentum * b + g / this->deviation(g, v, a);
    p -= this->lr * b;
  }
};

/// RMSprop, Tieleman and Hinton (2012), https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf;
/// `centered`: Graves (2013), https://arxiv.org/abs/1308.0850. eps stands outside of the root, as in PyTorch.
class RMSprop final : public OptimizerWith<RMSpropOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
