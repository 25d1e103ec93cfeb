// Exponentials, logarithms, trigonometry and special functions of each element. Integers and booleans become float32.
// NaN stays, poles and limits are those of PyTorch and C.
#pragma once

#include "../tensor.h"

namespace descent {

Tensor exp2(const Tensor& a);        ///< 2ᵃ
Tensor expm1(const Tensor& a);       ///< eᵃ − 1, accurate near 0
Tensor log2(const Tensor& a);        ///< base 2
Tensor log10(const Tensor& a);       ///< base 10
Tensor log1p(const Tensor& a);       ///< log(1 + a), accurate near 0; NaN below −1
Tensor rsqrt(const Tensor& a);       ///< 1 / √a
Tensor reciprocal(const Tensor& a);  ///< 1 / a
Tensor tan(const Tensor& a);
Tensor asin(const Tensor& a);  ///< NaN outside [−1, 1]
Tensor acos(const Tensor& a);  ///< NaN outside [−1, 1]
Tensor atan(const Tensor& a);
Tensor sinh(const Tensor& a);
Tensor cosh(const Tensor& a);
Tensor asinh(const Tensor& a);
Tensor acosh(const Tensor& a);       ///< NaN below 1
Tensor atanh(const Tensor& a);       ///< NaN outside [−1, 1]
Tensor erf(const Tensor& a);         ///< 2/√π·∫₀ᵃ exp(−t²) dt
Tensor erfc(const Tensor& a);        ///< 1 − erf(a), accurate for large a
Tensor logsigmoid(const Tensor& a);  ///< log(1 / (1 + e⁻ᵃ)), without overflow

Tensor lgamma(const Tensor& a);   ///< log|Γ(a)|; inf at 0, −1, −2 …
Tensor digamma(const Tensor& a);  ///< ψ(a), the derivative of log Γ; ∓inf at ±0, NaN at −1, −2 …
/// ψ⁽ⁿ⁾(a), the n-th derivative of digamma, n >= 0 (else std::invalid_argument); poles at 0, −1, −2 … give (−1)ⁿ⁺¹·inf.
Tensor polygamma(std::int64_t n, const Tensor& a);

/// The angle of the point (other, a) in (−π, π], signs of zero as in C. The two broadcast (ShapeError).
Tensor atan2(const Tensor& a, const Tensor& other);
/// √(a² + other²) without overflow on the way; inf where one is infinite. The two broadcast (ShapeError).
Tensor hypot(const Tensor& a, const Tensor& other);

}  // namespace descent
