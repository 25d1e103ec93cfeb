#include "pcgrad.h"

#include <algorithm>
#include <numeric>

#include "../autograd/autograd.h"
#include "../autograd/fail-inl.h"
#include "../autograd/ops.h"

namespace descent::optim {
namespace {

/// One task's gradient by parameter; undefined where it does not depend on it.
using Gradient = std::vector<Tensor>;

double dot(const Gradient& a, const Gradient& b) {
  double total = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].defined() && b[i].defined()) total += (a[i] * b[i]).sum().item<double>();
  }
  return total;
}

/// a ← a + factor·b
void add_to(Gradient& a, const Gradient& b, double factor) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!b[i].defined()) continue;
    const Tensor more = factor == 1 ? b[i] : b[i] * factor;
    a[i] = a[i].defined() ? a[i] + more : more;
  }
}

}  // namespace

std::int64_t pcgrad(const std::vector<Tensor>& losses, const std::vector<Tensor>& params,
                    const PcgradOptions& options) {
  constexpr const char* kName = "pcgrad";
  if (losses.empty()) fail<std::invalid_argument>(kName, "needs at least one loss, got none");
  for (std::size_t i = 0; i < losses.size(); ++i) {
    if (!losses[i].defined()) fail<Error>(kName, "loss {} is undefined", i);
    if (losses[i].numel() != 1) {
      fail<ShapeError>(kName, "loss {} must have one element, got shape {}", i, losses[i].shape());
    }
  }
  std::vector<Tensor> wanted;
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].defined()) fail<std::invalid_argument>(kName, "parameter {} must be defined", i);
    const auto same = [&](const Tensor& p) { return p.impl() == params[i].impl(); };
    if (params[i].requires_grad() && std::none_of(wanted.begin(), wanted.end(), same)) wanted.push_back(params[i]);
  }
  if (wanted.empty()) return 0;

  std::vector<Gradient> gradients;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const bool retain = options.retain_graph || i + 1 < losses.size();
    gradients.push_back(autograd::grad(
        {losses[i]}, wanted, {.grad_outputs = {ones_like(losses[i])}, .retain_graph = retain, .allow_unused = true}));
  }

  const NoGradGuard no_grad;
  std::vector<double> squares;
  for (const Gradient& g : gradients) squares.push_back(dot(g, g));
  Gradient total(wanted.size());
  std::int64_t projections = 0;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    std::vector<std::int64_t> order(gradients.size());
    std::iota(order.begin(), order.end(), 0);
    if (options.shuffle) order = randperm(static_cast<std::int64_t>(order.size())).to_vector<std::int64_t>();
    Gradient g = gradients[i];
    for (const std::int64_t j : order) {
      const auto other = static_cast<std::size_t>(j);
      if (other == i) continue;
      const double along = dot(g, gradients[other]);
      if (!(along < 0)) continue;
      add_to(g, gradients[other], -along / squares[other]);
      ++projections;
    }
    add_to(total, g, 1);
  }

  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (total[i].defined() && wanted[i].grad().defined()) total[i] = wanted[i].grad() + total[i];
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (total[i].defined()) wanted[i].set_grad(total[i].detach().clone());
  }
  return projections;
}

}  // namespace descent::optim
