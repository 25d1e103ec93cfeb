// Forward-mode differentiation with dual numbers, for tests: an oracle that shares no code with the tape. Arrays of
// such numbers, and array functions written from their definitions by plain loops, are in dual_array.h.
#pragma once

#include <cmath>

namespace descent::testing {

/// v + d·ε with ε² = 0: a value and its derivative in one direction. Of dual numbers again: a second direction.
template <class T>
struct Dual {
  using Value = T;
  T v, d;
  Dual(double constant = 0) : v(constant), d(0.0) {}
  Dual(const T& value, const T& derivative) : v(value), d(derivative) {}

  friend Dual operator+(const Dual& a, const Dual& b) { return {a.v + b.v, a.d + b.d}; }
  friend Dual operator-(const Dual& a, const Dual& b) { return {a.v - b.v, a.d - b.d}; }
  friend Dual operator*(const Dual& a, const Dual& b) { return {a.v * b.v, a.d * b.v + a.v * b.d}; }
  friend Dual operator/(const Dual& a, const Dual& b) {
    const T q = a.v / b.v;
    return {q, (a.d - q * b.d) / b.v};
  }
  friend Dual operator-(const Dual& a) { return Dual(0) - a; }
};
using First = Dual<double>;
using Second = Dual<First>;

/// A value and how far it moves at most, to first order, when every leaf moves by one unit: the sum over all paths of
/// the product of the derivatives' magnitudes. Says how close to a kink a value may be, and what is well conditioned.
struct Bound {
  using Value = double;
  double v, d;
  Bound(double constant = 0) : v(constant), d(0) {}
  Bound(double value, double bound) : v(value), d(bound) {}

  friend Bound operator+(const Bound& a, const Bound& b) { return {a.v + b.v, a.d + b.d}; }
  friend Bound operator-(const Bound& a, const Bound& b) { return {a.v - b.v, a.d + b.d}; }
  friend Bound operator*(const Bound& a, const Bound& b) {
    return {a.v * b.v, a.d * std::abs(b.v) + std::abs(a.v) * b.d};
  }
  friend Bound operator/(const Bound& a, const Bound& b) {
    return {a.v / b.v, (a.d + std::abs(a.v / b.v) * b.d) / std::abs(b.v)};
  }
  friend Bound operator-(const Bound& a) { return {-a.v, a.d}; }
};

inline double value_of(double x) { return x; }
template <class S>
double value_of(const S& x) {
  return value_of(x.v);
}

/// A function's value with the derivative `slope` · that of its argument.
template <class T>
Dual<T> chain(const T& value, const T& slope, const Dual<T>& x) {
  return {value, slope * x.d};
}
inline Bound chain(double value, double slope, const Bound& x) { return {value, std::abs(slope) * x.d}; }

template <class S>
concept DualNumber = requires {
  typename S::Value;
};

template <DualNumber S>
S exp(const S& x) {
  using std::exp;
  const auto y = exp(x.v);
  return chain(y, y, x);
}
template <DualNumber S>
S log(const S& x) {
  using std::log;
  return chain(log(x.v), 1.0 / x.v, x);
}
template <DualNumber S>
S sqrt(const S& x) {
  using std::sqrt;
  const auto y = sqrt(x.v);
  return chain(y, 0.5 / y, x);
}
template <DualNumber S>
S cos(const S& x);
template <DualNumber S>
S sin(const S& x) {
  using std::cos;
  using std::sin;
  return chain(sin(x.v), cos(x.v), x);
}
template <DualNumber S>
S cos(const S& x) {
  using std::cos;
  using std::sin;
  return chain(cos(x.v), -sin(x.v), x);
}
template <DualNumber S>
S tanh(const S& x) {
  using std::tanh;
  const auto y = tanh(x.v);
  return chain(y, 1.0 - y * y, x);
}
template <DualNumber S>
S atan(const S& x) {
  using std::atan;
  return chain(atan(x.v), 1.0 / (1.0 + x.v * x.v), x);
}
template <DualNumber S>
S asin(const S& x) {
  using std::asin;
  using std::sqrt;
  return chain(asin(x.v), 1.0 / sqrt(1.0 - x.v * x.v), x);
}
template <DualNumber S>
S erf(const S& x) {
  using std::erf;
  using std::exp;
  return chain(erf(x.v), 1.1283791670955126 * exp(-(x.v * x.v)), x);
}
template <DualNumber S>
S abs(const S& x) {
  return value_of(x) < 0 ? -x : x;
}

}  // namespace descent::testing
