#include "gamma.h"

#include <math.h>  // lgamma_r

#include <cmath>
#include <limits>

#include "strided.h"

namespace descent::kernels {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kPi = 3.141592653589793;

/// c0 + c1·x + c2·x² + …
template <std::size_t N>
double polynomial(const double (&c)[N], double x) {
  double y = c[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) y = y * x + c[i];
  return y;
}

/// ψ on [1, 2] as (x − root)·P(x − 3/2); the root in two parts. Chebyshev interpolation.
double digamma_near_root(double x) {
  static const double p[] = {
      0.9510558760318328,    -0.4236274212814606,     0.24054248424078697,    -0.14840492305388092,
      0.09498872445289039,   -0.06192213327548831,    0.040760833940846085,   -0.026975796659787055,
      0.017907248317313294,  -0.011908220105959716,   0.007927021796868154,   -0.005279937255532708,
      0.003518106563802472,  -0.0023454947397380833,  0.0015633696313653504,  -0.0010364584317312839,
      0.0006909255761282986, -0.00048595039220036254, 0.00032395945401345196, -0.00014480643368061614,
      9.653646261410062e-05, -0.0001782188548855923,  0.00011881232908510335};
  return ((x - 0x1.762d86356be3fp+0) - 9.549995429965697e-17) * polynomial(p, x - 1.5);
}

/// qˢ·ζ(s, q) = Σ (q/(q + k))ˢ for s > 1, q > 0: terms up to a = q + k >= s + 10, then Euler–Maclaurin,
/// (q/a)ˢ·(a/(s − 1) + ½ + Σ B₂ⱼ/(2j)!·s(s + 1)…(s + 2j − 2)/a²ʲ⁻¹).
double scaled_zeta(double s, double q) {
  static const double b[] = {0.08333333333333333,    -0.001388888888888889,   3.306878306878307e-05,
                             -8.267195767195768e-07, 2.08767569878681e-08,    -5.284190138687493e-10,
                             1.3382536530684679e-11, -3.3896802963225827e-13, 8.586062056277845e-15,
                             -2.174868698558062e-16, 5.5090028283602295e-18,  -1.3954464685812522e-19};
  const auto power = [s](double ratio) {
    if (s > 8) return std::pow(ratio, s);
    double y = ratio;
    for (double i = 1; i < s; i += 1) y *= ratio;
    return y;
  };
  double sum = 0, a = q, term = 1;
  for (double k = 1; a < s + 10; k += 1) {
    sum += term;
    if (term < 1e-18 * sum) return sum;
    a = q + k;
    term = power(q / a);
  }
  double tail = a / (s - 1) + 0.5, rising = s / a;
  for (int j = 0; j < 12; ++j) {
    tail += b[j] * rising;
    const double next = s + 2 * j + 1;
    rising *= next / a * ((next + 1) / a);
  }
  return sum + term * tail;
}

/// n!·ζ(n + 1, q) for q > 0. The power is taken in two halves, which underflow later than one.
double factorial_zeta(double n, double q) {
  const double s = n + 1, zeta = scaled_zeta(s, q);
  if (n <= 170) {
    const double half = std::floor(n / 2), factorial = std::round(std::tgamma(s));
    return factorial * std::pow(q, -half) * std::pow(q, half - n) * (zeta / q);
  }
  int sign;
  const long double power = ::lgammal_r(s, &sign) - s * std::log(static_cast<long double>(q));
  return static_cast<double>(std::exp(power) * zeta);
}

template <class T, class F>
void map(View out, View in, F f) {
  strided_rows<0>(StridedLoop<2>({&out, &in}), kGrain / 32, [f](char* const* p, std::int64_t n, unsigned) {
    T* y = reinterpret_cast<T*>(p[0]);
    const T* x = reinterpret_cast<const T*>(p[1]);
    for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(f(static_cast<double>(x[i])));
  });
}

template <class F>
void map(View out, View in, F f) {
  if (out.numel == 0) return;
  if (out.dtype == DType::Float32)
    map<float>(out, in, f);
  else
    map<double>(out, in, f);
}

}  // namespace

double digamma_of(double x) {
  if (x == 0) return std::copysign(kInf, -x);
  if (x == -kInf) return kNaN;
  double y = 0;
  if (x < 0) {  // ψ(1 − x) − π/tan(πx)
    const double part = x - std::trunc(x);
    if (part == 0) return kNaN;
    y = -kPi / std::tan(kPi * part);
    x = 1 - x;
  } else if (x < 1) {
    y = -1 / x;
    x += 1;
  }
  for (; x > 2 && x < 10; x -= 1) y += 1 / (x - 1);
  if (x <= 2) return y + digamma_near_root(x);
  // log x − 1/(2x) − Σ B₂ⱼ/(2j·x²ʲ)
  static const double b[] = {0.08333333333333333,  -0.008333333333333333, 0.003968253968253968, -0.004166666666666667,
                             0.007575757575757576, -0.021092796092796094, 0.08333333333333333,  -0.4432598039215686};
  const double z = 1 / (x * x);
  return y + (std::log(x) - 0.5 / x - z * polynomial(b, z));
}

double polygamma_of(std::int64_t n, double x) {
  if (n == 0) return digamma_of(x);
  if (std::isnan(x) || x == -kInf) return kNaN;
  const double order = static_cast<double>(n), sign = n % 2 == 0 ? -1 : 1;
  if (x == kInf) return std::copysign(0.0, sign);
  if (x > 0) return sign * factorial_zeta(order, x);
  // ζ(s, x) = ζ(s, 1 − g) + (−1)ˢ·(ζ(s, g) − ζ(s, 1 − x)), s = n + 1, g the fraction of −x: the terms left of 0 are
  // those of g, g + 1, …, −x.
  const double g = -x - std::floor(-x);
  if (g == 0) return sign * kInf;
  const double right = factorial_zeta(order, 1 - g), left = factorial_zeta(order, g);
  return sign * ((right + sign * left) - sign * factorial_zeta(order, 1 - x));
}

void lgamma(View out, View in) {
  map(out, in, [](double x) {
    int sign;
    return ::lgamma_r(x, &sign);
  });
}

void digamma(View out, View in) { map(out, in, digamma_of); }

void polygamma(std::int64_t n, View out, View in) {
  map(out, in, [n](double x) { return polygamma_of(n, x); });
}

}  // namespace descent::kernels
