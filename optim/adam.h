// Adam: a step per element scaled by running averages of gradient and squared gradient.
#pragma once

#include <array>

#include "../kernels/rule_math.h"
#include "optimizer.h"

namespace descent::optim {

/// Options of Adam, as in PyTorch.
struct AdamOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;  ///< λ of an L2 penalty λ/2·‖p‖², added to the gradient; see AdamW
  bool amsgrad = false;
  bool maximize = false;

  static constexpr const char* kName = "Adam";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"amsgrad", &amsgrad},
            {"maximize", &maximize}};
  }
};

/// m ← β1·m + (1 − β1)·g
/// v ← β2·v + (1 − β2)·g²
/// p ← p − lr/(1 − β1ᵗ) · m / (√v/√(1 − β2ᵗ) + eps)
template <class T>
struct AdamRule {
  T beta1, rest1, beta2, rest2, eps;
  T a;  // lr/(1 − β1ᵗ)
  T k;  // 1/√(1 − β2ᵗ)

  template <class O>
  AdamRule(const O& o, std::int64_t t)
      : beta1(T(o.betas.first)),
        rest1(T(1 - o.betas.first)),
        beta2(T(o.betas.second)),
        rest2(T(1 - o.betas.second)),
        eps(T(o.eps)),
        a(T(o.lr / (1 - kernels::pow(o.betas.first, static_cast<double>(t))))),
        k(T(1 / kernels::sqrt(1 - kernels::pow(o.betas.second, static_cast<double>(t))))) {}

  void moments(T g, T& m, T& v) const {
    m = beta1 * m + rest1 * g;
    v = beta2 * v + rest2 * g * g;
  }
  void operator()(T& p, T g, T& m, T& v) const {
    moments(g, m, v);
    p -= a * m / (kernels::sqrt(v) * k + eps);
  }
};

/// Adam with w ← max(w, v), √w in place of √v.
template <class T>
struct AmsgradRule : AdamRule<T> {
  using AdamRule<T>::AdamRule;
  void operator()(T& p, T g, T& m, T& v, T& w) const {
    this->moments(g, m, v);
    w = v <= w ? w : v;  // a NaN stays
    p -= this->a * m / (kernels::sqrt(w) * this->k + this->eps);
  }
};

/// Adam, Kingma and Ba (2015), https://arxiv.org/abs/1412.6980; `amsgrad`: Reddi et al. (2018),
/// https://arxiv.org/abs/1904.09237. The bias corrections are computed in double for either element type.
class Adam final : public OptimizerWith<AdamOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
