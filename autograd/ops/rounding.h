// Rounding and remainders of each element. Results keep the type; gradients of rounding are zero.
#pragma once

#include "../tensor.h"

namespace descent {

/// Options of round.
struct RoundOptions {
  std::int64_t decimals = 0;  ///< digits kept after the decimal point; negative ones round to tens, hundreds …
};

// Integers stay as they are; booleans throw DTypeError.
Tensor floor(const Tensor& a);
Tensor ceil(const Tensor& a);
Tensor trunc(const Tensor& a);  ///< towards 0
/// To the nearest, ties to even. Integers take no `decimals` (DTypeError).
Tensor round(const Tensor& a, const RoundOptions& options = {});
Tensor frac(const Tensor& a);  ///< a − trunc(a), derivative 1; integers throw DTypeError

// Two tensors broadcast (ShapeError) and promote; booleans throw DTypeError, an integer divided by 0 throws Error.
// The gradient of b is −g·floor(a/b), of fmod −g·trunc(a/b).

/// a − b·floor(a/b): Python's %, with the sign of b.
Tensor remainder(const Tensor& a, const Tensor& b);
Tensor remainder(const Tensor& a, Scalar b);
Tensor remainder(Scalar a, const Tensor& b);
/// a − b·trunc(a/b): C's fmod, with the sign of a.
Tensor fmod(const Tensor& a, const Tensor& b);
Tensor fmod(const Tensor& a, Scalar b);
/// floor(a/b), in integers for integers; no gradient.
Tensor floor_divide(const Tensor& a, const Tensor& b);
Tensor floor_divide(const Tensor& a, Scalar b);

inline Tensor operator%(const Tensor& a, const Tensor& b) { return remainder(a, b); }
inline Tensor operator%(const Tensor& a, Scalar b) { return remainder(a, b); }
inline Tensor operator%(Scalar a, const Tensor& b) { return remainder(a, b); }

}  // namespace descent
