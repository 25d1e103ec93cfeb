// The rules of Adam, which AdamW shares.
#pragma once

#include "driver-inl.h"

namespace descent::optim {

/// m ← β1·m + (1 − β1)·g
/// v ← β2·v + (1 − β2)·g²
/// p ← p − lr/(1 − β1ᵗ) · m / (√v/√(1 − β2ᵗ) + eps)
template <class T>
struct AdamRule {
  T beta1, rest1, beta2, rest2, inside, outside;
  T a;  // lr/(1 − β1ᵗ)
  T k;  // 1/√(1 − β2ᵗ)

  template <class O>
  AdamRule(const O& o, std::int64_t t)
      : beta1(T(o.betas.first)), rest1(T(1 - o.betas.first)), beta2(T(o.betas.second)), rest2(T(1 - o.betas.second)) {
    const double steps = static_cast<double>(t);
    const double c1 = o.bias_correction ? 1 - kernels::pow(o.betas.first, steps) : 1;
    const double c2 = o.bias_correction ? 1 - kernels::pow(o.betas.second, steps) : 1;
    a = T(o.lr / c1);
    k = T(1 / kernels::sqrt(c2));
    const Eps eps = Eps::of(o, 1 / c2);  // √(v/c2 + eps) = √(v + c2·eps)/√c2
    inside = T(eps.inside);
    outside = T(eps.outside);
  }

  void moments(T g, T& m, T& v) const {
    m = kernels::flush(beta1 * m + rest1 * g);
    v = kernels::flush(beta2 * v + rest2 * g * g);
  }
  void move(T& p, T m, T v) const { p -= a * m / (kernels::sqrt(v + inside) * k + outside); }
  void operator()(T& p, T g, T& m, T& v) const {
    moments(g, m, v);
    move(p, m, v);
  }
};

/// Adam with w ← max(w, v), √w in place of √v.
template <class T>
struct AmsgradRule : AdamRule<T> {
  using AdamRule<T>::AdamRule;
  void operator()(T& p, T g, T& m, T& v, T& w) const {
    this->moments(g, m, v);
    w = v <= w ? w : v;  // a NaN stays
    this->move(p, m, w);
  }
};

}  // namespace descent::optim
