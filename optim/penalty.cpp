#include "penalty.h"

#include <cmath>

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/ops.h"
#include "sparse-inl.h"

namespace descent::optim {
namespace {

template <class F>
Tensor penalty(const char* name, const std::vector<Tensor>& params, double lambda, bool exclude_1d, F term) {
  if (!(lambda >= 0) || std::isinf(lambda)) {
    fail<std::invalid_argument>(name, "lambda must be finite and at least 0, got {}", lambda);
  }
  Tensor total;
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].defined()) fail<std::invalid_argument>(name, "parameter {} must be defined", i);
    detail::refuse_sparse(name, params[i]);
    if (exclude_1d && params[i].dim() <= 1) continue;
    const Tensor sum = term(params[i]).sum();
    total = total.defined() ? total + sum : sum;
  }
  return total.defined() ? total * lambda : zeros(Shape());
}

}  // namespace

Tensor l1_penalty(const std::vector<Tensor>& params, double lambda, const PenaltyOptions& options) {
  return penalty("l1_penalty", params, lambda, options.exclude_1d, [](const Tensor& p) { return abs(p); });
}

Tensor l2_penalty(const std::vector<Tensor>& params, double lambda, const PenaltyOptions& options) {
  return penalty("l2_penalty", params, lambda, options.exclude_1d, [](const Tensor& p) { return square(p); });
}

Tensor elastic_net_penalty(const std::vector<Tensor>& params, double lambda, const ElasticNetPenaltyOptions& options) {
  constexpr const char* kName = "elastic_net_penalty";
  const double a = options.l1_ratio;
  if (!(a >= 0 && a <= 1)) fail<std::invalid_argument>(kName, "l1_ratio must lie in [0, 1], got {}", a);
  return penalty(kName, params, lambda, options.exclude_1d,
                 [a](const Tensor& p) { return abs(p) * a + square(p) * ((1 - a) / 2); });
}

Tensor group_lasso_penalty(const std::vector<Tensor>& params, double lambda, const PenaltyOptions& options) {
  return penalty("group_lasso_penalty", params, lambda, options.exclude_1d, [](const Tensor& p) {
    if (p.dim() <= 1 || p.numel() == 0) return abs(p);
    return norm(p.reshape({p.size(0), p.numel() / p.size(0)}), 2, {1});
  });
}

double sparsity(const std::vector<Tensor>& params) {
  NoGradGuard no_grad;
  double zero = 0, all = 0;
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].defined()) fail<std::invalid_argument>("sparsity", "parameter {} must be defined", i);
    all += static_cast<double>(params[i].numel());
    zero += static_cast<double>((params[i] == 0.0).sum().item<std::int64_t>());
  }
  return all > 0 ? zero / all : 0;
}

}  // namespace descent::optim
