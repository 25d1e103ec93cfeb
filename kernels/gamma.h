// The gamma function's logarithm and its derivatives.
#pragma once

#include "view.h"

namespace descent::kernels {

// All take float32 and float64 and compute in double; relative errors about 1e-14 away from zeros on the negative axis.

/// out = log|Γ(in)|; inf at the poles 0, −1, −2 …
void lgamma(View out, View in);

/// out = ψ(in) = d/dx log Γ; at ±0 ∓inf, at −1, −2, … and −inf NaN.
void digamma(View out, View in);

/// out = ψ⁽ⁿ⁾(in), n >= 0. For n > 0 the poles 0, −1, … give (−1)ⁿ⁺¹·inf.
void polygamma(std::int64_t n, View out, View in);

/// ψ(x) and ψ⁽ⁿ⁾(x) of one number.
double digamma_of(double x);
double polygamma_of(std::int64_t n, double x);

}  // namespace descent::kernels
