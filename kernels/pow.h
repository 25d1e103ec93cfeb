// Powers of one element, and rows of them.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace descent::kernels {

/// out[0, n) = f(a[0, n), b[0, n)), contiguous; bit 0 or 1 of `scalars` says that a or b is one element instead.
using BinaryRow = void (*)(void* out, const void* a, const void* b, std::int64_t n, unsigned scalars);

/// x^½ with the special cases of std::pow: +0 for −0, inf for −inf.
template <class T>
T half_pow(T x) {
  const T root = std::sqrt(x) + T(0);
  return x == -std::numeric_limits<T>::infinity() ? -x : root;
}

/// std::pow, but products, a quotient or a root for the exponents where these agree with it in every special case.
/// The choice depends on the element alone, never on the layout.
template <class T>
T float_pow(T x, T y) {
  if (y == T(2)) return x * x;
  if (y == T(3)) return x * x * x;
  if (y == T(1)) return x;
  if (y == T(-1)) return T(1) / x;
  if (y == T(0.5)) return half_pow(x);
  return std::pow(x, y);
}

/// x^y by squaring; wraps around. y < 0: 0, or ±1 for x = ±1 (as the integer part of 1/x^|y|; 0^y gives 0).
template <class T>
T integer_pow(T x, T y) {
  if constexpr (std::numeric_limits<T>::is_signed) {
    if (y < 0) return x == 1 ? 1 : x == -1 ? (y & 1 ? -1 : 1) : 0;
  }
  std::uint64_t power = 1, square = static_cast<std::uint64_t>(x);
  for (auto e = static_cast<std::uint64_t>(y); e != 0; e >>= 1, square *= square) {
    if (e & 1) power *= square;
  }
  return static_cast<T>(power);
}

/// A BinaryRow of float_pow. A single exponent chooses its loop once.
template <class T>
void pow_row(void* out, const void* pa, const void* pb, std::int64_t n, unsigned scalars) {
  T* z = static_cast<T*>(out);
  const T* x = static_cast<const T*>(pa);
  const T* y = static_cast<const T*>(pb);
  if (scalars == 2) {
    const T e = *y;
    if (e == T(2)) {
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) z[i] = x[i] * x[i];
    } else if (e == T(3)) {
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) z[i] = x[i] * x[i] * x[i];
    } else if (e == T(0.5)) {
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) z[i] = half_pow(x[i]);
    } else if (e == T(-1)) {
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) z[i] = T(1) / x[i];
    } else {
      for (std::int64_t i = 0; i < n; ++i) z[i] = float_pow(x[i], e);
    }
    return;
  }
  const std::int64_t step = scalars == 1 ? 0 : 1;
  for (std::int64_t i = 0; i < n; ++i) z[i] = float_pow(x[i * step], y[i]);
}

}  // namespace descent::kernels
