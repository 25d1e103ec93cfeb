// What the elementwise functions compute, on small examples.
#include <limits>
#include <tuple>

#include "../../kernels/elementwise.h"
#include "simd_targets.h"
#include "array.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;
using namespace descent::testing;
using kn::Binary;
using kn::Compare;
using kn::Unary;

namespace {

using Floats = std::tuple<float, double>;
using Numbers = std::tuple<unsigned char, std::int64_t, float, double>;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

template <class T>
Array<T> list(const std::vector<T>& v) {
  return Array<T>::make({static_cast<std::int64_t>(v.size())}, Layout::Contiguous,
                        [&](std::int64_t i) { return v[static_cast<std::size_t>(i)]; });
}

template <class T>
void expect(Array<T> got, const std::vector<T>& expected, const char* what) {
  for (std::int64_t i = 0; i < got.numel(); ++i) {
    const T e = expected[static_cast<std::size_t>(i)];
    const bool both_nan = got[i] != got[i] && e != e;
    BOOST_TEST((both_nan || got[i] == e), what << "[" << i << "]: " << +got[i] << ", expected " << +e);
  }
}

template <class T>
Array<T> binary(Binary op, const std::vector<T>& a, const std::vector<T>& b) {
  Array<T> out({static_cast<std::int64_t>(a.size())});
  const auto x = list(a), y = list(b);
  kn::binary(op, out.view(), x.view(), y.view());
  return out;
}

template <class T>
Array<T> unary(Unary op, const std::vector<T>& a) {
  Array<T> out({static_cast<std::int64_t>(a.size())});
  const auto x = list(a);
  kn::unary(op, out.view(), x.view());
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(floats) {
  for_each_target([](const char* t) {
    const std::vector<double> a{1, -2, 0.5, kNaN, 3, -0.0}, b{4, 0.25, kNaN, 1, -3, 2};
    expect<double>(binary(Binary::Add, a, b), {5, -1.75, kNaN, kNaN, 0, 2}, t);
    expect<double>(binary(Binary::Sub, a, b), {-3, -2.25, kNaN, kNaN, 6, -2}, t);
    expect<double>(binary(Binary::Mul, a, b), {4, -0.5, kNaN, kNaN, -9, 0}, t);
    expect<double>(binary(Binary::Div, a, b), {0.25, -8, kNaN, kNaN, -1, 0}, t);
    expect<double>(binary(Binary::Maximum, a, b), {4, 0.25, kNaN, kNaN, 3, 2}, t);
    expect<double>(binary(Binary::Minimum, a, b), {1, -2, kNaN, kNaN, -3, 0}, t);
    expect<double>(binary<double>(Binary::ReluGrad, {5, 6, 7, 8}, {1.0, 0, -1, 2}), {5, 0, 0, 8}, t);
    expect<double>(binary<double>(Binary::TanhGrad, {2, 3}, {0.5, 0.0}), {1.5, 3}, t);
    expect<double>(binary<double>(Binary::SigmoidGrad, {2, 4}, {0.5, 0.25}), {0.5, 0.75}, t);
    expect<double>(unary<double>(Unary::Neg, {1, -2}), {-1, 2}, t);
    expect<double>(unary<double>(Unary::Abs, {1, -2, -kInf}), {1, 2, kInf}, t);
    expect<double>(unary<double>(Unary::Sign, {3, -2, 0, kNaN}), {1, -1, 0, 0}, t);
    expect<double>(unary<double>(Unary::Square, {3, -1.5}), {9, 2.25}, t);
    expect<double>(unary<double>(Unary::Relu, {3, -1.5, kNaN}), {3, 0, kNaN}, t);
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(float_powers_are_those_of_libm, T, Floats) {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const std::vector<T> bases{0, T(-0.0), 1, -1, 2, T(-2.5), T(0.3), inf, -inf, nan, T(1e-20), T(1e20)};
  const std::vector<T> exponents{2, 3, 1, -1, T(0.5), 0, T(-0.0), T(2.5), -3, T(-0.5), inf, -inf, nan, T(1e9)};
  for (const T y : exponents) {
    const auto x = list(bases);
    const std::int64_t shape = x.numel(), zero = 0;
    Array<T> out({shape}), out2({shape});
    T e = y;
    kn::binary(Binary::Pow, out.view(), x.view(), {&e, &shape, &zero, shape, 1, dtype_of<T>(), false});
    const auto filled = list(std::vector<T>(bases.size(), y));
    kn::binary(Binary::Pow, out2.view(), x.view(), filled.view());
    BOOST_TEST((out.bytes() == out2.bytes()), "exponent " << y << ": one element and a full operand differ");
    for (std::int64_t i = 0; i < shape; ++i) {
      const T p = std::pow(x[i], y);
      const bool ok = std::isnan(p) ? std::isnan(out[i])
                      : p == 0 || std::isinf(p)
                          ? out[i] == p && std::signbit(out[i]) == std::signbit(p)
                          : std::abs(out[i] - p) <= 2 * std::numeric_limits<T>::epsilon() * std::abs(p);
      BOOST_TEST(ok, x[i] << " ^ " << y << " gave " << out[i] << ", expected " << p);
    }
  }
}

BOOST_AUTO_TEST_CASE(integers_wrap_around) {
  using I = std::int64_t;
  expect<I>(binary<I>(Binary::Add, {kHighest, 2}, {1, 3}), {kLowest, 5}, "add");
  expect<I>(binary<I>(Binary::Sub, {kLowest, 2}, {1, 3}), {kHighest, -1}, "sub");
  expect<I>(binary<I>(Binary::Mul, {kHighest, -4}, {2, 3}), {-2, -12}, "mul");
  expect<I>(binary<I>(Binary::Maximum, {-5, 2}, {1, -3}), {1, 2}, "maximum");
  expect<I>(binary<I>(Binary::Minimum, {-5, 2}, {1, -3}), {-5, -3}, "minimum");
  expect<I>(binary<I>(Binary::Pow, {3, -2, 2, 2, 1, -1, -1, 0, 0, 10, 2}, {4, 3, -1, 64, -7, -3, -4, -2, 0, 18, 63}),
            {81, -8, 0, 0, 1, -1, 1, 0, 1, 1000000000000000000, kLowest}, "pow");
  expect<I>(unary<I>(Unary::Neg, {kLowest, 5}), {kLowest, -5}, "neg");
  expect<I>(unary<I>(Unary::Abs, {kLowest, -5, 4}), {kLowest, 5, 4}, "abs");
  expect<I>(unary<I>(Unary::Sign, {kLowest, 0, 9}), {-1, 0, 1}, "sign");
  expect<I>(unary<I>(Unary::Square, {-3, kHighest}), {9, 1}, "square");
  expect<I>(unary<I>(Unary::Relu, {-3, 4}), {0, 4}, "relu");
  using B = unsigned char;
  expect<B>(binary<B>(Binary::Add, {250, 2}, {10, 3}), {4, 5}, "add");
  expect<B>(binary<B>(Binary::Sub, {2, 9}, {3, 4}), {255, 5}, "sub");
  expect<B>(binary<B>(Binary::Mul, {16, 3}, {17, 4}), {16, 12}, "mul");
  expect<B>(binary<B>(Binary::Maximum, {200, 2}, {100, 3}), {200, 3}, "maximum");
  expect<B>(binary<B>(Binary::Pow, {3, 2, 200}, {4, 8, 2}), {81, 0, 64}, "pow");
  expect<B>(unary<B>(Unary::Neg, {1, 0}), {255, 0}, "neg");
}

BOOST_AUTO_TEST_CASE(booleans_are_or_and_and) {
  const std::vector<bool> bits{false, false, true, true}, other{false, true, false, true};
  expect<bool>(binary<bool>(Binary::Add, bits, other), {false, true, true, true}, "add");
  expect<bool>(binary<bool>(Binary::Maximum, bits, other), {false, true, true, true}, "maximum");
  expect<bool>(binary<bool>(Binary::Mul, bits, other), {false, false, false, true}, "mul");
  expect<bool>(binary<bool>(Binary::Minimum, bits, other), {false, false, false, true}, "minimum");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(comparisons, T, Numbers) {
  const auto a = list<T>({1, 2, 3, 7}), b = list<T>({2, 2, 1, 7});
  const bool expected[6][4] = {{false, true, false, true}, {true, false, true, false},  {true, false, false, false},
                               {true, true, false, true},  {false, false, true, false}, {false, true, true, true}};
  for (int op = 0; op < 6; ++op) {
    Array<bool> out({4});
    kn::compare(static_cast<Compare>(op), out.view(), a.view(), b.view());
    for (int i = 0; i < 4; ++i) BOOST_TEST(out[i] == expected[op][i], "comparison " << op << " of element " << i);
  }
}

BOOST_AUTO_TEST_CASE(comparisons_with_nan_are_false_but_not_equal) {
  const auto a = list<double>({kNaN, 1, kNaN}), b = list<double>({1, kNaN, kNaN});
  for (int op = 0; op < 6; ++op) {
    Array<bool> out({3});
    kn::compare(static_cast<Compare>(op), out.view(), a.view(), b.view());
    for (int i = 0; i < 3; ++i) BOOST_TEST(out[i] == (static_cast<Compare>(op) == Compare::NotEqual));
  }
}

BOOST_AUTO_TEST_CASE(comparisons_and_choices_in_every_layout) {
  const Sizes shape{9, 37}, column{1, 0}, row{0, 1}, one{0, 0};
  const auto number = [](std::int64_t i) { return std::floor(noise(i) * 3); };
  for (const Layout layout : kLayouts) {
    const auto a = Array<float>::make(shape, layout, number);
    const auto b = Array<float>::make(shape, Layout::Contiguous, [&](std::int64_t i) { return number(i + 999); });
    for (const Sizes& strides : {column, row, one, Sizes{37, 1}}) {
      kn::View narrow = b.view();
      narrow.strides = strides.data();
      narrow.contiguous = strides[0] == 37;
      const auto other = [&](std::int64_t i) { return b[i / 37 * strides[0] + i % 37 * strides[1]]; };
      Array<bool> less(shape, layout), greater(shape);
      kn::compare(Compare::Less, less.view(), a.view(), narrow);
      kn::compare(Compare::Greater, greater.view(), a.view(), narrow);
      Array<float> chosen(shape, layout), reversed(shape), both(shape);
      kn::where(chosen.view(), less.view(), a.view(), narrow);
      kn::where(reversed.view(), less.view(), narrow, a.view());
      kn::where(both.view(), less.view(), narrow, narrow);
      for (std::int64_t i = 0; i < a.numel(); ++i) {
        const float x = a[i], y = other(i);
        BOOST_TEST((less[i] == (x < y) && greater[i] == (x > y)));
        BOOST_TEST((chosen[i] == (x < y ? x : y) && reversed[i] == (x < y ? y : x) && both[i] == y));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(where_keeps_nan_and_every_type) {
  const auto c = list<bool>({true, false, true});
  const auto a = list<double>({kNaN, 1, 2}), b = list<double>({3, kNaN, 4});
  Array<double> out({3});
  kn::where(out.view(), c.view(), a.view(), b.view());
  expect<double>(out, {kNaN, kNaN, 2}, "where");
  Array<std::int64_t> integers({3});
  const auto x = list<std::int64_t>({kLowest, 1, 2}), y = list<std::int64_t>({3, kHighest, 4});
  kn::where(integers.view(), c.view(), x.view(), y.view());
  expect<std::int64_t>(integers, {kLowest, kHighest, 2}, "where");
}

BOOST_AUTO_TEST_CASE(clamp_keeps_nan) {
  const float lo = -1, hi = 2;
  for (const Layout layout : kLayouts) {
    const auto in = Array<float>::make({2, 3}, layout, [](std::int64_t i) {
      return std::vector<double>{-3, kNaN, 1.5, kInf, -kInf, 2}[static_cast<std::size_t>(i)];
    });
    Array<float> out({2, 3});
    kn::clamp(out.view(), in.view(), &lo, &hi);
    expect<float>(out, {-1, std::nanf(""), 1.5f, 2, -1, 2}, "clamp");
  }
  const std::int64_t low = 3, high = 1;  // min(max(x, 3), 1)
  const auto in = list<std::int64_t>({0, 2, 5});
  Array<std::int64_t> out({3});
  kn::clamp(out.view(), in.view(), &low, &high);
  expect<std::int64_t>(out, {1, 1, 1}, "clamp with crossed bounds");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
