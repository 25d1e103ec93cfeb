#include "dice.h"

#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/reduce.h"
#include "checks-inl.h"

namespace descent::losses {

Tensor dice_loss(const Tensor& input, const Tensor& target, const DiceLossOptions& options) {
  constexpr const char* kName = "dice_loss";
  check_reduction(kName, options.reduction);
  check_option(kName, "smooth", options.smooth, 0);
  check_pair(kName, input, target);
  const std::int64_t dims = input.dim();
  if (options.start_dim < 0 || options.start_dim >= dims) {
    fail<IndexError>(kName, "start_dim {} is out of range [0, {}) for an input of shape {}", options.start_dim, dims,
                     input.shape());
  }
  check_unit_interval(kName, "input", input);
  check_unit_interval(kName, "target", target);
  Shape over;
  for (std::int64_t d = options.start_dim; d < dims; ++d) over.push_back(d);
  const Tensor common = (input * target).sum(over) * 2.0 + options.smooth;
  const Tensor size =
      options.squared ? square(input).sum(over) + square(target).sum(over) : input.sum(over) + target.sum(over);
  const Tensor whole = size + options.smooth, none = whole == 0.0;
  const Tensor losses = where(none, 0.0, 1.0 - common / where(none, 1.0, whole));
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

}  // namespace descent::losses
