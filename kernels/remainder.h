// Remainders of one element.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

namespace descent::kernels {

/// C's fmod: a − b·trunc(a/b) without rounding, of a's sign; NaN for b = 0 or infinite a.
template <class T>
T float_fmod(T a, T b) {
  if constexpr (sizeof(T) == 4) {
    // In double q·b is exact and so is the difference; q is too large by one where a/b was rounded up to it.
    const double q = std::trunc(static_cast<double>(a) / static_cast<double>(b));
    if (std::abs(q) < 0x1p29 && !std::isinf(b)) {
      const double whole = static_cast<double>(a), part = std::abs(static_cast<double>(b));
      double r = std::abs(whole) - std::abs(q) * part;
      if (r < 0) r += part;
      return static_cast<T>(std::copysign(r, whole));
    }
  }
  return std::fmod(a, b);
}

/// a − b·floor(a/b), of b's sign.
template <class T>
T float_remainder(T a, T b) {
  const T r = float_fmod(a, b);
  return r != 0 && (b < 0) != (r < 0) ? r + b : r;
}

/// The whole number q with a = q·b + float_remainder(a, b); a/b where b = 0.
template <class T>
T float_floor_div(T a, T b) {
  if (b == 0) return a / b;
  const T r = float_fmod(a, b);
  T q = (a - r) / b;
  if (r != 0 && (b < 0) != (r < 0)) q -= 1;
  if (q == 0) return std::copysign(T(0), a / b);
  const T whole = std::floor(q);
  return q - whole > T(0.5) ? whole + 1 : whole;
}

/// a % b, of a's sign. b must not be 0; the smallest number by −1 gives 0.
template <class T>
T integer_fmod(T a, T b) {
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return 0;
  }
  return static_cast<T>(a % b);
}

/// Of b's sign.
template <class T>
T integer_remainder(T a, T b) {
  const T r = integer_fmod(a, b);
  return r != 0 && (b < 0) != (r < 0) ? static_cast<T>(r + b) : r;
}

/// Rounds towards −∞; the smallest number by −1 wraps to itself.
template <class T>
T integer_floor_div(T a, T b) {
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return static_cast<T>(std::uint64_t{0} - static_cast<std::uint64_t>(a));
  }
  const T q = static_cast<T>(a / b);
  return a % b != 0 && (a < 0) != (b < 0) ? static_cast<T>(q - 1) : q;
}

}  // namespace descent::kernels
