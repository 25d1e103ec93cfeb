#include "checks-inl.h"

#include <cmath>
#include <limits>

#include "../autograd/grad_mode.h"
#include "../autograd/ops/create.h"
#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/reduce.h"
#include "../autograd/ops/shape.h"

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

namespace {

/// The elements times the weights of their samples.
Tensor weighted(const char* loss, const Tensor& elements, const Tensor& weight) {
  if (!weight.defined()) return elements;
  check_floating(loss, "sample_weight", weight);
  const Shape& all = elements.shape();
  bool fits = weight.dim() <= elements.dim();
  for (std::size_t i = 0; fits && i < weight.shape().size(); ++i) fits = weight.shape()[i] == all[i];
  if (!fits) {
    fail<ShapeError>(loss, "sample_weight must have the shape {} of the unreduced loss or of its first dims, got {}",
                     all, weight.shape());
  }
  Shape aligned = weight.shape();
  while (aligned.size() < all.size()) aligned.push_back(1);
  return elements * weight.to(elements.dtype()).reshape(aligned);
}

/// Calls f on the elements, as doubles, in row-major order until it is false; where that was, or -1.
template <class F>
std::int64_t first_that_fails(const Tensor& tensor, F f) {
  const Tensor row_major = tensor.detach().contiguous();
  const std::int64_t count = row_major.numel();
  return kernels::dispatch(row_major.dtype(), [&]<class T>() -> std::int64_t {
    const T* values = row_major.data<T>();
    for (std::int64_t i = 0; i < count; ++i) {
      if (!f(static_cast<double>(values[i]))) return i;
    }
    return -1;
  });
}

double element(const Tensor& tensor, std::int64_t flat) {
  return tensor.detach().reshape({tensor.numel()}).select(0, flat).item<double>();
}

}  // namespace

Tensor reduce(const char* loss, const Tensor& elements, Reduction reduction, const Tensor& sample_weight) {
  const Tensor losses = weighted(loss, elements, sample_weight);
  if (reduction == Reduction::Mean) return losses.mean();
  return reduction == Reduction::Sum ? losses.sum() : losses;
}

void check_unit_interval(const char* loss, const char* argument, const Tensor& tensor) {
  const std::int64_t at = first_that_fails(tensor, [](double v) { return v >= 0 && v <= 1; });
  if (at < 0) return;
  fail<Error>(loss, "{} must be in [0, 1], got {} at position {}", argument, element(tensor, at),
              position(at, tensor.shape()));
}

void check_not_negative(const char* loss, const char* argument, const Tensor& tensor) {
  const std::int64_t at = first_that_fails(tensor, [](double v) { return !(v < 0); });
  if (at < 0) return;
  fail<Error>(loss, "{} must not be negative, got {} at position {}", argument, element(tensor, at),
              position(at, tensor.shape()));
}

Tensor check_signs(const char* loss, const Tensor& target, const Shape& shape, DType dtype) {
  if (!target.defined()) fail<Error>(loss, "target is undefined");
  if (target.shape() != shape) fail<ShapeError>(loss, "target must have shape {}, got {}", shape, target.shape());
  if (!target.is_floating_point() && target.dtype() != int64) {
    fail<DTypeError>(loss, "target must be floating or int64, got {}", target.dtype());
  }
  const std::int64_t at = first_that_fails(target, [](double v) { return v == 1 || v == -1; });
  if (at >= 0) {
    fail<IndexError>(loss, "target must be 1 or -1, got {} at position {}", element(target, at), position(at, shape));
  }
  return target.detach().to(dtype);
}

void check_weight(const char* loss, const char* option, const Tensor& weight, const Tensor& input) {
  if (!weight.defined()) return;
  check_floating(loss, option, weight);
  const Shape& from = weight.shape();
  const Shape& to = input.shape();
  bool fits = from.size() <= to.size();
  for (std::size_t i = 1; fits && i <= from.size(); ++i) {
    fits = from[from.size() - i] == 1 || from[from.size() - i] == to[to.size() - i];
  }
  if (!fits) fail<ShapeError>(loss, "{} of shape {} must broadcast to the input's shape {}", option, from, to);
}

void check_option(const char* loss, const char* option, double value, double low, bool open) {
  if (std::isfinite(value) && (open ? value > low : value >= low)) return;
  throw std::invalid_argument(
      fmt::format("{}: {} must be finite and {} {}, got {}", loss, option, open ? "above" : "at least", low, value));
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

std::string position(std::int64_t flat, const Shape& shape) {
  Shape at = shape;
  for (int i = shape.dim() - 1; i >= 0; --i) {
    at[static_cast<std::size_t>(i)] = flat % shape[static_cast<std::size_t>(i)];
    flat /= shape[static_cast<std::size_t>(i)];
  }
  return at.str();
}

ClassTarget check_classes(const char* loss, const Tensor& input, const Tensor& target, const Tensor& weight,
                          std::optional<std::int64_t> ignore_index) {
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
    checked.ignored = eq(row_major, *ignore_index);
    checked.index = where(checked.ignored, 0, row_major);
  }
  return checked;
}

Tensor reduce(const char* loss, const Tensor& elements, const ClassTarget& target, Reduction reduction,
              const Tensor& sample_weight) {
  const Tensor losses = weighted(loss, elements, sample_weight);
  if (reduction != Reduction::Mean) return reduce(loss, losses, reduction);
  if (target.all_ignored) return losses.sum() + std::numeric_limits<double>::quiet_NaN();
  if (static_cast<double>(losses.numel()) == target.denominator) return losses.mean();
  return losses.sum() / target.denominator;
}

}  // namespace descent::losses
