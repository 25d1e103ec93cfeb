#include "schedule_free.h"

#include "staged-inl.h"

namespace descent::optim {
namespace {

double beta_of(const ScheduleFreeSGDOptions& o) { return o.momentum; }
double beta_of(const ScheduleFreeAdamWOptions& o) { return o.betas.first; }

double correction(const ScheduleFreeAdamWOptions& o, double t) { return std::sqrt(1 - std::pow(o.betas.second, t)); }
double rate_correction(const ScheduleFreeSGDOptions&, double) { return 1; }
double rate_correction(const ScheduleFreeAdamWOptions& o, double t) { return o.correct_rate ? correction(o, t) : 1; }

/// Moves z and y by u. The slots of Σw and max γ are the last two.
template <class T, class O>
struct Average {
  T c, gamma, a;
  bool first;
  Average(const O& o, std::int64_t t, ParamState& state) : first(state.fresh & 1) {
    constexpr std::size_t kSum = O::kSlots.size() - 2, kMax = O::kSlots.size() - 1;
    double& weight_sum = detail::number_of(state, kSum);
    double& lr_max = detail::number_of(state, kMax);
    const double k = static_cast<double>(t), warmup = static_cast<double>(o.warmup_steps);
    const double rate = o.lr * (k < warmup ? k / warmup : 1) * rate_correction(o, k);
    lr_max = std::max(lr_max, rate);
    const double w = std::pow(k, o.r) * std::pow(lr_max, o.weight_lr_power);
    weight_sum += w;
    const double part = weight_sum > 0 ? w / weight_sum : 0;
    c = T(part);
    gamma = T(rate);
    a = T(rate * (beta_of(o) * (1 - part) - 1));
  }
  void move(T& y, T u, T& z) const {
    if (first) z = y;
    y = y + c * (z - y) + a * u;
    z -= gamma * u;
  }
};

template <class T>
struct SGDRule : Average<T, ScheduleFreeSGDOptions> {
  using Average<T, ScheduleFreeSGDOptions>::Average;
  void operator()(T& y, T g, T& z) const { this->move(y, g, z); }
};

template <class T>
struct AdamWRule : Average<T, ScheduleFreeAdamWOptions> {
  T beta2, rest2, k, eps, weight_decay;
  AdamWRule(const ScheduleFreeAdamWOptions& o, std::int64_t t, ParamState& state)
      : Average<T, ScheduleFreeAdamWOptions>(o, t, state),
        beta2(T(o.betas.second)),
        rest2(T(1 - o.betas.second)),
        k(T(o.correct_rate ? 1 : 1 / correction(o, static_cast<double>(t)))),
        eps(T(o.eps)),
        weight_decay(T(o.weight_decay)) {}
  void operator()(T& y, T g, T& z, T& v) const {
    v = kernels::flush(beta2 * v + rest2 * g * g);
    this->move(y, g / (kernels::sqrt(v) * k + eps) + weight_decay * y, z);
  }
};

}  // namespace

template class OptimizerWith<ScheduleFreeSGDOptions>;
template class OptimizerWith<ScheduleFreeAdamWOptions>;

void ScheduleFreeSGDOptions::check() const {
  if (momentum == 0) fail<std::invalid_argument>(kName, "momentum must be above 0: x is found from y and z");
}

void ScheduleFreeAdamWOptions::check() const {
  if (betas.first == 0) fail<std::invalid_argument>(kName, "betas[0] must be above 0: x is found from y and z");
}

template <class O>
SlotSpec ScheduleFree<O>::slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const {
  if (slot + 2 >= O::kSlots.size()) return {Shape(), float64};
  return Optimizer::slot_spec(slot, p, group);
}

template <class O>
void ScheduleFree<O>::switch_to(bool training) {
  if (training == training_) return;
  const NoGradGuard no_grad;
  std::vector<std::pair<Tensor, Tensor>> values;
  for (std::size_t g = 0; g < this->param_groups().size(); ++g) {
    ParamGroup& group = this->param_groups()[g];
    const double beta = beta_of(group.template options<O>()), weight = training ? 1 - beta : 1 - 1 / beta;
    for (std::size_t i = 0; i < this->states()[g].size(); ++i) {
      const ParamState& state = this->states()[g][i];
      if (state.step == 0) continue;
      const Tensor p = group.params[i].detach();
      values.emplace_back(group.params[i], p + weight * (state.slots[0] - p));
    }
  }
  for (auto& [p, value] : values) p.copy_(value);
  training_ = training;
}

template <class O>
void ScheduleFree<O>::do_step() {
  if (!training_) fail<Error>(O::kName, "step needs the parameters of training: call train() after eval()");
  Optimizer::do_step();
}

template <class O>
void ScheduleFree<O>::save_more(StateDict& out) const {
  detail::save_numbers(out, {{0, "train_mode", training_ ? 1.0 : 0.0}});
}

template <class O>
std::function<void()> ScheduleFree<O>::load_more(const StateDict& state, std::vector<std::string>& known) {
  std::vector<detail::GroupNumber> numbers = {{0, "train_mode", 0}};
  detail::load_numbers(O::kName, state, known, numbers);
  return [this, training = numbers[0].value != 0] { training_ = training; };
}

template class ScheduleFree<ScheduleFreeSGDOptions>;
template class ScheduleFree<ScheduleFreeAdamWOptions>;

void ScheduleFreeSGD::update(GroupStep& step) {
  const auto& o = step.group.options<ScheduleFreeSGDOptions>();
  run<SGDRule, 0>(step, o, {.scale = o.maximize ? -1.0 : 1.0, .weight_decay = o.weight_decay}, {}, {1, 2});
}

void ScheduleFreeAdamW::update(GroupStep& step) {
  const auto& o = step.group.options<ScheduleFreeAdamWOptions>();
  run<AdamWRule, 0, 1>(step, o, {.scale = o.maximize ? -1.0 : 1.0}, {}, {2, 3});
}

}  // namespace descent::optim
