#include "adabelief.h"

#include "../autograd/fail-inl.h"
#include "driver-inl.h"
#include "rectification-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct AdaBeliefRule {
  T beta1, rest1, beta2, rest2, eps, a, k;
  AdaBeliefRule(const AdaBeliefOptions& o, std::int64_t t)
      : beta1(T(o.betas.first)),
        rest1(T(1 - o.betas.first)),
        beta2(T(o.betas.second)),
        rest2(T(1 - o.betas.second)),
        eps(T(o.eps)) {
    const double steps = static_cast<double>(t);
    a = T(o.bias_correction ? o.lr / (1 - std::pow(o.betas.first, steps)) : o.lr);
    k = T(o.bias_correction ? 1 / std::sqrt(1 - std::pow(o.betas.second, steps)) : 1);
  }
  void moments(T g, T& m, T& s) const {
    m = kernels::flush(beta1 * m + rest1 * g);
    s = kernels::flush(beta2 * s + rest2 * (g - m) * (g - m) + eps);
  }
  void operator()(T& p, T g, T& m, T& s) const {
    moments(g, m, s);
    p -= a * m / (kernels::sqrt(s) * k + eps);
  }
};

/// ρ >= 5:   p ← p − a·m/(√s + eps),   else   p ← p − a·m
template <class T>
struct RectifiedRule : AdaBeliefRule<T> {
  bool rectified;
  RectifiedRule(const AdaBeliefOptions& o, std::int64_t t) : AdaBeliefRule<T>(o, t) {
    const detail::Rectification factor(o.betas.second, static_cast<double>(t));
    rectified = factor.rho >= 5;
    if (rectified)
      this->a = T(o.lr / (1 - std::pow(o.betas.first, static_cast<double>(t))) * factor.r *
                  std::sqrt(1 - std::pow(o.betas.second, static_cast<double>(t))));
  }
  void operator()(T& p, T g, T& m, T& s) const {
    this->moments(g, m, s);
    p -= this->a * m / (rectified ? kernels::sqrt(s) + this->eps : T(1));
  }
};

}  // namespace

template class OptimizerWith<AdaBeliefOptions>;

void AdaBeliefOptions::check() const {
  if (rectify && !bias_correction) fail<std::invalid_argument>(kName, "rectify must come with bias_correction");
}

void AdaBelief::update(GroupStep& step) {
  const auto& o = step.group.options<AdaBeliefOptions>();
  if (o.rectify) return run<RectifiedRule, 0, 1>(step, o, stages_of(o));
  run<AdaBeliefRule, 0, 1>(step, o, stages_of(o));
}

}  // namespace descent::optim
