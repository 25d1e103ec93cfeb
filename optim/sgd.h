// Stochastic gradient descent with momentum.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of SGD, as in PyTorch, and `l1`.
struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;  ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient
  bool nesterov = false;    ///< needs momentum and no dampening
  bool maximize = false;
  double l1 = 0;  ///< λ of a penalty λ·‖p‖₁, taken by a proximal step: weights become exactly zero

  static constexpr const char* kName = "SGD";
  static constexpr std::array kSlots{"momentum_buffer"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero}, {"momentum", &momentum, Range::AtLeastZero},
            {"dampening", &dampening},       {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"nesterov", &nesterov},         {"maximize", &maximize},
            {"l1", &l1, Range::AtLeastZero}};
  }
  void check() const;
};

/// p ← p − lr·g
template <class T>
struct SGDRule {
  T lr;
  SGDRule(const SGDOptions& o, std::int64_t) : lr(T(o.lr)) {}
  void operator()(T& p, T g) const { p -= lr * g; }
};

/// b ← momentum·b + (1 − dampening)·g, in the first step b ← g;   p ← p − lr·b
template <class T>
struct MomentumRule {
  T lr, momentum, gain;
  MomentumRule(const SGDOptions& o, std::int64_t, bool first)
      : lr(T(o.lr)), momentum(first ? T(0) : T(o.momentum)), gain(first ? T(1) : T(1 - o.dampening)) {}
  void operator()(T& p, T g, T& b) const {
    b = momentum * b + gain * g;
    p -= lr * b;
  }
};

/// b ← momentum·b + g;   p ← p − lr·(g + momentum·b)
template <class T>
struct NesterovRule {
  T lr, momentum, ahead;
  NesterovRule(const SGDOptions& o, std::int64_t, bool first)
      : lr(T(o.lr)), momentum(first ? T(0) : T(o.momentum)), ahead(T(o.momentum)) {}
  void operator()(T& p, T g, T& b) const {
    b = momentum * b + g;
    p -= lr * (g + ahead * b);
  }
};

/// Stochastic gradient descent; with momentum after Polyak (1964) or, with `nesterov`, Sutskever et al. (2013), in
/// PyTorch's form: the rate multiplies the buffer, so that a change of lr acts at once. `l1` ends the step as ISTA does
/// (Daubechies et al. 2004): p ← sign(p)·max(|p| − a·l1, 0), a = lr, with momentum lr·(1 − dampening)/(1 − momentum),
/// so that it stops where loss + l1·‖p‖₁ is least whatever the momentum.
class SGD final : public OptimizerWith<SGDOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
