// Stochastic gradient descent with momentum.
#pragma once

#include <array>

#include "../kernels/rule_math.h"
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
  bool decoupled_weight_decay = false;    ///< p ← p·(1 − lr·weight_decay) in place of the L2 penalty (SGDW)
  std::string momentum_form = "pytorch";  ///< or "heavy_ball"; they differ once lr changes, see SGD
  double group_lasso = 0;  ///< λ of a penalty λ·Σ‖p_r‖₂ over rows r (all dims but the first): they become exactly zero
  bool exclude_1d = false;  ///< no decay or penalty where dim() <= 1: biases, norms

  static constexpr const char* kName = "SGD";
  static constexpr std::array kSlots{"momentum_buffer"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"momentum", &momentum, Range::AtLeastZero},
            {"dampening", &dampening},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"nesterov", &nesterov},
            {"maximize", &maximize},
            {"l1", &l1, Range::AtLeastZero},
            {"decoupled_weight_decay", &decoupled_weight_decay},
            {"momentum_form", &momentum_form, kMomentumForms},
            {"group_lasso", &group_lasso, Range::AtLeastZero},
            {"exclude_1d", &exclude_1d}};
  }
  static constexpr const char* kMomentumForms[] = {"pytorch", "heavy_ball"};
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
/// heavy_ball: b ← momentum·b + lr·(1 − dampening)·g;             p ← p − b
template <class T>
struct MomentumRule {
  T lr, momentum, gain;
  MomentumRule(const SGDOptions& o, std::int64_t, bool first)
      : lr(T(o.lr)), momentum(first ? T(0) : T(o.momentum)), gain(first ? T(1) : T(1 - o.dampening)) {
    if (o.momentum_form == "heavy_ball") {
      gain = T(first ? o.lr : o.lr * (1 - o.dampening));
      lr = 1;
    }
  }
  void operator()(T& p, T g, T& b) const {
    b = kernels::flush(momentum * b + gain * g);
    p -= lr * b;
  }
};

/// b ← momentum·b + g;      p ← p − lr·(g + momentum·b)
/// heavy_ball: b ← momentum·b + lr·g;   p ← p − (lr·g + momentum·b)
template <class T>
struct NesterovRule {
  T lr, momentum, ahead, gain = 1;
  NesterovRule(const SGDOptions& o, std::int64_t, bool first)
      : lr(T(o.lr)), momentum(first ? T(0) : T(o.momentum)), ahead(T(o.momentum)) {
    if (o.momentum_form == "heavy_ball") std::swap(lr, gain);
  }
  void operator()(T& p, T g, T& b) const {
    b = kernels::flush(momentum * b + gain * g);
    p -= lr * (gain * g + ahead * b);
  }
};

/// Stochastic gradient descent; with momentum after Polyak (1964) or, with `nesterov`, Sutskever et al. (2013), in
/// PyTorch's form: the rate multiplies the buffer, so that a change of lr acts at once. With momentum_form =
/// "heavy_ball" the buffer holds steps, as the papers write it: p' = p − lr·g + momentum·(p − p_before). `l1` ends the
/// step as ISTA does (Daubechies et al. 2004): p ← sign(p)·max(|p| − a·l1, 0), a = lr, with momentum lr·(1 −
/// dampening)/(1 − momentum), so that it stops where loss + l1·‖p‖₁ is least whatever the momentum. `group_lasso` does
/// the same to rows (Yuan and Lin 2006), p_r ← p_r·max(1 − a·group_lasso/‖p_r‖₂, 0); after l1 it is the sparse group
/// lasso (Simon et al. 2013). `l1` with `weight_decay` is the elastic net (Zou and Hastie 2005). Gradients may be
/// sparse where there is neither momentum nor decay nor a penalty: rows without a gradient are not touched.
class SGD final : public OptimizerWith<SGDOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
  bool takes_sparse(const ParamGroup& group) const override;
  bool counts_steps() const override { return false; }
};

}  // namespace descent::optim
