// Activation kernels against their formulas in a wider type, on every instruction set that this machine has.
#include "../../kernels/activation.h"

#include <algorithm>
#include <limits>

#include "array.h"
#include "simd_targets.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;
using namespace descent::testing;
using kn::Activation;

namespace {

using Real = long double;
constexpr Real kInvSqrt2Pi = 0.398942280401432677939946L, kSqrtHalf = 0.707106781186547524400844L;
constexpr kn::ActivationParameters kElu{0.7, 1.3, 2}, kSoftplus{0.5, 10, 0}, kNone{};

struct Function {
  const char* name;
  Activation op;
  kn::ActivationParameters with;
  Real (*f)(Real);
  Real (*slope)(Real);
};

Real sigmoid(Real x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
Real tanh_argument(Real x) { return 2 * std::sqrt(2 / 3.14159265358979323846264L) * (x + 0.044715L * x * x * x); }
Real mish_t(Real x) {
  const Real e = std::exp(-std::abs(x)), n = x < 0 ? e * (e + 2) : 1 + 2 * e;
  return n / (n + (x < 0 ? 2 : 2 * e * e));
}

const Function kFunctions[] = {
    {"gelu", Activation::Gelu, kNone, [](Real x) { return x * std::erfc(-x * kSqrtHalf) / 2; },
     [](Real x) { return std::erfc(-x * kSqrtHalf) / 2 + x * kInvSqrt2Pi * std::exp(-x * x / 2); }},
    {"gelu_tanh", Activation::GeluTanh, kNone, [](Real x) { return x * sigmoid(tanh_argument(x)); },
     [](Real x) {
       const Real s = sigmoid(tanh_argument(x)), c = sigmoid(-tanh_argument(x));
       return s + x * s * c * 2 * std::sqrt(2 / 3.14159265358979323846264L) * (1 + 3 * 0.044715L * x * x);
     }},
    {"silu", Activation::Silu, kNone, [](Real x) { return x * sigmoid(x); },
     [](Real x) { return sigmoid(x) * (1 + x * sigmoid(-x)); }},
    {"mish", Activation::Mish, kNone, [](Real x) { return x * mish_t(x); },
     [](Real x) {
       const Real t = mish_t(x), rest = x < 0 ? 1 - t * t : (1 + t) * (1 - t);
       return t + x * sigmoid(x) * rest;
     }},
    {"elu", Activation::Elu, kElu, [](Real x) { return x > 0 ? 1.3 * x : 0.7 * std::expm1(2 * x); },
     [](Real x) { return x > 0 ? Real(1.3) : 0.7 * 2 * std::exp(2 * x); }},
    {"softplus", Activation::Softplus, kSoftplus,
     [](Real x) { return 0.5 * x > 10 ? x : std::log1p(std::exp(0.5 * x)) / 0.5; },
     [](Real x) { return 0.5 * x > 10 ? Real(1) : sigmoid(0.5 * x); }},
};

template <class T>
std::vector<T> points() {
  std::vector<T> x = {0, std::numeric_limits<T>::min(), T(-1e-20), T(1e-5), T(-1e-5), T(-39), T(-14.5), T(1e30)};
  for (int i = 0; i < 3000; ++i) x.push_back(static_cast<T>(noise(i) * (i % 3 == 0 ? 40 : i % 3 == 1 ? 4 : 0.4)));
  return x;
}

// `relative`: units of epsilon of the value itself. A derivative crosses 0, so it is held to epsilon of 1.
template <class T>
void check(double relative, double absolute) {
  constexpr double kEpsilon = std::numeric_limits<T>::epsilon();
  const std::vector<T> x = points<T>();
  const auto n = static_cast<std::int64_t>(x.size());
  const auto in =
      Array<T>::make({n}, Layout::Contiguous, [&](std::int64_t i) { return x[static_cast<std::size_t>(i)]; });
  const auto ones = Array<T>::make({n}, Layout::Contiguous, [](std::int64_t) { return 1; });
  for (const Function& f : kFunctions) {
    for_each_target([&](const char* target) {
      Array<T> y({n}), slope({n});
      kn::activation(f.op, f.with, y.view(), in.view());
      kn::activation_grad(f.op, f.with, slope.view(), ones.view(), in.view());
      // Where σ is tiny it multiplies the rounding of its argument.
      const Real floor = f.op == Activation::GeluTanh ? 0.01L : 0;
      double worst = 0, worst_slope = 0, at = 0, slope_at = 0;
      for (std::int64_t i = 0; i < n; ++i) {
        const Real exact = f.f(in[i]), exact_slope = f.slope(in[i]);
        if (std::abs(exact) > std::numeric_limits<T>::min()) {
          const double error =
              static_cast<double>(std::abs(y[i] - exact) / std::max(std::abs(exact), floor)) / kEpsilon;
          if (error > worst) worst = error, at = in[i];
        } else {
          BOOST_TEST(std::abs(y[i]) <= 2 * std::numeric_limits<T>::min(), f.name << " at " << in[i]);
        }
        if (std::isnan(exact_slope)) continue;
        const double error = static_cast<double>(std::abs(slope[i] - exact_slope)) / kEpsilon;
        if (error > worst_slope) worst_slope = error, slope_at = in[i];
      }
      BOOST_TEST(worst <= relative, f.name << " on " << target << ": " << worst << " at " << at);
      BOOST_TEST(worst_slope <= absolute, f.name << "' on " << target << ": " << worst_slope << " at " << slope_at);
      BOOST_TEST_MESSAGE(f.name << " on " << target << ": " << worst << " at " << at << ", slope " << worst_slope
                                << " at " << slope_at);
    });
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(activations)

BOOST_AUTO_TEST_CASE(float32_against_the_formula) { check<float>(6, 6); }
BOOST_AUTO_TEST_CASE(float64_against_the_formula) { check<double>(8, 6); }

BOOST_AUTO_TEST_CASE(any_layout_has_the_same_bits) {
  for (int k = 0; k < kn::kActivations; ++k) {
    const auto op = static_cast<Activation>(k);
    const kn::ActivationParameters with{0.5, 1.5, 1};
    const auto value = [](std::int64_t i) { return 4 * noise(i); };
    const Array<float> x = Array<float>::make({7, 61}, Layout::Contiguous, value);
    Array<float> expected({7, 61}), expected_slope({7, 61});
    kn::activation(op, with, expected.view(), x.view());
    kn::activation_grad(op, with, expected_slope.view(), x.view(), x.view());
    for (const Layout layout : kLayouts) {
      const Array<float> other = Array<float>::make({7, 61}, layout, value);
      Array<float> y({7, 61}), slope({7, 61});
      kn::activation(op, with, y.view(), other.view());
      kn::activation_grad(op, with, slope.view(), other.view(), x.view());
      BOOST_TEST((y.bytes() == expected.bytes()));
      BOOST_TEST((slope.bytes() == expected_slope.bytes()));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
