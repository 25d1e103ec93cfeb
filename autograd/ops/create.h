// Making tensors from sizes, numbers and C++ containers.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "../tensor.h"

namespace descent {

/// What a new tensor is. Without a dtype: float32, or what the doc comment of the function says.
struct TensorOptions {
  std::optional<DType> dtype = std::nullopt;
  bool requires_grad = false;
};

/// Uninitialised memory (NaN in debug builds). All shapes: ShapeError for a negative size or a product that overflows.
Tensor empty(const Shape& shape, const TensorOptions& options = {});
Tensor zeros(const Shape& shape, const TensorOptions& options = {});
Tensor ones(const Shape& shape, const TensorOptions& options = {});
/// Every element `value`; the dtype is that of the number (float32, int64, boolean) unless given.
Tensor full(const Shape& shape, Scalar value, const TensorOptions& options = {});

/// Like another tensor in shape, and in dtype unless given.
Tensor empty_like(const Tensor& like, const TensorOptions& options = {});
Tensor zeros_like(const Tensor& like, const TensorOptions& options = {});
Tensor ones_like(const Tensor& like, const TensorOptions& options = {});
Tensor full_like(const Tensor& like, Scalar value, const TensorOptions& options = {});

/// start, start + step, … below end (above it for a negative step); int64 when all three are integers.
/// Throws std::invalid_argument for a step of 0 or away from end.
Tensor arange(Scalar end, const TensorOptions& options = {});
Tensor arange(Scalar start, Scalar end, const TensorOptions& options = {});
Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options = {});
/// `steps` values from start to end, both included.
Tensor linspace(double start, double end, std::int64_t steps, const TensorOptions& options = {});
/// The n x m identity (m = n unless given).
Tensor eye(std::int64_t n, const TensorOptions& options = {});
Tensor eye(std::int64_t n, std::int64_t m, const TensorOptions& options = {});

/// Numbers in nested braces, for `tensor` only: every list of one level has the same length.
class NestedList {
 public:
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  NestedList(T value) : NestedList(Scalar(value)) {}
  NestedList(Scalar value);
  NestedList(std::initializer_list<NestedList> list);

  const Shape& shape() const { return shape_; }
  const std::vector<Scalar>& values() const { return values_; }

 private:
  Shape shape_;
  std::vector<Scalar> values_;
};

/// `tensor({{1.0, 2.0}, {3.0, 4.0}})`, `tensor(3)`: floating literals give float32, integers int64, bools boolean.
/// Throws ShapeError for ragged braces.
Tensor tensor(const NestedList& values, const TensorOptions& options = {});

/// A copy of `values` in the given shape (one dimension unless given), of the values' own type (int and other integers
/// give int64). Throws ShapeError when the count does not match.
template <class T>
Tensor from_vector(std::span<const T> values, const Shape& shape, const TensorOptions& options = {});
template <class T>
Tensor from_vector(const std::vector<T>& values, const Shape& shape, const TensorOptions& options = {});
template <class T>
Tensor from_vector(const std::vector<T>& values, const TensorOptions& options = {}) {
  return from_vector(values, Shape(static_cast<std::int64_t>(values.size())), options);
}

namespace detail {
Tensor from_memory(const void* values, DType dtype, std::size_t count, const Shape& shape,
                   const TensorOptions& options);
}

template <class T>
Tensor from_vector(std::span<const T> values, const Shape& shape, const TensorOptions& options) {
  constexpr DType dtype = dtype_of<T>();
  if constexpr (sizeof(T) == size_of(dtype)) {
    return detail::from_memory(values.data(), dtype, values.size(), shape, options);
  } else {
    const std::vector<std::int64_t> wide(values.begin(), values.end());
    return detail::from_memory(wide.data(), dtype, wide.size(), shape, options);
  }
}

template <class T>
Tensor from_vector(const std::vector<T>& values, const Shape& shape, const TensorOptions& options) {
  if constexpr (std::is_same_v<T, bool>) {
    const std::vector<unsigned char> bytes(values.begin(), values.end());
    return detail::from_memory(bytes.data(), boolean, bytes.size(), shape, options);
  } else {
    return from_vector(std::span<const T>(values), shape, options);
  }
}

}  // namespace descent
