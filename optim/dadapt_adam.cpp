#include "dadapt_adam.h"

#include "staged-inl.h"

namespace descent::optim {

template class OptimizerWith<DAdaptAdamOptions>;

double DAdaptAdam::d() const { return now_.k == 0 ? param_groups()[0].options<DAdaptAdamOptions>().d0 : now_.d; }

void DAdaptAdam::update(GroupStep& step) {
  const auto& o = step.group.options<DAdaptAdamOptions>();
  const auto prepare = [&](std::span<detail::Item> items, bool last) {
    const auto& shared = param_groups()[0].options<DAdaptAdamOptions>();
    const auto [beta1, beta2] = shared.betas;
    const double root = std::sqrt(beta2);
    if (&step.group == &param_groups()[0]) {
      next_ = now_;
      if (now_.k == 0) next_.d = shared.d0;
      next_.numerator_weighted *= root;
      sk_l1_ = lr_ = 0;
      for (const ParamGroup& group : param_groups()) lr_ = std::max(lr_, group.lr());
      const double t = now_.k + 1;
      dlr_ = next_.d * lr_;
      if (shared.use_bias_correction) dlr_ *= std::sqrt(1 - std::pow(beta2, t)) / (1 - std::pow(beta1, t));
    }
    if (o.lr != lr_ && o.lr != 0) {
      fail<Error>(DAdaptAdamOptions::kName, "param groups must share one lr, or have 0, got {} and {}", lr_, o.lr);
    }
    for (detail::Item& item : items) {
      if (o.lr == 0) continue;
      Tensor &s = item.slots[0], &m = item.slots[1], &v = item.slots[2];
      if (o.weight_decay != 0 && !o.decouple) item.g = item.g + o.weight_decay * item.p;
      m = detail::average(m, beta1, item.g, dlr_ * (1 - beta1));
      v = detail::average(v, beta2, item.g.square(), 1 - beta2);
      const Tensor A = sqrt(v) + o.eps;
      next_.numerator_weighted += (1 - root) * dlr_ * detail::total(item.g.to(float64) * (s / A).to(float64));
      s = detail::average(s, root, item.g, dlr_ * (1 - root));
      sk_l1_ += detail::total(abs(s));
      item.p = item.p * (o.decouple ? 1 - o.weight_decay * dlr_ : 1) - m / A;
    }
    if (!last) return;
    if (sk_l1_ == 0) {  // no gradients, or none that is not zero
      next_ = now_;
      for (detail::Item& item : detail::staged(staged_).all()) item.p = item.target.detach();
      return;
    }
    if (lr_ > 0) {
      const double d_hat = next_.numerator_weighted / ((1 - root) * sk_l1_);
      next_.d = std::max(next_.d, std::min(d_hat, next_.d * shared.growth_rate));
    }
    next_.k += 1;
  };
  if (detail::staged(staged_).run(step, o.maximize ? -1 : 1, prepare)) now_ = next_;
}

void DAdaptAdam::save_more(StateDict& out) const {
  if (now_.k == 0) return;
  detail::save_numbers(out, {{0, "k", now_.k}, {0, "d", now_.d}, {0, "numerator_weighted", now_.numerator_weighted}});
}

std::function<void()> DAdaptAdam::load_more(const StateDict& state, std::vector<std::string>& known) {
  Numbers loaded;
  if (state.contains("param_groups.0.k")) {
    std::vector<detail::GroupNumber> n = {{0, "k", 0}, {0, "d", 0}, {0, "numerator_weighted", 0}};
    detail::load_numbers(DAdaptAdamOptions::kName, state, known, n);
    loaded = {n[0].value, n[1].value, n[2].value};
  }
  return [this, loaded] { now_ = loaded; };
}

}  // namespace descent::optim
