#include "adam_mini.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct AdamMiniRule {
  static constexpr int kSums = 1;
  detail::Taken<T> take;
  T decay, beta1, rest1, a, d = 1;
  double beta2, correction, eps;
  AdamMiniRule(const AdamMiniOptions& o, std::int64_t t, const detail::Taken<T>& taken)
      : take(taken),
        decay(T(1 - o.lr * o.weight_decay)),
        beta1(T(o.betas.first)),
        rest1(T(1 - o.betas.first)),
        a(T(o.lr / (1 - std::pow(o.betas.first, static_cast<double>(t))))),
        beta2(o.betas.second),
        correction(1 - std::pow(o.betas.second, static_cast<double>(t))),
        eps(o.eps) {}
  std::array<T, 1> measure(T, T g, T&) const { return {take(g)}; }
  void operator()(T& p, T g, T& m) const {
    m = kernels::flush(beta1 * m + rest1 * take(g));
    p = decay * p - a * m / d;
  }
};

/// `factors`: of the gradient's rows, or none.
template <class T>
void update_blocks(const AdamMiniRule<T>& rule, std::span<const double> factors, const Tensor& p, const Tensor& g,
                   ParamState& state) {
  if (p.numel() == 0) return;
  detail::Dense dense(p, g);
  const std::int64_t blocks = state.slots[1].numel(), n = p.numel() / blocks;
  const std::int64_t parts = factors.empty() ? 1 : p.size(0) / blocks, part = n / parts;  // rows have their own factors
  T* const values = autograd::data_of<T>(dense.p());
  const T* const gradient = autograd::data_of<T>(dense.g());
  T* const m = autograd::data_of<T>(state.slots[0]);
  double* const v = autograd::data_of<double>(state.slots[1]);
  const auto of_part = [&](AdamMiniRule<T> own, std::int64_t k) {
    if (!factors.empty()) own.take.scale *= T(factors[static_cast<std::size_t>(k)]);
    return own;
  };
  detail::for_rows(blocks, n, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      double sum = 0;
      for (std::int64_t k = b * parts; k < (b + 1) * parts; ++k) {
        double squares;
        kernels::measure(of_part(rule, k), part, static_cast<const T*>(values + k * part), gradient + k * part,
                         &squares, m + k * part);
        sum += squares;
      }
      v[b] = kernels::flush(rule.beta2 * v[b] + (1 - rule.beta2) * sum / static_cast<double>(n));
      AdamMiniRule<T> own = rule;
      own.d = T(std::sqrt(v[b] / rule.correction) + rule.eps);
      for (std::int64_t k = b * parts; k < (b + 1) * parts; ++k)
        kernels::update(of_part(own, k), part, values + k * part, gradient + k * part, m + k * part);
    }
  });
  dense.finish();
}

}  // namespace

template class OptimizerWith<AdamMiniOptions>;

std::int64_t AdamMiniOptions::blocks_of(const Tensor& p) const {
  if (p.dim() < 2) return 1;
  if (blocks == 0) return p.size(0);
  if (p.size(0) % blocks != 0) {
    fail<std::invalid_argument>(kName, "blocks must divide the rows of each parameter, got {} for one of shape {}",
                                blocks, p.shape());
  }
  return blocks;
}

void AdamMiniOptions::check_params(const std::vector<Tensor>& params) const {
  for (const Tensor& p : params) blocks_of(p);
}

SlotSpec AdamMini::slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const {
  if (slot == 0) return Optimizer::slot_spec(slot, p, group);
  const std::int64_t blocks = group.options<AdamMiniOptions>().blocks_of(p);
  return {p.dim() >= 2 ? Shape(blocks) : Shape(), float64};
}

void AdamMini::update(GroupStep& step) {
  const auto& o = step.group.options<AdamMiniOptions>();
  for (std::size_t i = 0; step.phase == Phase::Prepare && i < step.states.size(); ++i) {
    const Tensor& v = step.states[i].slots[1];  // looked at again where blocks have changed
    if (v.defined() && v.numel() != o.blocks_of(step.group.params[i])) step.states[i].fits = 0;
  }
  constexpr std::array<std::size_t, 2> slots{0, 1};
  if (!detail::prepare(step, slots, {})) return;
  for (std::size_t i = 0; i < step.states.size(); ++i) {
    const Tensor& p = step.group.params[i];
    const Tensor& g = p.impl()->grad;
    if (!g.defined()) continue;
    ParamState& state = step.states[i];
    const std::int64_t t = ++state.step;
    const double scale = (o.maximize ? -1.0 : 1.0) * step.scale_of(i);
    const auto run = [&]<class T>() {
      const detail::Taken<T> take{T(scale), T(step.limit)};
      update_blocks(AdamMiniRule<T>(o, t, take), step.rows_of(i), p, g, state);
    };
    p.dtype() == float64 ? run.template operator()<double>() : run.template operator()<float>();
    state.fresh = 0;
  }
}

}  // namespace descent::optim
