#include "create.h"

#include <cmath>
#include <cstring>

#include "../../kernels/elementwise.h"
#include "elementwise-inl.h"

namespace descent {

using namespace autograd;

namespace {

Tensor finish(Tensor tensor, const TensorOptions& options) {
  if (options.requires_grad) tensor.requires_grad_();
  return tensor;
}

Tensor filled(const char* op, const Shape& shape, Scalar value, DType dtype, const TensorOptions& options) {
  shape.numel(op);
  Tensor tensor = make_tensor(shape, dtype);
  const NumberView number(value, dtype);
  kernels::fill(view_of(tensor), number.element());
  return finish(std::move(tensor), options);
}

/// Modulo 2⁶⁴, where differences and products of whole numbers cannot overflow.
std::uint64_t whole(Scalar number) { return static_cast<std::uint64_t>(number.to<std::int64_t>()); }

/// How many of start, start + step, … come before end, for whole numbers: exact where a double would round.
double whole_count(Scalar start, Scalar end, Scalar step) {
  const bool up = step.to<std::int64_t>() > 0;
  const std::uint64_t span = up ? whole(end) - whole(start) : whole(start) - whole(end),
                      by = up ? whole(step) : 0 - whole(step);
  return static_cast<double>(span / by + (span % by != 0));
}

}  // namespace

Tensor empty(const Shape& shape, const TensorOptions& options) {
  shape.numel("empty");
  return finish(make_tensor(shape, options.dtype.value_or(float32)), options);
}
Tensor zeros(const Shape& shape, const TensorOptions& options) {
  return filled("zeros", shape, 0, options.dtype.value_or(float32), options);
}
Tensor ones(const Shape& shape, const TensorOptions& options) {
  return filled("ones", shape, 1, options.dtype.value_or(float32), options);
}
Tensor full(const Shape& shape, Scalar value, const TensorOptions& options) {
  const DType natural = value.is_floating_point() ? float32 : value.dtype();
  return filled("full", shape, value, options.dtype.value_or(natural), options);
}

Tensor empty_like(const Tensor& like, const TensorOptions& options) {
  like.checked("empty_like");
  return finish(make_tensor(like.shape(), options.dtype.value_or(like.dtype())), options);
}
Tensor zeros_like(const Tensor& like, const TensorOptions& options) { return full_like(like, 0, options); }
Tensor ones_like(const Tensor& like, const TensorOptions& options) { return full_like(like, 1, options); }
Tensor full_like(const Tensor& like, Scalar value, const TensorOptions& options) {
  like.checked("full_like");
  return filled("full_like", like.shape(), value, options.dtype.value_or(like.dtype()), options);
}

Tensor arange(Scalar end, const TensorOptions& options) { return arange(0, end, 1, options); }
Tensor arange(Scalar start, Scalar end, const TensorOptions& options) { return arange(start, end, 1, options); }
Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options) {
  const bool real = start.is_floating_point() || end.is_floating_point() || step.is_floating_point();
  const DType dtype = options.dtype.value_or(real ? float32 : int64);
  const double first = start.to<double>(), last = end.to<double>(), by = step.to<double>();
  if (!std::isfinite(first) || !std::isfinite(last) || !std::isfinite(by) || by == 0) {
    throw std::invalid_argument(
        fmt::format("arange: start, end and a non-zero step must be finite, got {}, {}, {}", first, last, by));
  }
  if (last != first && (last > first) != (by > 0)) {
    throw std::invalid_argument(fmt::format("arange: a step of {} does not lead from {} to {}", by, first, last));
  }
  const double count = real ? std::ceil((last - first) / by) : whole_count(start, end, step);
  if (count > 1e15) fail<ShapeError>("arange", "{} elements are too many", count);
  Tensor tensor = make_tensor({static_cast<std::int64_t>(count)}, dtype);
  kernels::dispatch(dtype, [&]<class T>() {
    T* out = data_of<T>(tensor);
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
      if (real)
        out[i] = static_cast<T>(first + static_cast<double>(i) * by);
      else
        out[i] = static_cast<T>(static_cast<std::int64_t>(whole(start) + static_cast<std::uint64_t>(i) * whole(step)));
    }
  });
  return finish(std::move(tensor), options);
}

