#include "prodigy.h"

#include "staged-inl.h"

namespace descent::optim {

template class OptimizerWith<ProdigyOptions>;

void ProdigyOptions::check() const {
  if (beta3 >= 1) fail<std::invalid_argument>(kName, "beta3 must be below 1, got {}", beta3);
}

double Prodigy::d() const { return now_.k == 0 ? param_groups()[0].options<ProdigyOptions>().d0 : now_.d; }

void Prodigy::update(GroupStep& step) {
  const auto& o = step.group.options<ProdigyOptions>();
  const auto prepare = [&](std::span<detail::Item> items, bool last) {
    const auto& shared = param_groups()[0].options<ProdigyOptions>();
    const auto [beta1, beta2] = shared.betas;
    const double beta3 = shared.beta3 < 0 ? std::sqrt(beta2) : shared.beta3;
    if (&step.group == &param_groups()[0]) {
      next_ = now_;
      if (now_.k == 0) next_.d = next_.d_max = shared.d0;
      next_.d_numerator *= beta3;
      d_denom_ = lr_ = 0;
      for (const ParamGroup& group : param_groups()) lr_ = std::max(lr_, group.lr());
      const double t = now_.k + 1;
      dlr_ = next_.d * lr_;
      if (shared.use_bias_correction) dlr_ *= std::sqrt(1 - std::pow(beta2, t)) / (1 - std::pow(beta1, t));
    }
    if (o.lr != lr_ && o.lr != 0) {
      fail<Error>(ProdigyOptions::kName, "param groups must share one lr, or have 0, got {} and {}", lr_, o.lr);
    }
    const double d = next_.d;
    for (detail::Item& item : items) {
      Tensor &s = item.slots[0], &p0 = item.slots[1], &m = item.slots[2], &v = item.slots[3];
      if (item.first) p0 = item.p.clone();
      if (o.lr == 0) continue;
      if (o.weight_decay != 0 && !o.decouple) item.g = item.g + o.weight_decay * item.p;
      next_.d_numerator += d / shared.d0 * dlr_ * detail::total(item.g.to(float64) * (p0 - item.p).to(float64));
      m = detail::average(m, beta1, item.g, d * (1 - beta1));
      v = detail::average(v, beta2, item.g.square(), d * d * (1 - beta2));
      s = detail::average(s, beta3, item.g, d / shared.d0 * (shared.safeguard_warmup ? d : dlr_));
      d_denom_ += detail::total(abs(s));
    }
    if (!last) return;
    if (d_denom_ == 0) {  // no gradients, or none that is not zero
      next_ = now_;
      return;
    }
    const double d_hat = shared.d_coef * next_.d_numerator / d_denom_;
    if (lr_ > 0) {
      if (next_.d == shared.d0) next_.d = std::max(next_.d, d_hat);
      next_.d_max = std::max(next_.d_max, d_hat);
      next_.d = std::min(next_.d_max, next_.d * shared.growth_rate);
    }
    next_.k += 1;
    for (detail::Item& item : detail::staged(staged_).all()) {
      const auto& own = item.group->options<ProdigyOptions>();
      if (own.lr == 0) continue;
      const double decay = own.decouple ? 1 - own.weight_decay * dlr_ : 1;
      item.p = item.p * decay - dlr_ * item.slots[2] / (sqrt(item.slots[3]) + next_.d * own.eps);
    }
  };
  if (detail::staged(staged_).run(step, o.maximize ? -1 : 1, prepare)) now_ = next_;
}

void Prodigy::save_more(StateDict& out) const {
  if (now_.k == 0) return;
  detail::save_numbers(
      out, {{0, "k", now_.k}, {0, "d", now_.d}, {0, "d_max", now_.d_max}, {0, "d_numerator", now_.d_numerator}});
}

std::function<void()> Prodigy::load_more(const StateDict& state, std::vector<std::string>& known) {
  Numbers loaded;
  if (state.contains("param_groups.0.k")) {
    std::vector<detail::GroupNumber> n = {{0, "k", 0}, {0, "d", 0}, {0, "d_max", 0}, {0, "d_numerator", 0}};
    detail::load_numbers(ProdigyOptions::kName, state, known, n);
    loaded = {n[0].value, n[1].value, n[2].value, n[3].value};
  }
  return [this, loaded] { now_ = loaded; };
}

}  // namespace descent::optim
