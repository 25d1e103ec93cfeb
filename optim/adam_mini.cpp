#include "adam_mini.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

std::int64_t blocks_of(const Tensor& p) { return p.dim() >= 2 ? p.size(0) : 1; }

template <class T>
struct AdamMiniRule {
  static constexpr int kSums = 1;
  T scale, decay, beta1, rest1, a, d = 1;
  double beta2, correction, eps;
  AdamMiniRule(const AdamMiniOptions& o, std::int64_t t, double factor)
      : scale(T(factor)),
        decay(T(1 - o.lr * o.weight_decay)),
        beta1(T(o.betas.first)),
        rest1(T(1 - o.betas.first)),
        a(T(o.lr / (1 - std::pow(o.betas.first, static_cast<double>(t))))),
        beta2(o.betas.second),
        correction(1 - std::pow(o.betas.second, static_cast<double>(t))),
        eps(o.eps) {}
  std::array<T, 1> measure(T, T g, T&) const { return {scale * g}; }
  void operator()(T& p, T g, T& m) const {
    m = kernels::flush(beta1 * m + rest1 * (scale * g));
    p = decay * p - a * m / d;
  }
};

/// `factors`: of the gradient's rows, or none.
template <class T>
void update_blocks(const AdamMiniRule<T>& rule, std::span<const double> factors, const Tensor& p, const Tensor& g,
                   ParamState& state) {
  detail::Dense dense(p, g);
  const std::int64_t blocks = blocks_of(p), n = blocks > 0 ? p.numel() / blocks : 0;
  if (n == 0) return;
  T* const values = autograd::data_of<T>(dense.p());
  const T* const gradient = autograd::data_of<T>(dense.g());
  T* const m = autograd::data_of<T>(state.slots[0]);
  double* const v = autograd::data_of<double>(state.slots[1]);
  const auto update = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      AdamMiniRule<T> own = rule;
      if (!factors.empty()) own.scale *= T(factors[static_cast<std::size_t>(b)]);
      double sum = 0;
      kernels::measure(own, n, static_cast<const T*>(values + b * n), gradient + b * n, &sum, m + b * n);
      v[b] = kernels::flush(own.beta2 * v[b] + (1 - own.beta2) * sum / static_cast<double>(n));
      own.d = T(std::sqrt(v[b] / own.correction) + own.eps);
      kernels::update(own, n, values + b * n, gradient + b * n, m + b * n);
    }
  };
  detail::for_rows(blocks, n, update);
  dense.finish();
}

}  // namespace

template class OptimizerWith<AdamMiniOptions>;

SlotSpec AdamMini::slot_spec(std::size_t slot, const Tensor& p) const {
  if (slot == 1) return {p.dim() >= 2 ? Shape(p.size(0)) : Shape(), float64};
  return Optimizer::slot_spec(slot, p);
}

void AdamMini::update(GroupStep& step) {
  const auto& o = step.group.options<AdamMiniOptions>();
  constexpr std::array<std::size_t, 2> slots{0, 1};
  if (!detail::prepare(step, slots, {})) return;
  for (std::size_t i = 0; i < step.states.size(); ++i) {
    const Tensor& p = step.group.params[i];
    const Tensor& g = p.impl()->grad;
    if (!g.defined()) continue;
    ParamState& state = step.states[i];
    const std::int64_t t = ++state.step;
    const double scale = (o.maximize ? -1.0 : 1.0) * step.scale_of(i);
    if (p.dtype() == float64) {
      update_blocks(AdamMiniRule<double>(o, t, scale), step.rows_of(i), p, g, state);
    } else {
      update_blocks(AdamMiniRule<float>(o, t, scale), step.rows_of(i), p, g, state);
    }
    state.fresh = 0;
  }
}

}  // namespace descent::optim
