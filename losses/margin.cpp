#include "margin.h"

#include <algorithm>
#include <cmath>

#include "../autograd/ops/create.h"
#include "../autograd/ops/index.h"
#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/reduce.h"
#include "../autograd/ops/scatter.h"
#include "../autograd/ops/shape.h"
#include "../autograd/ops/special.h"
#include "checks-inl.h"

namespace descent::losses {

namespace {

void check_margin(const char* loss, double margin) {
  if (std::isfinite(margin)) return;
  throw std::invalid_argument(fmt::format("{}: margin must be finite, got {}", loss, margin));
}

/// [C] or [N, C] as [N, C].
Tensor class_rows(const char* loss, const Tensor& input) {
  check_floating(loss, "input", input);
  if (input.dim() != 1 && input.dim() != 2) {
    fail<ShapeError>(loss, "input must be [C] or [N, C], got {}", input.shape());
  }
  if (input.size(-1) == 0) fail<ShapeError>(loss, "input must have at least one class, got {}", input.shape());
  return input.dim() == 1 ? input.unsqueeze(0) : input;
}

/// The loss is linear where no margin is met exactly: Σ (1 − x_j + x_i) over the pairs of a sample that miss theirs.
/// float64, since the sum is far smaller than its terms where all of a sample's inputs are far from 0.
struct MissedMargins {
  Tensor pairs;  ///< [N]: how many
  Tensor slope;  ///< [N, C]: in how many of them a class is i, or minus in how many it is j
};

MissedMargins missed_margins(const char* loss, const Tensor& x, const Tensor& target) {
  const std::int64_t samples = x.size(0), classes = x.size(1);
  const Tensor row_major = target.detach().contiguous();
  const std::int64_t* values = row_major.data<std::int64_t>();
  for (std::int64_t i = 0; i < samples * classes; ++i) {
    if (values[i] >= -1 && values[i] < classes) continue;
    fail<IndexError>(loss, "class {} at position {} of the target is out of range [-1, {})", values[i],
                     position(i, target.shape()), classes);
  }
  const std::vector<double> inputs = x.detach().to_vector<double>();
  std::vector<double> pairs(static_cast<std::size_t>(samples)), slope(inputs.size());
  std::vector<bool> listed(static_cast<std::size_t>(classes));
  for (std::int64_t n = 0; n < samples; ++n) {
    const auto row = static_cast<std::size_t>(n * classes);
    const std::int64_t* const labels = values + row;
    const std::int64_t* const end = std::find(labels, labels + classes, -1);
    listed.assign(listed.size(), false);
    for (const std::int64_t* j = labels; j != end; ++j) listed[static_cast<std::size_t>(*j)] = true;
    for (const std::int64_t* j = labels; j != end; ++j) {
      const std::size_t at = row + static_cast<std::size_t>(*j);
      for (std::size_t i = 0; i < listed.size(); ++i) {
        if (listed[i] || 1 - inputs[at] + inputs[row + i] <= 0) continue;  // NaN misses
        ++pairs[static_cast<std::size_t>(n)], ++slope[row + i], --slope[at];
      }
    }
  }
  return {from_vector(pairs, {samples}), from_vector(slope, {samples, classes})};
}

}  // namespace

Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target, const HingeEmbeddingLossOptions& options) {
  constexpr const char* kName = "hinge_embedding_loss";
  check_reduction(kName, options.reduction);
  check_margin(kName, options.margin);
  check_floating(kName, "input", input);
  const Tensor y = check_signs(kName, target, input.shape(), input.dtype());
  const Tensor losses = where(y > 0.0, input, clamp(options.margin - input, 0.0));
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                           const MarginRankingLossOptions& options) {
  constexpr const char* kName = "margin_ranking_loss";
  check_reduction(kName, options.reduction);
  check_margin(kName, options.margin);
  check_floating(kName, "input1", input1);
  check_floating(kName, "input2", input2);
  if (input1.shape() != input2.shape()) {
    fail<ShapeError>(kName, "input1 and input2 must have the same shape, got {} and {}", input1.shape(),
                     input2.shape());
  }
  const Tensor y = check_signs(kName, target, input1.shape(), input1.dtype());
  const Tensor losses = clamp(options.margin - y * (input1 - input2), 0.0);
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

Tensor multi_margin_loss(const Tensor& input, const Tensor& target, const MultiMarginLossOptions& options) {
  constexpr const char* kName = "multi_margin_loss";
  check_reduction(kName, options.reduction);
  check_margin(kName, options.margin);
  if (options.p != 1 && options.p != 2) {
    throw std::invalid_argument(fmt::format("{}: p must be 1 or 2, got {}", kName, options.p));
  }
  const Tensor x = class_rows(kName, input);
  const Tensor weight = class_weight(kName, options.weight, input);
  const ClassTarget classes = check_classes(kName, input, target, {}, std::nullopt);
  const std::int64_t samples = x.size(0);
  const Tensor y = classes.index.reshape({samples, 1});
  Tensor z = relu(options.margin - gather(x, 1, y) + x);
  if (options.p == 2) z = square(z);
  if (weight.defined()) z = z * weight.index_select(0, y.reshape({samples})).unsqueeze(1);
  const Tensor others = scatter(ones(x.shape(), {.dtype = boolean}), 1, y, Scalar(false));
  const Tensor losses = where(others, z, 0.0).sum({1}) / static_cast<double>(x.size(1));
  return reduce(kName, losses.reshape(target.shape()), options.reduction, options.sample_weight);
}

Tensor multilabel_margin_loss(const Tensor& input, const Tensor& target, const MultiLabelMarginLossOptions& options) {
  constexpr const char* kName = "multilabel_margin_loss";
  check_reduction(kName, options.reduction);
  const Tensor x = class_rows(kName, input);
  if (!target.defined()) fail<Error>(kName, "target is undefined");
  if (target.dtype() != int64) {
    fail<DTypeError>(kName, "class indices must be int64, got {}: convert them with .to(int64)", target.dtype());
  }
  if (target.shape() != input.shape()) {
    fail<ShapeError>(kName, "input and target must have the same shape, got {} and {}", input.shape(), target.shape());
  }
  const MissedMargins missed = missed_margins(kName, x, target);
  const Tensor counted = where(missed.slope == 0.0, 0.0, x.to(float64));  // an infinity that misses none does not count
  const Tensor losses =
      ((missed.pairs + (missed.slope * counted).sum({1})) / static_cast<double>(x.size(1))).to(x.dtype());
  return reduce(kName, input.dim() == 1 ? losses.squeeze(0) : losses, options.reduction, options.sample_weight);
}

Tensor soft_margin_loss(const Tensor& input, const Tensor& target, const SoftMarginLossOptions& options) {
  constexpr const char* kName = "soft_margin_loss";
  check_reduction(kName, options.reduction);
  check_floating(kName, "input", input);
  const Tensor y = check_signs(kName, target, input.shape(), input.dtype());
  return reduce(kName, -logsigmoid(y * input), options.reduction, options.sample_weight);
}

Tensor multilabel_soft_margin_loss(const Tensor& input, const Tensor& target,
                                   const MultiLabelSoftMarginLossOptions& options) {
  constexpr const char* kName = "multilabel_soft_margin_loss";
  check_reduction(kName, options.reduction);
  check_pair(kName, input, target);
  if (input.dim() == 0) fail<ShapeError>(kName, "input must be [..., C], got {}", input.shape());
  check_unit_interval(kName, "target", target);
  const std::int64_t classes = input.size(-1);
  if (options.weight.defined()) {
    check_floating(kName, "weight", options.weight);
    if (options.weight.shape() != Shape{classes}) {
      fail<ShapeError>(kName, "weight must have one element a class, got {} for {} classes", options.weight.shape(),
                       classes);
    }
  }
  Tensor losses = -(target * logsigmoid(input) + (1.0 - target) * logsigmoid(-input));
  if (options.weight.defined()) losses = losses * options.weight.to(losses.dtype());
  losses = losses.sum({input.dim() - 1}) / static_cast<double>(classes);
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

}  // namespace descent::losses
