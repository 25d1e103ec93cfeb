// Running sums, products, log-sum-exps and extremes along a dim. A 0-dim tensor counts as one element.
// A dim out of range throws IndexError.
#pragma once

#include "../tensor.h"

namespace descent {

/// a_0 + … + a_i. Integers and booleans sum to int64.
Tensor cumsum(const Tensor& a, std::int64_t dim);
/// a_0 · … · a_i; integers and booleans multiply to int64. The gradient is right where there are zeros, in every order.
Tensor cumprod(const Tensor& a, std::int64_t dim);
/// log(e^a_0 + … + e^a_i), without overflow; floats only (DTypeError). The gradient of −∞ is 0.
Tensor logcumsumexp(const Tensor& a, std::int64_t dim);

/// The largest (smallest) value so far, and the last place that holds it, which gets the gradient; NaN wins.
ValuesAndIndices cummax(const Tensor& a, std::int64_t dim);
ValuesAndIndices cummin(const Tensor& a, std::int64_t dim);

}  // namespace descent
