// Error of the vector functions against libm, on every instruction set that this machine has.
#include <algorithm>
#include <cstring>
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

const Function kFunctions[] = {
    {Unary::Exp, "exp", std::exp, std::exp},     {Unary::Log, "log", std::log, std::log},
    {Unary::Sin, "sin", std::sin, std::sin},     {Unary::Cos, "cos", std::cos, std::cos},
    {Unary::Tanh, "tanh", std::tanh, std::tanh}, {Unary::Sigmoid, "sigmoid", sigmoid, sigmoidl},
    {Unary::Sqrt, "sqrt", std::sqrt, std::sqrt}};

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

template <class T>
void check(const std::vector<T>& x, double bound) {
  const Sizes shape{static_cast<std::int64_t>(x.size())};
  const auto in =
      Array<T>::make(shape, Layout::Contiguous, [&](std::int64_t i) { return x[static_cast<std::size_t>(i)]; });
  for (const Function& f : kFunctions) {
    std::vector<long double> exact;
    for (const T v : x) {
      exact.push_back(sizeof(T) == 4 ? static_cast<long double>(f.f64(v)) : f.f80(v));
    }
    for_each_target([&](const char* target) {
      Array<T> out(shape);
      kn::unary(f.op, out.view(), in.view());
      double worst = 0;
      T at = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double error = ulps(out.data()[i], exact[i]);
        if (error > worst) {
          worst = error;
          at = x[i];
        }
      }
      BOOST_TEST(worst <= (f.op == Unary::Sqrt ? 0.5 : bound),
                 f.name << " on " << target << ": " << worst << " ulp at " << at);
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
                         746.0}) {
    for (const T sign : {T(1), T(-1)}) {
      const T c = sign * static_cast<T>(v);
      x.insert(x.end(), {c, std::nextafter(c, -L::max()), std::nextafter(c, L::max())});
    }
  }
  for (const T v : {L::infinity(), L::max(), L::min(), L::denorm_min(), L::min() / 2, L::min() * T(1.5)}) {
    x.insert(x.end(), {v, -v});
  }
  x.push_back(L::quiet_NaN());
  for (int i = 1; i < 20000; ++i) {
    const T multiple = static_cast<T>(i * (i % 2 ? 1 : 17) * 1.5707963267948966);
    x.insert(x.end(), {multiple, std::nextafter(multiple, T(0)), std::nextafter(multiple, L::max())});
    x.push_back(1 + (i - 10000) * L::epsilon());
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(accuracy)

BOOST_AUTO_TEST_CASE(float32_over_the_whole_range) {
  std::vector<float> x;
  for (std::uint64_t bits = 0; bits <= 0xffffffffu; bits += 16411) {
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
  for (int i = 0; i < 80000; ++i) {
    const std::uint64_t word = bits();
    double v;
    std::memcpy(&v, &word, sizeof v);
    x.push_back(v);
    const double scales[] = {750, 4, 1, 1e7};
    x.push_back(noise(i) * scales[i % 4]);
  }
  add_specials(x);
  check(x, 4);
}

BOOST_AUTO_TEST_CASE(signs_of_zero_and_limits) {
  const float inf = std::numeric_limits<float>::infinity();
  const struct {
    Unary op;
    float x, y;
  } rows[] = {{Unary::Sin, -0.0f, -0.0f},      {Unary::Tanh, -0.0f, -0.0f}, {Unary::Sqrt, -0.0f, -0.0f},
              {Unary::Log, -0.0f, -inf},       {Unary::Exp, -inf, 0.0f},    {Unary::Tanh, -inf, -1.0f},
              {Unary::Sigmoid, -inf, 0},       {Unary::Sigmoid, inf, 1},    {Unary::Sign, -0.0f, 0.0f},
              {Unary::Relu, -inf, 0},          {Unary::Abs, -0.0f, 0.0f},   {Unary::Neg, 0.0f, -0.0f},
              {Unary::Sign, std::nanf(""), 0}, {Unary::Exp, -104.5f, 0.0f}, {Unary::Sign, -inf, -1}};
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
