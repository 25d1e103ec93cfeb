// A C++ number on its way into an op: it keeps its kind, so that it never widens a tensor.
#pragma once

#include <type_traits>

#include "../kernels/dtype.h"

namespace descent {

/// Any C++ arithmetic value. Its dtype is boolean, int64 or float64 by the C++ type.
class Scalar {
 public:
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  Scalar(T value)
      : dtype_(std::is_same_v<T, bool> ? boolean
               : std::is_integral_v<T> ? int64
                                       : float64),
        real_(static_cast<double>(value)),
        integer_(std::is_floating_point_v<T> ? 0 : static_cast<std::int64_t>(value)) {}

  DType dtype() const noexcept { return dtype_; }
  bool is_floating_point() const noexcept { return dtype_ == float64; }

  /// The value as a T.
  template <class T>
  T to() const noexcept {
    if (dtype_ == float64) {
      if constexpr (std::is_same_v<T, bool>) return real_ != 0;
      return static_cast<T>(real_);
    }
    return static_cast<T>(integer_);
  }

 private:
  DType dtype_;
  double real_;
  std::int64_t integer_;
};

/// Element type of `tensor op number`: the tensor's own, unless the number is of a higher kind
/// (boolean < integer < float); then int64 or float32.
constexpr DType promote_number(DType tensor, DType number) {
  if (number == float64) return is_floating_point(tensor) ? tensor : float32;
  if (number == int64) return tensor == boolean ? int64 : tensor;
  return tensor;
}

}  // namespace descent
