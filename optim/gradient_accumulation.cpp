#include "gradient_accumulation.h"

#include <utility>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"

namespace descent::optim {

GradientAccumulation::GradientAccumulation(Optimizer& inner, const GradientAccumulationOptions& options)
    : Wrapper(GradientAccumulationOptions::kName, inner,
              std::make_shared<OptionsOf<GradientAccumulationOptions>>(options)) {
  if (inner.needs_closure()) {
    fail<std::invalid_argument>(name(), "cannot wrap {}, which evaluates the loss itself", inner.name());
  }
}

void GradientAccumulation::zero_grad(bool set_to_none) {
  if (count_ == 0) inner().zero_grad(set_to_none);
}

bool GradientAccumulation::flush() {
  if (count_ == 0) return false;
  const double count = static_cast<double>(std::exchange(count_, 0));
  step_scaled(options<GradientAccumulationOptions>().mean ? 1 / count : 1);
  return true;
}

void GradientAccumulation::do_step() {
  if (++count_ >= options<GradientAccumulationOptions>().steps) flush();
}

Tensor GradientAccumulation::do_step(const std::function<Tensor()>& closure) {
  Tensor loss;
  {
    const GradModeGuard recording(true);
    loss = closure();
  }
  do_step();
  return loss;
}

void GradientAccumulation::save_more(StateDict& out) const {
  const NoGradGuard no_grad;
  out[key("count")] = full(Shape(), static_cast<double>(count_), {.dtype = float64});
  if (count_ == 0) return;
  refuse_sparse();
  const std::vector<Tensor> params = parameters();
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (params[i].grad().defined()) out[key("grad", i)] = params[i].grad().detach().clone();
  }
}

std::function<void()> GradientAccumulation::load_more(const StateDict& state, std::vector<std::string>& known) {
  const std::int64_t count = load_count(state, "count", known);
  const std::vector<Tensor> params = parameters();
  std::vector<Tensor> gradients(params.size());
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (state.contains(key("grad", i))) gradients[i] = load_like(state, key("grad", i), params[i], known);
  }
  return [this, count, params, gradients = std::move(gradients)]() mutable {
    count_ = count;
    for (std::size_t i = 0; count > 0 && i < params.size(); ++i) Tensor(params[i]).set_grad(gradients[i]);
  };
}

}  // namespace descent::optim
