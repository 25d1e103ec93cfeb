#include "sophia.h"

#include "staged-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct SophiaRule {
  T beta1, rest1, lr, scale;
  SophiaRule(const SophiaGOptions& o, std::int64_t)
      : beta1(T(o.betas.first)), rest1(T(1 - o.betas.first)), lr(T(o.lr)), scale(T(o.rho * o.bs)) {}
  void operator()(T& p, T g, T& m, const T& h) const {
    m = kernels::flush(beta1 * m + rest1 * g);
    const T ratio = kernels::abs(m) / (scale * h + T(1e-15));
    p -= lr * kernels::sign(m) * (ratio > 1 ? T(1) : ratio);
  }
};

constexpr std::array<std::size_t, 2> kBoth{0, 1};

}  // namespace

template class OptimizerWith<SophiaGOptions>;

void SophiaG::update(GroupStep& step) {
  const auto& o = step.group.options<SophiaGOptions>();
  run<SophiaRule, 0, 1>(step, o, {.scale = o.maximize ? -1.0 : 1.0, .decay = 1 - o.lr * o.weight_decay});
}

void SophiaG::update_hessian() {
  check_sparse();
  const NoGradGuard no_grad;
  const std::vector<const char*> names(SophiaGOptions::kSlots.begin(), SophiaGOptions::kSlots.end());
  std::vector<std::pair<ParamState*, Tensor>> made;
  for (std::size_t k = 0; k < param_groups().size(); ++k) {
    ParamGroup& group = param_groups()[k];
    GroupStep step{*this, name(), names, group, states()[k], Phase::Prepare};
    detail::prepare(step, kBoth, {});
    const double beta2 = group.options<SophiaGOptions>().betas.second;
    for (std::size_t i = 0; i < step.states.size(); ++i) {
      const Tensor g = group.params[i].grad();
      if (!g.defined()) continue;
      ParamState& state = step.states[i];
      made.emplace_back(&state, detail::average(state.slots[1], beta2, g.detach().square(), 1 - beta2));
    }
  }
  for (auto& [state, h] : made) {
    state->slots[1] = h;
    state->fits = 0;
    state->fresh &= ~2u;
  }
}

// The base saves nothing of parameters without a step; an h may be there all the same.
void SophiaG::save_more(StateDict& out) const {
  std::int64_t i = 0;
  for (const auto& group : states()) {
    for (const ParamState& state : group) {
      if (state.step == 0 && state.slots[1].defined() && !(state.fresh & 2u)) {
        out[fmt::format("state.{}.step", i)] = full(Shape(), 0.0, {.dtype = float64});
        out[fmt::format("state.{}.hessian", i)] = state.slots[1].clone();
      }
      ++i;
    }
  }
}

}  // namespace descent::optim
