#include "cross_entropy.h"

#include <limits>

#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/reduce.h"
#include "../autograd/ops/shape.h"
#include "../autograd/ops/softmax.h"
#include "checks-inl.h"

namespace descent::losses {

namespace {

constexpr const char* kName = "cross_entropy";

/// [C] or [N, C, d1, …] as rows of classes, in the order of the target's elements.
Tensor class_rows(const Tensor& input) {
  if (input.dim() == 2) return input;
  if (input.dim() == 1) return input.unsqueeze(0);
  Shape order = {0};
  for (std::int64_t d = 2; d < input.dim(); ++d) order.push_back(d);
  order.push_back(1);
  std::int64_t rows = input.size(0);
  for (std::int64_t d = 2; d < input.dim(); ++d) rows *= input.size(d);
  return input.permute(order).reshape({rows, input.size(1)});
}

Tensor with_indices(const Tensor& input, const Tensor& target, const Tensor& weight,
                    const CrossEntropyLossOptions& options) {
  const ClassTarget classes = check_classes(kName, input, target, weight, options.ignore_index);
  const Tensor rows = cross_entropy_rows(class_rows(input), target.reshape({target.numel()}), weight,
                                         options.ignore_index, options.label_smoothing);
  return reduce(kName, target.dim() == 1 ? rows : rows.reshape(target.shape()), classes, options.reduction,
                options.sample_weight);
}

Tensor with_probabilities(const Tensor& input, const Tensor& target, const Tensor& weight,
                          const CrossEntropyLossOptions& options) {
  check_floating(kName, "target", target);
  if (options.ignore_index >= 0) {
    throw std::invalid_argument(fmt::format(
        "cross_entropy: ignore_index does not apply to a target of probabilities, got {}", options.ignore_index));
  }
  const int dim = class_dim(kName, input);
  const auto classes = static_cast<double>(input.size(dim));
  const double s = options.label_smoothing;
  Tensor smooth = target.to(input.dtype());
  if (s > 0) smooth = smooth * (1 - s) + s / classes;
  if (weight.defined()) {
    Shape along_classes;
    for (int d = 0; d < input.dim(); ++d) along_classes.push_back(d == dim ? input.size(dim) : 1);
    smooth = smooth * weight.reshape(along_classes);
  }
  // l = −Σ_c w_c·smooth_c·log p_c
  const Tensor losses = -(log_softmax(input, dim) * smooth).sum({dim});
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

}  // namespace

Tensor cross_entropy(const Tensor& input, const Tensor& target, const CrossEntropyLossOptions& options) {
  check_reduction(kName, options.reduction);
  if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1)) {
    throw std::invalid_argument(
        fmt::format("cross_entropy: label_smoothing must be in [0, 1], got {}", options.label_smoothing));
  }
  check_floating(kName, "input", input);
  if (!target.defined()) fail<Error>(kName, "target is undefined");
  const Tensor weight = class_weight(kName, options.weight, input);
  if (target.shape() == input.shape() && input.dim() > 0) {
    if (!target.is_floating_point()) {
      fail<DTypeError>(kName,
                       "a target of the input's shape {} holds probabilities and must be floating, got {}: convert it "
                       "with .to(float32), or give class indices without the class dim",
                       input.shape(), target.dtype());
    }
    return with_probabilities(input, target, weight, options);
  }
  return with_indices(input, target, weight, options);
}

}  // namespace descent::losses
