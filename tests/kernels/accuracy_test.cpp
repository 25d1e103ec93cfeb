// Error of the vector functions against libm, on every instruction set that this machine has.
#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <random>

#include "../../kernels/elementwise.h"
#include "simd_targets.h"
#include "array.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;
using namespace descent::testing;
using kn::Unary;

namespace {

struct Function {
  Unary op;
  const char* name;
  double (*f64)(double);
  long double (*f80)(long double);
};
double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
long double sigmoidl(long double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
template <class T>
T log_sigmoid(T x) {
  return (x < 0 ? x : 0) - std::log1p(std::exp(-std::abs(x)));
}
template <class T>
T reciprocal(T x) {
  return 1 / x;
}
template <class T>
T rsqrt(T x) {
  return 1 / std::sqrt(x);
}
template <class T>
T frac(T x) {
  return x - std::trunc(x);
}

const Function kFunctions[] = {{Unary::Exp, "exp", std::exp, std::exp},
                               {Unary::Log, "log", std::log, std::log},
                               {Unary::Sin, "sin", std::sin, std::sin},
                               {Unary::Cos, "cos", std::cos, std::cos},
                               {Unary::Tanh, "tanh", std::tanh, std::tanh},
                               {Unary::Sigmoid, "sigmoid", sigmoid, sigmoidl},
                               {Unary::Sqrt, "sqrt", std::sqrt, std::sqrt},
                               {Unary::Exp2, "exp2", std::exp2, std::exp2},
                               {Unary::Expm1, "expm1", std::expm1, std::expm1},
                               {Unary::Log2, "log2", std::log2, std::log2},
                               {Unary::Log10, "log10", std::log10, std::log10},
                               {Unary::Log1p, "log1p", std::log1p, std::log1p},
                               {Unary::Sinh, "sinh", std::sinh, std::sinh},
                               {Unary::Cosh, "cosh", std::cosh, std::cosh},
                               {Unary::Asinh, "asinh", std::asinh, std::asinh},
                               {Unary::Acosh, "acosh", std::acosh, std::acosh},
                               {Unary::Atanh, "atanh", std::atanh, std::atanh},
                               {Unary::Tan, "tan", std::tan, std::tan},
                               {Unary::Asin, "asin", std::asin, std::asin},
                               {Unary::Acos, "acos", std::acos, std::acos},
                               {Unary::Atan, "atan", std::atan, std::atan},
                               {Unary::Erf, "erf", std::erf, std::erf},
                               {Unary::Erfc, "erfc", std::erfc, std::erfc},
                               {Unary::Floor, "floor", std::floor, std::floor},
                               {Unary::Ceil, "ceil", std::ceil, std::ceil},
                               {Unary::Trunc, "trunc", std::trunc, std::trunc},
                               {Unary::Round, "round", std::nearbyint, std::nearbyint},
                               {Unary::LogSigmoid, "logsigmoid", log_sigmoid, log_sigmoid},
                               {Unary::Reciprocal, "reciprocal", reciprocal, reciprocal},
                               {Unary::Rsqrt, "rsqrt", rsqrt, rsqrt},
                               {Unary::Frac, "frac", frac, frac}};

/// |got − exact| in units of the last place of `exact`; infinite where one is NaN or infinite and the other is not.
template <class T>
double ulps(T got, long double exact) {
  constexpr double kWrong = std::numeric_limits<double>::infinity();
  if (std::isnan(exact) || std::isnan(got)) return std::isnan(exact) && std::isnan(got) ? 0 : kWrong;
  const T rounded = static_cast<T>(exact);
  if (std::isinf(rounded) || std::isinf(got)) return rounded == got ? 0 : kWrong;
  constexpr int kDigits = std::numeric_limits<T>::digits;
  const int exponent = std::max(rounded == 0 ? std::numeric_limits<T>::min_exponent : std::ilogb(rounded) + 1,
                                std::numeric_limits<T>::min_exponent);
  return static_cast<double>(std::abs(got - exact) / std::ldexp(1.0L, exponent - kDigits));
}

/// Half an ulp where the result is rounded once from the exact one.
double bound_of(Unary op, double bound) {
  const bool exact = op == Unary::Sqrt || op == Unary::Reciprocal || (op >= Unary::Floor && op <= Unary::Frac);
  return exact ? 0.5 : bound;
}

template <class T>
void check(const std::vector<T>& x, double bound) {
  const Sizes shape{static_cast<std::int64_t>(x.size())};
  const auto in =
      Array<T>::make(shape, Layout::Contiguous, [&](std::int64_t i) { return x[static_cast<std::size_t>(i)]; });
  for (const Function& f : kFunctions) {
    std::vector<long double> exact;
    std::vector<T> rounded;
    for (const T v : x) {
      exact.push_back(sizeof(T) == 4 ? static_cast<long double>(f.f64(v)) : f.f80(v));
      rounded.push_back(static_cast<T>(exact.back()));
    }
    for_each_target([&](const char* target) {
      Array<T> out(shape);
      kn::unary(f.op, out.view(), in.view());
      double worst = 0;
      T at = 0;
      const T *got = out.data(), *best = rounded.data();
      for (std::size_t i = 0, n = x.size(); i < n; ++i) {
        if (got[i] == best[i]) continue;  // half an ulp at most, which every bound allows
        const double error = ulps(got[i], exact[i]);
        if (error > worst) {
          worst = error;
          at = x[i];
        }
      }
      BOOST_TEST(worst <= bound_of(f.op, bound), f.name << " on " << target << ": " << worst << " ulp at " << at);
    });
  }
}

/// Values around which functions change their way, near multiples of π/2, around 1, and the ends of the range.
template <class T>
void add_specials(std::vector<T>& x) {
  using L = std::numeric_limits<T>;
  for (const double v : {0.0,
                         0.1,
                         0.5,
                         0.625,
                         0.6931471805599453,
                         1.0,
                         1.5707963267948966,
                         2.0,
                         17.0,
                         39000.0,
                         9999999.0,
                         1e7,
                         1e9,
                         1e20,
                         1e30,
                         87.33654,
                         88.72284,
                         103.27893,
                         103.97208,
                         104.0,
                         708.3964185322641,
                         709.782712893384,
                         745.1332191019412,
                         746.0,
                         0.25,
                         0.29289321881345254,
                         0.34657359027997264,
                         0.41421356237309503,
                         0.70710678118654752,
                         0.84375,
                         1.4142135623730951,
                         9.2,
                         10.06,
                         26.5,
                         27.3,
                         28.0,
                         710.4758600739439,
                         711.0,
                         1022.0,
                         1024.0,
                         1074.0,
                         1075.0,
                         1080.0,
                         4503599627370495.5,
                         4503599627370496.0,
                         8388607.5,
                         8388608.0,
                         0x1p54}) {
    for (const T sign : {T(1), T(-1)}) {
      const T c = sign * static_cast<T>(v);
      x.insert(x.end(), {c, std::nextafter(c, -L::max()), std::nextafter(c, L::max())});
    }
  }
  for (const T v : {L::infinity(), L::max(), L::min(), L::denorm_min(), L::min() / 2, L::min() * T(1.5)}) {
    x.insert(x.end(), {v, -v});
  }
  x.push_back(L::quiet_NaN());
  for (int i = 1; i < 10000; ++i) {
    const T multiple = static_cast<T>(i * (i % 2 ? 1 : 17) * 1.5707963267948966);
    x.insert(x.end(), {multiple, std::nextafter(multiple, T(0)), std::nextafter(multiple, L::max())});
    x.push_back(1 + (i - 5000) * L::epsilon());
    if (i < 300) x.insert(x.end(), {T(i) / 2, -T(i) / 2, T(i) + T(0.25), std::exp2(T(i % 120))});
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(accuracy)

BOOST_AUTO_TEST_CASE(float32_over_the_whole_range) {
  std::vector<float> x;
  for (std::uint64_t bits = 0; bits <= 0xffffffffu; bits += 32771) {
    const auto word = static_cast<std::uint32_t>(bits);
    float v;
    std::memcpy(&v, &word, sizeof v);
    x.push_back(v);
  }
  for (int i = 0; i < 40000; ++i) x.push_back(static_cast<float>(noise(i) * (i % 2 ? 110 : 4)));
  add_specials(x);
  check(x, 2);
}

BOOST_AUTO_TEST_CASE(float64_over_the_whole_range) {
  std::vector<double> x;
  std::mt19937_64 bits(1);
  for (int i = 0; i < 50000; ++i) {
    const std::uint64_t word = bits();
    double v;
    std::memcpy(&v, &word, sizeof v);
    x.push_back(v);
    const double scales[] = {750, 4, 1, 1e7, 28, 0.5, 1e-4, 20};
    x.push_back(noise(i) * scales[i % 8]);
  }
  add_specials(x);
  check(x, 4);
}

BOOST_AUTO_TEST_CASE(functions_of_two) {
  const auto walk = [](auto type, double bound) {
    using T = decltype(type);
    using L = std::numeric_limits<T>;
    std::vector<T> some = {0,        L::infinity(), L::quiet_NaN(), L::max(), L::min(), L::denorm_min(), T(1),
                           T(1e-30), T(1e30),       L::max() / 2,   T(3),     T(0.3),   T(1e-20),        T(7.25)};
    for (std::size_t i = 0, n = some.size(); i < n; ++i) some.push_back(-some[i]);
    std::vector<T> x, y;
    for (const T a : some) {
      for (const T b : some) x.push_back(a), y.push_back(b);
    }
    for (int i = 0; i < 60000; ++i) {
      x.push_back(static_cast<T>(std::ldexp(noise(2 * i), i % 40 - 20)));
      y.push_back(static_cast<T>(std::ldexp(noise(2 * i + 1), i % 7 - 3)));
    }
    const auto n = static_cast<std::int64_t>(x.size());
    const auto make = [n](const std::vector<T>& v) {
      return Array<T>::make({n}, Layout::Contiguous, [&](std::int64_t i) { return v[static_cast<std::size_t>(i)]; });
    };
    const Array<T> a = make(x), b = make(y);
    const auto remainder = [](T u, T v) {
      const T r = std::fmod(u, v);
      return r != 0 && (v < 0) != (r < 0) ? r + v : r;
    };
    const struct {
      kn::Binary op;
      double bound;
      std::function<long double(T, T)> f;
    } rows[] = {{kn::Binary::Atan2, bound, [](long double u, long double v) { return std::atan2(u, v); }},
                {kn::Binary::Hypot, bound, [](long double u, long double v) { return std::hypot(u, v); }},
                {kn::Binary::Fmod, 0, [](T u, T v) { return std::fmod(u, v); }},
                {kn::Binary::Remainder, 0, remainder}};
    for_each_target([&](const char* target) {
      for (const auto& row : rows) {
        Array<T> out({n});
        kn::binary(row.op, out.view(), a.view(), b.view());
        double worst = 0;
        std::size_t at = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
          const T got = out.data()[i];
          const long double exact = row.f(x[i], y[i]);
          const double error =
              !std::isnan(got) && exact == 0 && std::signbit(got) != std::signbit(exact) ? 1e9 : ulps(got, exact);
          if (error > worst) worst = error, at = i;
        }
        BOOST_TEST(worst <= row.bound, "function " << static_cast<int>(row.op) << " on " << target << ": " << worst
                                                   << " ulp at " << x[at] << ", " << y[at]);
      }
    });
  };
  walk(float(), 2);
  walk(double(), 4);
}

BOOST_AUTO_TEST_CASE(signs_of_zero_and_limits) {
  const float inf = std::numeric_limits<float>::infinity();
  const struct {
    Unary op;
    float x, y;
  } rows[] = {{Unary::Sin, -0.0f, -0.0f},
              {Unary::Tanh, -0.0f, -0.0f},
              {Unary::Sqrt, -0.0f, -0.0f},
              {Unary::Log, -0.0f, -inf},
              {Unary::Exp, -inf, 0.0f},
              {Unary::Tanh, -inf, -1.0f},
              {Unary::Sigmoid, -inf, 0},
              {Unary::Sigmoid, inf, 1},
              {Unary::Sign, -0.0f, 0.0f},
              {Unary::Relu, -inf, 0},
              {Unary::Abs, -0.0f, 0.0f},
              {Unary::Neg, 0.0f, -0.0f},
              {Unary::Sign, std::nanf(""), 0},
              {Unary::Exp, -104.5f, 0.0f},
              {Unary::Sign, -inf, -1},
              {Unary::Expm1, -0.0f, -0.0f},
              {Unary::Log1p, -0.0f, -0.0f},
              {Unary::Sinh, -0.0f, -0.0f},
              {Unary::Asinh, -0.0f, -0.0f},
              {Unary::Atanh, -0.0f, -0.0f},
              {Unary::Tan, -0.0f, -0.0f},
              {Unary::Asin, -0.0f, -0.0f},
              {Unary::Atan, -0.0f, -0.0f},
              {Unary::Erf, -0.0f, -0.0f},
              {Unary::Floor, -0.0f, -0.0f},
              {Unary::Ceil, -0.0f, -0.0f},
              {Unary::Round, -0.0f, -0.0f},
              {Unary::Trunc, -0.0f, -0.0f},
              {Unary::Ceil, -0.5f, -0.0f},
              {Unary::Round, -0.5f, -0.0f},
              {Unary::Round, 2.5f, 2},
              {Unary::Round, 3.5f, 4},
              {Unary::Trunc, -0.7f, -0.0f},
              {Unary::Frac, -0.0f, 0.0f},
              {Unary::Reciprocal, -0.0f, -inf},
              {Unary::Rsqrt, -0.0f, -inf},
              {Unary::Rsqrt, inf, 0},
              {Unary::Expm1, -inf, -1},
              {Unary::Log1p, -1, -inf},
              {Unary::Log2, 0, -inf},
              {Unary::Log10, -0.0f, -inf},
              {Unary::Exp2, -inf, 0},
              {Unary::Atanh, -1, -inf},
              {Unary::Acosh, 1, 0},
              {Unary::Erf, -inf, -1},
              {Unary::Erfc, -inf, 2},
              {Unary::Erfc, inf, 0},
              {Unary::LogSigmoid, -inf, -inf},
              {Unary::Sinh, -inf, -inf},
              {Unary::Cosh, -inf, inf},
              {Unary::Asinh, -inf, -inf}};
  for_each_target([&](const char* target) {
    for (const auto& row : rows) {
      Array<float> in({1}), out({1});
      in[0] = row.x;
      kn::unary(row.op, out.view(), in.view());
      BOOST_TEST(out[0] == row.y, target << ", function " << static_cast<int>(row.op) << " of " << row.x);
      BOOST_TEST(std::signbit(out[0]) == std::signbit(row.y),
                 target << ", " << static_cast<int>(row.op) << " of " << row.x);
    }
    Array<float> in({1}), out({1});
    in[0] = std::nanf("");
    kn::unary(Unary::Relu, out.view(), in.view());
    BOOST_TEST(std::isnan(out[0]));
  });
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
