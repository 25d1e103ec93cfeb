// Searching in sorted sequences, and counting. None has a gradient.
#include "../../kernels/search.h"

#include <cmath>
#include <limits>

#include "elementwise-inl.h"
#include "sorting.h"

namespace descent {

using namespace autograd;

namespace {

Tensor run_search(const Tensor& sequence, const Tensor& values, bool right, const Tensor& sorter) {
  const DType dtype = promote(sequence.dtype(), values.dtype());
  const Tensor rows = converted(sequence.detach(), dtype).contiguous();
  const Tensor wanted = converted(values.detach(), dtype).contiguous();
  const Tensor order = sorter.defined() ? sorter.detach().contiguous() : sorter;
  Tensor out = make_tensor(values.shape(), int64);
  const bool shared = sequence.dim() == 1;
  const std::int64_t n = sequence.shape().back();
  const std::int64_t m = shared ? values.numel() : values.shape().back();
  if (out.numel() == 0) return out;
  kernels::searchsorted(dtype, right, shared, values.numel() / m, n, m, data_of<char>(rows),
                        order.defined() ? data_of<std::int64_t>(order) : nullptr, data_of<char>(wanted),
                        data_of<std::int64_t>(out));
  return out;
}

}  // namespace

Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& values, const SearchsortedOptions& options) {
  constexpr const char* op = "searchsorted";
  const Shape& shape = sorted_sequence.checked(op).shape;
  const Shape& wanted = values.checked(op).shape;
  if (shape.empty()) fail<ShapeError>(op, "the sorted sequence needs at least one dim");
  bool fits = shape.size() == 1 || shape.size() == wanted.size();
  for (std::size_t i = 0; fits && shape.size() > 1 && i + 1 < shape.size(); ++i) fits = shape[i] == wanted[i];
  if (!fits) {
    fail<ShapeError>(op, "the sequence must have one dim, or the leading dims of the values, got {} and {}", shape,
                     wanted);
  }
  bool right = options.right;
  if (options.side) {
    if (*options.side != "left" && *options.side != "right") {
      throw std::invalid_argument(
          fmt::format("searchsorted: side must be \"left\" or \"right\", got \"{}\"", *options.side));
    }
    if (options.right && *options.side == "left") {
      throw std::invalid_argument("searchsorted: right and side = \"left\" contradict each other");
    }
    right = *options.side == "right";
  }
  if (options.sorter.defined()) {
    if (options.sorter.dtype() != int64)
      fail<DTypeError>(op, "the sorter must be int64, got {}", options.sorter.dtype());
    if (options.sorter.shape() != shape) {
      fail<ShapeError>(op, "the sorter must have the shape of the sequence {}, got {}", shape, options.sorter.shape());
    }
    if (options.sorter.numel() > 0) {
      const std::int64_t least = options.sorter.min().item<std::int64_t>();
      const std::int64_t most = options.sorter.max().item<std::int64_t>();
      if (least < 0 || most >= shape.back()) {
        fail<IndexError>(op, "sorter index {} is out of range for {} elements", least < 0 ? least : most, shape.back());
      }
    }
  }
  return run_search(sorted_sequence, values, right, options.sorter);
}

Tensor searchsorted(const Tensor& sorted_sequence, Scalar value, const SearchsortedOptions& options) {
  const DType dtype = promote_number(sorted_sequence.checked("searchsorted").dtype, value.dtype());
  return searchsorted(sorted_sequence, full({}, value, {.dtype = dtype}), options);
}

Tensor bucketize(const Tensor& a, const Tensor& boundaries, const BucketizeOptions& options) {
  a.checked("bucketize");
  if (boundaries.checked("bucketize").shape.size() != 1) {
    fail<ShapeError>("bucketize", "the boundaries must have one dim, got shape {}", boundaries.shape());
  }
  return run_search(boundaries, a, options.right, {});
}

