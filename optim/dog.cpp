#include "dog.h"

#include "staged-inl.h"

namespace descent::optim {

template class OptimizerWith<DoGOptions>;

void DoG::update(GroupStep& step) {
  const auto& o = step.group.options<DoGOptions>();
  const auto prepare = [&](std::span<detail::Item> items, bool) {
    const auto index = static_cast<std::size_t>(&step.group - param_groups().data());
    if (index == 0) {
      next_ = now_;
      next_.resize(param_groups().size());
    }
    if (items.empty()) return;
    auto& [rbar, G] = next_[index];
    const bool first = G == 0;
    double distance = 0, size = 0, gradient = 0;
    for (detail::Item& item : items) {
      Tensor& p0 = item.slots[0];
      if (item.first) p0 = item.p.clone();
      if (o.weight_decay != 0) item.g = item.g + o.weight_decay * item.p;
      distance += detail::squares(item.p - p0);
      size += detail::squares(item.p);
      gradient += detail::squares(item.g);
    }
    for (std::size_t i = 0; i < step.states.size(); ++i) {  // those without a gradient in this step stay where they are
      const Tensor& p = step.group.params[i];
      if (step.states[i].step > 0 && !p.grad().defined()) {
        distance += detail::squares(p.detach() - step.states[i].slots[0]);
      }
    }
    rbar = first ? o.reps_rel * (1 + std::sqrt(size)) : std::max(rbar, std::sqrt(distance));
    G += gradient + (first ? o.eps : 0);
    if (G == 0) return;
    const double rate = o.lr * rbar / std::sqrt(G);
    for (detail::Item& item : items) item.p = item.p - rate * item.g;
  };
  if (detail::staged(staged_).run(step, o.maximize ? -1 : 1, prepare)) now_ = next_;
}

void DoG::save_more(StateDict& out) const {
  for (std::size_t g = 0; g < now_.size(); ++g) {
    if (now_[g].G > 0) detail::save_numbers(out, {{g, "rbar", now_[g].rbar}, {g, "G", now_[g].G}});
  }
}

std::function<void()> DoG::load_more(const StateDict& state, std::vector<std::string>& known) {
  std::vector<Numbers> loaded(param_groups().size());
  for (std::size_t g = 0; g < loaded.size(); ++g) {
    if (!state.contains(fmt::format("param_groups.{}.rbar", g))) continue;
    std::vector<detail::GroupNumber> n = {{g, "rbar", 0}, {g, "G", 0}};
    detail::load_numbers(DoGOptions::kName, state, known, n);
    loaded[g] = {n[0].value, n[1].value};
  }
  return [this, loaded = std::make_shared<std::vector<Numbers>>(std::move(loaded))] { now_ = std::move(*loaded); };
}

}  // namespace descent::optim