Tensor linspace(double start, double end, std::int64_t steps, const TensorOptions& options) {
  if (steps < 0) throw std::invalid_argument(fmt::format("linspace: steps must not be negative, got {}", steps));
  const DType dtype = options.dtype.value_or(float32);
  Shape{steps}.numel("linspace");
  Tensor tensor = make_tensor({steps}, dtype);
  kernels::dispatch(dtype, [&]<class T>() {
    T* out = data_of<T>(tensor);
    const double step = steps > 1 ? (end - start) / static_cast<double>(steps - 1) : 0;
    // From both ends towards the middle, so that both are exact.
    for (std::int64_t i = 0; i < steps; ++i) {
      out[i] = static_cast<T>(i < (steps + 1) / 2 ? start + step * static_cast<double>(i)
                                                  : end - step * static_cast<double>(steps - 1 - i));
    }
  });
  return finish(std::move(tensor), options);
}

Tensor eye(std::int64_t n, const TensorOptions& options) { return eye(n, n, options); }
Tensor eye(std::int64_t n, std::int64_t m, const TensorOptions& options) {
  const DType dtype = options.dtype.value_or(float32);
  Tensor tensor = filled("eye", {n, m}, 0, dtype, {});
  kernels::dispatch(dtype, [&]<class T>() {
    for (std::int64_t i = 0; i < std::min(n, m); ++i) data_of<T>(tensor)[i * m + i] = T(1);
  });
  return finish(std::move(tensor), options);
}

NestedList::NestedList(Scalar value) : values_{value} {}

NestedList::NestedList(std::initializer_list<NestedList> list) {
  shape_.push_back(static_cast<std::int64_t>(list.size()));
  bool first = true;
  for (const NestedList& item : list) {
    if (first) {
      for (const std::int64_t n : item.shape_) shape_.push_back(n);
    } else if (item.shape_.size() + 1 != shape_.size() ||
               !std::equal(item.shape_.begin(), item.shape_.end(), shape_.begin() + 1)) {
      fail<ShapeError>("tensor", "all braces of one level must hold the same sizes, got {} beside {}", item.shape_,
                       Shape(shape_.data() + 1, shape_.size() - 1));
    }
    first = false;
    values_.insert(values_.end(), item.values_.begin(), item.values_.end());
  }
}

Tensor tensor(const NestedList& values, const TensorOptions& options) {
  DType natural = values.values().empty() ? float32 : boolean;
  for (const Scalar& value : values.values()) natural = promote(natural, value.dtype());
  if (natural == float64) natural = float32;
  Tensor result = make_tensor(values.shape(), options.dtype.value_or(natural));
  kernels::dispatch(result.dtype(), [&]<class T>() {
    T* out = data_of<T>(result);
    for (const Scalar& value : values.values()) {
      if constexpr (std::is_same_v<T, std::uint8_t>)
        *out++ = static_cast<T>(value.to<std::int64_t>());
      else
        *out++ = value.to<T>();
    }
  });
  return finish(std::move(result), options);
}

namespace detail {

Tensor from_memory(const void* values, DType dtype, std::size_t count, const Shape& shape,
                   const TensorOptions& options) {
  if (static_cast<std::size_t>(shape.numel("from_vector")) != count) {
    fail<ShapeError>("from_vector", "{} values do not fill the shape {}", count, shape);
  }
  Tensor tensor = make_tensor(shape, dtype);
  if (count > 0) std::memcpy(data_of<char>(tensor), values, count * size_of(dtype));
  if (options.dtype) tensor = converted(tensor, *options.dtype);
  return finish(std::move(tensor), options);
}

}  // namespace detail
}  // namespace descent