Tensor bincount(const Tensor& a, const BincountOptions& options) {
  constexpr const char* op = "bincount";
  a.checked(op);
  if (a.dtype() != int64 && a.dtype() != uint8) fail<DTypeError>(op, "counts integers, got {}", a.dtype());
  if (a.dim() != 1) fail<ShapeError>(op, "needs one dim, got shape {}", a.shape());
  if (options.minlength < 0) {
    throw std::invalid_argument(fmt::format("bincount: minlength must not be negative, got {}", options.minlength));
  }
  const Tensor& weights = options.weights;
  if (weights.defined() && weights.shape() != a.shape()) {
    fail<ShapeError>(op, "the weights must have the shape {}, got {}", a.shape(), weights.shape());
  }
  const Tensor index = a.to(int64);
  std::int64_t bins = options.minlength;
  if (index.numel() > 0) {
    const std::int64_t least = index.min().item<std::int64_t>(), most = index.max().item<std::int64_t>();
    if (least < 0) fail<IndexError>(op, "the integers must not be negative, got {}", least);
    bins = most == std::numeric_limits<std::int64_t>::max() ? most : std::max(bins, most + 1);
  }
  Shape{bins}.numel(op);
  const NoGradGuard no_grad;
  const DType dtype = !weights.defined() ? int64 : weights.dtype() == float32 ? float32 : float64;
  const Tensor counted = weights.defined() ? weights.detach().to(dtype) : ones({}, {.dtype = int64}).expand(a.shape());
  return index_add(zeros({bins}, {.dtype = dtype}), 0, index, counted);
}

Tensor histc(const Tensor& a, const HistcOptions& options) {
  constexpr const char* op = "histc";
  a.checked(op);
  if (!a.is_floating_point()) fail<DTypeError>(op, "takes floats, got {}", a.dtype());
  if (options.bins < 1) throw std::invalid_argument(fmt::format("histc: bins must be positive, got {}", options.bins));
  Shape{options.bins}.numel(op);
  double low = options.min, high = options.max;
  const Tensor flat = a.detach().reshape({a.numel()});
  if (low == high && flat.numel() > 0) {
    low = flat.min().item<double>();
    high = flat.max().item<double>();
  }
  if (low == high) {
    low -= 1;
    high += 1;
  }
  if (!std::isfinite(low) || !std::isfinite(high) || low > high) {
    throw std::invalid_argument(
        fmt::format("histc: the range must be finite with min <= max, got [{}, {}]", low, high));
  }
  const std::vector<double> values = flat.to_vector<double>();
  std::vector<double> counts(static_cast<std::size_t>(options.bins));
  for (const double v : values) {
    if (!(v >= low && v <= high)) continue;
    const auto bin = static_cast<std::int64_t>((v - low) / (high - low) * static_cast<double>(options.bins));
    ++counts[static_cast<std::size_t>(std::min(bin, options.bins - 1))];
  }
  return from_vector(counts).to(a.dtype());
}

Tensor isin(const Tensor& elements, const Tensor& test_elements, const IsinOptions& options) {
  elements.checked("isin");
  test_elements.checked("isin");
  const NoGradGuard no_grad;
  const DType dtype = promote(elements.dtype(), test_elements.dtype());
  const Tensor a = elements.detach().to(dtype),
               tests = test_elements.detach().to(dtype).reshape({test_elements.numel()});
  if (tests.numel() == 0) return full(a.shape(), options.invert, {.dtype = boolean});
  const Tensor ordered = descent::sort(tests, 0).values;
  // What is not found lies behind the last one: clamped, it is compared with another element.
  const Tensor at = searchsorted(ordered, a);
  const Tensor safe = where(at < tests.numel(), at, tests.numel() - 1);
  const Tensor found = index_select(ordered, 0, safe.reshape({a.numel()})).reshape(a.shape()) == a;
  return options.invert ? found == false : found;
}

}  // namespace descent
