#include "nll.h"

#include "../autograd/ops/index.h"
#include "../autograd/ops/pointwise.h"
#include "checks-inl.h"

namespace descent::losses {

Tensor nll_loss(const Tensor& input, const Tensor& target, const NLLLossOptions& options) {
  check_reduction("nll_loss", options.reduction);
  check_floating("nll_loss", "input", input);
  const Tensor weight = class_weight("nll_loss", options.weight, input);
  const ClassTarget classes = check_classes("nll_loss", input, target, weight, options.ignore_index);
  const int dim = class_dim("nll_loss", input);

  Tensor losses = -gather(input, dim, classes.index.unsqueeze(dim)).reshape(target.shape());
  if (weight.defined()) {
    losses = losses * weight.index_select(0, classes.index.reshape({target.numel()})).reshape(target.shape());
  }
  if (classes.ignored.defined()) losses = where(classes.ignored, 0.0, losses);
  return reduce("nll_loss", losses, classes, options.reduction, options.sample_weight);
}

}  // namespace descent::losses
