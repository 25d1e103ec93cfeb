// Tests of each element, logical operations, and mixed pointwise ops (lerp, addcmul, addcdiv, nan_to_num, clamp).
// Operands broadcast; shapes that do not throw ShapeError.
#pragma once

#include "../tensor.h"

namespace descent {

// Booleans, without gradient, from any dtype. Integers and booleans are finite.
Tensor isnan(const Tensor& a);
Tensor isinf(const Tensor& a);  ///< +∞ or −∞
Tensor isfinite(const Tensor& a);
Tensor isposinf(const Tensor& a);
Tensor isneginf(const Tensor& a);

/// Options of isclose: rtol, atol >= 0 (std::invalid_argument).
struct IscloseOptions {
  double rtol = 1e-5;
  double atol = 1e-8;
  bool equal_nan = false;
};
/// a = b, or |a − b| <= atol + rtol·|b| and finite; NaN is close to NaN if `equal_nan`. Integers are compared in
/// float64.
Tensor isclose(const Tensor& a, const Tensor& b, const IscloseOptions& options = {});

// Anything that is not 0 counts as true, NaN too. The result is boolean and has no gradient.
Tensor logical_and(const Tensor& a, const Tensor& b);
Tensor logical_or(const Tensor& a, const Tensor& b);
Tensor logical_xor(const Tensor& a, const Tensor& b);
Tensor logical_not(const Tensor& a);

// On booleans alone (DTypeError); logical_… take any dtype.
Tensor operator!(const Tensor& a);
Tensor operator~(const Tensor& a);
Tensor operator&(const Tensor& a, const Tensor& b);
Tensor operator|(const Tensor& a, const Tensor& b);
Tensor operator^(const Tensor& a, const Tensor& b);

/// Options of nan_to_num. Infinities left out become the largest and the lowest finite number of the dtype.
struct NanToNumOptions {
  double nan = 0;
  std::optional<double> posinf = std::nullopt;
  std::optional<double> neginf = std::nullopt;
};
/// a with NaN, +∞ and −∞ replaced; no gradient flows there. Integers stay as they are.
Tensor nan_to_num(const Tensor& a, const NanToNumOptions& options = {});

/// start + weight·(end − start), from whichever end is nearer. Floats only (DTypeError).
Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight);
Tensor lerp(const Tensor& start, const Tensor& end, Scalar weight);

/// Options of addcmul. On integers `value` must be whole (std::invalid_argument).
struct AddcmulOptions {
  double value = 1;
};
/// a + value·tensor1·tensor2; throws DTypeError on booleans.
Tensor addcmul(const Tensor& a, const Tensor& tensor1, const Tensor& tensor2, const AddcmulOptions& options = {});
/// Options of addcdiv.
struct AddcdivOptions {
  double value = 1;
};
/// a + value·tensor1 / tensor2. Throws DTypeError unless the result of the three is a float type.
Tensor addcdiv(const Tensor& a, const Tensor& tensor1, const Tensor& tensor2, const AddcdivOptions& options = {});

/// min(max(a, min), max), NaN wins; either bound may be Tensor(), not both (std::invalid_argument). Where a bound holds
/// the gradient goes to it; a gets it within the bounds, ends included. Throws DTypeError on booleans.
Tensor clamp(const Tensor& a, const Tensor& min, const Tensor& max = Tensor());
Tensor clamp_min(const Tensor& a, Scalar min);  ///< clamp(a, min)
Tensor clamp_min(const Tensor& a, const Tensor& min);
Tensor clamp_max(const Tensor& a, Scalar max);  ///< clamp(a, nullopt, max)
Tensor clamp_max(const Tensor& a, const Tensor& max);

}  // namespace descent
