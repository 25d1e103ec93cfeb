#include "polyak_sgd.h"

#include "staged-inl.h"

namespace descent::optim {

template class OptimizerWith<PolyakSGDOptions>;

void PolyakSGD::update(GroupStep& step) {
  detail::staged(staged_).run(step, 1, [&](std::span<detail::Item> items, bool last) {
    if (&step.group == &param_groups()[0]) squares_ = 0;
    for (const detail::Item& item : items) squares_ += detail::squares(item.g);
    if (!last) return;
    const auto& o = param_groups()[0].options<PolyakSGDOptions>();
    double gamma = f_ > o.f_star && squares_ > 0 ? (f_ - o.f_star) / squares_ : 0;
    if (o.max_lr > 0) gamma = std::min(gamma, o.max_lr);
    for (detail::Item& item : detail::staged(staged_).all()) item.p = item.p - item.group->lr() * gamma * item.g;
  });
}

void PolyakSGD::do_step() {
  fail<Error>(PolyakSGDOptions::kName, "step needs a closure that evaluates the loss and its gradients");
}

Tensor PolyakSGD::do_step(const std::function<Tensor()>& closure) {
  if (clips()) fail<Error>(PolyakSGDOptions::kName, "gradients cannot be clipped: the step's length comes from them");
  Tensor loss;
  {
    const GradModeGuard recording(true);
    loss = closure();
  }
  if (!loss.defined() || loss.numel() != 1 || !std::isfinite(loss.item<double>())) {
    fail<Error>(PolyakSGDOptions::kName, "the closure must return the loss, one finite number, got {}",
                !loss.defined()     ? std::string("an undefined tensor")
                : loss.numel() != 1 ? "the shape " + loss.shape().str()
                                    : fmt::format("{}", loss.item<double>()));
  }
  f_ = loss.item<double>();
  Optimizer::do_step();
  return loss;
}

}  // namespace descent::optim
