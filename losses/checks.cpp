#include "checks-inl.h"

#include <limits>

#include "../autograd/grad_mode.h"
#include "../autograd/ops/create.h"
#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/reduce.h"

namespace descent::losses {

void check_floating(const char* loss, const char* argument, const Tensor& tensor) {
  if (!tensor.defined()) fail<Error>(loss, "{} is undefined", argument);
  if (!tensor.is_floating_point()) {
    fail<DTypeError>(loss, "{} must be floating, got {}: convert it with .to(float32)", argument, tensor.dtype());
  }
}

void check_pair(const char* loss, const Tensor& input, const Tensor& target) {
  check_floating(loss, "input", input);
  check_floating(loss, "target", target);
  if (input.shape() != target.shape()) {
    fail<ShapeError>(loss, "input and target must have the same shape, got {} and {}", input.shape(), target.shape());
  }
}

void check_reduction(const char* loss, Reduction reduction) {
  if (reduction == Reduction::None || reduction == Reduction::Mean || reduction == Reduction::Sum) return;
  throw std::invalid_argument(
      fmt::format("{}: reduction must be None, Mean or Sum, got {}", loss,
                  reduction == Reduction::BatchMean ? "BatchMean" : std::to_string(static_cast<int>(reduction))));
}

Tensor reduce(const Tensor& elements, Reduction reduction) {
  if (reduction == Reduction::Mean) return elements.mean();
  return reduction == Reduction::Sum ? elements.sum() : elements;
}

int class_dim(const char* loss, const Tensor& input) {
  if (input.dim() == 0) fail<ShapeError>(loss, "input must be [C], [N, C] or [N, C, ...], got {}", input.shape());
  return input.dim() == 1 ? 0 : 1;
}

Tensor class_weight(const char* loss, const Tensor& weight, const Tensor& input) {
  if (!weight.defined()) return {};
  check_floating(loss, "weight", weight);
  const std::int64_t classes = input.size(class_dim(loss, input));
  if (weight.dim() != 1 || weight.size(0) != classes) {
    fail<ShapeError>(loss, "weight must have one element a class, got {} for {} classes", weight.shape(), classes);
  }
  if (weight.requires_grad() && autograd::grad_enabled()) {
    fail<AutogradError>(loss, "weight has no gradient here: detach() it");
  }
  return weight.detach().to(input.dtype());
}

namespace {

/// "[1, 0, 2]": where the flat row-major position lies.
std::string position(std::int64_t flat, const Shape& shape) {
  Shape at = shape;
  for (int i = shape.dim() - 1; i >= 0; --i) {
    at[static_cast<std::size_t>(i)] = flat % shape[static_cast<std::size_t>(i)];
    flat /= shape[static_cast<std::size_t>(i)];
  }
  return at.str();
}

}  // namespace

ClassTarget check_classes(const char* loss, const Tensor& input, const Tensor& target, const Tensor& weight,
                          std::int64_t ignore_index) {
  if (!target.defined()) fail<Error>(loss, "target is undefined");
  const int dim = class_dim(loss, input);
  Shape expected = input.shape();
  expected.erase(dim);
  if (target.shape() != expected) {
    fail<ShapeError>(loss, "for an input of shape {} class indices must have shape {}, got {}", input.shape(), expected,
                     target.shape());
  }
  if (target.dtype() != int64) {
    fail<DTypeError>(loss, "class indices must be int64, got {}: convert them with .to(int64)", target.dtype());
  }

  const std::int64_t classes = input.size(dim);
  const Tensor row_major = target.detach().contiguous();
  const std::int64_t* values = row_major.data<std::int64_t>();
  const std::int64_t count = target.numel();
  const std::vector<double> weights = weight.defined() ? weight.to_vector<double>() : std::vector<double>();
  std::int64_t ignored = 0;
  double weight_sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    if (values[i] == ignore_index) {
      ++ignored;
    } else if (values[i] < 0 || values[i] >= classes) {
      fail<IndexError>(loss, "class {} at position {} of the target is out of range [0, {})", values[i],
                       position(i, target.shape()), classes);
    } else if (weight.defined()) {
      weight_sum += weights[static_cast<std::size_t>(values[i])];
    }
  }

  ClassTarget checked{
      row_major, {}, weight.defined() ? weight_sum : static_cast<double>(count - ignored), ignored == count};
  if (ignored > 0) {
    checked.ignored = eq(row_major, ignore_index);
    checked.index = where(checked.ignored, 0, row_major);
  }
  return checked;
}

Tensor reduce(const Tensor& losses, const ClassTarget& target, Reduction reduction) {
  if (reduction != Reduction::Mean) return reduce(losses, reduction);
  if (target.all_ignored) return losses.sum() + std::numeric_limits<double>::quiet_NaN();
  if (static_cast<double>(losses.numel()) == target.denominator) return losses.mean();
  return losses.sum() / target.denominator;
}

}  // namespace descent::losses
