#include "penalty.h"

#include <cmath>

#include "../autograd/fail-inl.h"
#include "../autograd/ops.h"

namespace descent::optim {
namespace {

template <class F>
Tensor penalty(const char* name, const std::vector<Tensor>& params, double lambda, F term) {
  if (!(lambda >= 0) || std::isinf(lambda)) {
    fail<std::invalid_argument>(name, "lambda must be finite and at least 0, got {}", lambda);
  }
  Tensor total;
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].defined()) fail<std::invalid_argument>(name, "parameter {} must be defined", i);
    const Tensor sum = term(params[i]).sum();
    total = total.defined() ? total + sum : sum;
  }
  return total.defined() ? total * lambda : zeros(Shape());
}

}  // namespace

Tensor l1_penalty(const std::vector<Tensor>& params, double lambda) {
  return penalty("l1_penalty", params, lambda, [](const Tensor& p) { return abs(p); });
}

Tensor l2_penalty(const std::vector<Tensor>& params, double lambda) {
  return penalty("l2_penalty", params, lambda, [](const Tensor& p) { return square(p); });
}

}  // namespace descent::optim
