#include "regression.h"

#include "../autograd/ops/pointwise.h"
#include "checks-inl.h"

namespace descent::losses {

Tensor mse_loss(const Tensor& input, const Tensor& target, const MSELossOptions& options) {
  check_reduction("mse_loss", options.reduction);
  check_pair("mse_loss", input, target);
  return reduce(square(input - target), options.reduction);
}

Tensor l1_loss(const Tensor& input, const Tensor& target, const L1LossOptions& options) {
  check_reduction("l1_loss", options.reduction);
  check_pair("l1_loss", input, target);
  return reduce(abs(input - target), options.reduction);
}

}  // namespace descent::losses
