#include "gradient_centralization.h"

#include "../autograd/fail-inl.h"
#include "../autograd/ops.h"
#include "gradient_swap-inl.h"

namespace descent::optim {
namespace {

void centralize(detail::GradientSwap& swap, const std::vector<Tensor>& params, bool conv_only) {
  const NoGradGuard no_grad;
  for (const Tensor& p : params) {
    if (!p.grad().defined() || p.dim() <= (conv_only ? 2 : 1) || p.numel() == 0) continue;
    const Tensor rows = p.grad().detach().reshape({p.size(0), p.numel() / p.size(0)});
    swap.replace(p, (rows - mean(rows, {1}, true)).reshape(p.shape()));
  }
}

}  // namespace

GradientCentralization::GradientCentralization(Optimizer& inner, const GradientCentralizationOptions& options)
    : Wrapper(GradientCentralizationOptions::kName, inner,
              std::make_shared<OptionsOf<GradientCentralizationOptions>>(options)) {}

void GradientCentralization::do_step() {
  refuse_sparse();
  detail::GradientSwap swap;
  centralize(swap, parameters(), options<GradientCentralizationOptions>().conv_only);
  inner().step();
}

Tensor GradientCentralization::do_step(const std::function<Tensor()>& closure) {
  detail::GradientSwap swap;
  return inner().step([&]() -> Tensor {
    swap.restore();  // an evaluation may add to the gradients that are there
    const Tensor loss = closure();
    refuse_sparse();
    centralize(swap, parameters(), options<GradientCentralizationOptions>().conv_only);
    return loss;
  });
}

}  // namespace descent::optim
