#include "multi_task.h"

#include <cmath>

#include "../autograd/autograd.h"
#include "../autograd/ops/create.h"
#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/reduce.h"
#include "../autograd/ops/shape.h"
#include "checks-inl.h"

namespace descent::losses {

namespace {

/// Of GradNorm, before they are scaled: a task without weight would not be trained at all.
constexpr double kLeastWeight = 1e-4;

std::int64_t check_tasks(const char* name, std::int64_t tasks) {
  if (tasks < 1) throw std::invalid_argument(fmt::format("{}: tasks must be at least 1, got {}", name, tasks));
  return tasks;
}

/// The losses of the tasks as one vector.
Tensor joined(const char* name, const std::vector<Tensor>& losses, std::int64_t tasks) {
  if (static_cast<std::int64_t>(losses.size()) != tasks) {
    fail<ShapeError>(name, "needs one loss a task, got {} for {} tasks", losses.size(), tasks);
  }
  std::vector<Tensor> scalars;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    check_floating(name, "a loss", losses[i]);
    if (losses[i].numel() != 1) {
      fail<ShapeError>(name, "loss {} must have one element, got shape {}", i, losses[i].shape());
    }
    scalars.push_back(losses[i].reshape({1}));
  }
  return cat(scalars);
}

}  // namespace

UncertaintyWeighting::UncertaintyWeighting(std::int64_t tasks, const UncertaintyWeightingOptions& options)
    : log_vars(register_parameter("log_vars", zeros({check_tasks("UncertaintyWeighting", tasks)}))),
      factors_(static_cast<std::size_t>(tasks), 0.5) {
  const std::vector<bool>& classification = options.classification;
  if (!classification.empty() && classification.size() != factors_.size()) {
    throw std::invalid_argument(
        fmt::format("UncertaintyWeighting: classification must have one entry a task, got {} for {}",
                    classification.size(), tasks));
  }
  for (std::size_t i = 0; i < classification.size(); ++i) {
    if (classification[i]) factors_[i] = 1;
  }
}

Tensor UncertaintyWeighting::forward(const std::vector<Tensor>& losses) const {
  return with_hooks(joined("UncertaintyWeighting", losses, log_vars.numel()), [&](const Tensor& all) {
    const Tensor c = from_vector(factors_, {.dtype = log_vars.dtype()});
    return (c * exp(-log_vars) * all + log_vars * 0.5).sum();
  });
}

GradNorm::GradNorm(std::int64_t tasks, const GradNormOptions& options)
    : weights(register_parameter("weights", ones({check_tasks("GradNorm", tasks)}))),
      initial_losses(register_buffer("initial_losses", zeros({tasks}))),
      alpha_(options.alpha) {
  check_option("GradNorm", "alpha", options.alpha, 0);
}

Tensor GradNorm::forward(const std::vector<Tensor>& losses) const {
  return with_hooks(joined("GradNorm", losses, weights.numel()),
                    [&](const Tensor& all) { return (weights.detach() * all).sum(); });
}

Tensor GradNorm::balance(const std::vector<Tensor>& losses, const std::vector<Tensor>& shared) {
  constexpr const char* kName = "GradNorm";
  const std::int64_t tasks = weights.numel();
  const Tensor now = joined(kName, losses, tasks).detach().to(weights.dtype());
  if (shared.empty()) throw std::invalid_argument("GradNorm: shared must hold at least one parameter, got none");
  for (std::size_t i = 0; i < shared.size(); ++i) {
    if (!shared[i].defined() || !shared[i].requires_grad()) {
      throw std::invalid_argument(fmt::format("GradNorm: shared parameter {} must require a gradient", i));
    }
  }
  const std::vector<double> noted = initial_losses.to_vector<double>(), values = now.to_vector<double>();
  const bool first = noted == std::vector<double>(noted.size(), 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (first && !(values[i] > 0 && std::isfinite(values[i]))) {
      fail<Error>(kName, "the first loss of task {} must be positive and finite, got {}", i, values[i]);
    }
    if (!(values[i] >= 0 && std::isfinite(values[i]))) {
      fail<Error>(kName, "the loss of task {} must be at least 0 and finite, got {}", i, values[i]);
    }
  }

  // ‖∇_W wᵢ·Lᵢ‖ = wᵢ·‖∇_W Lᵢ‖ of positive w: as a function of w it needs no second-order graph. Left linear, so that a
  // step that went below 0 is pulled back and none stays there.
  std::vector<double> norms;
  for (const Tensor& loss : losses) {
    double squares = 0;
    for (const Tensor& g : autograd::grad(
             {loss}, shared, {.grad_outputs = {ones_like(loss)}, .retain_graph = true, .allow_unused = true})) {
      if (g.defined()) squares += square(g.detach().to(float64)).sum().item<double>();
    }
    norms.push_back(std::sqrt(squares));
  }
  const Tensor norm = from_vector(norms, {.dtype = weights.dtype()});
  Tensor target;
  {
    const NoGradGuard no_grad;
    if (first) initial_losses.copy_(now);
    const Tensor rate = now / initial_losses, mean = rate.mean();
    const Tensor lag = mean.item<double>() > 0 ? rate / mean : ones_like(rate);
    target = (weights * norm).mean() * pow(lag, alpha_);
  }
  return abs(weights * norm - target).sum();
}

void GradNorm::renormalize() {
  const NoGradGuard no_grad;
  const Tensor positive = clamp(weights, kLeastWeight);
  const double total = positive.sum().item<double>();
  if (!std::isfinite(total)) fail<Error>("GradNorm", "the weights must be finite, got a sum of {}", total);
  weights.copy_(positive * (static_cast<double>(weights.numel()) / total));
}

}  // namespace descent::losses
