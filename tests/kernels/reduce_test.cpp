#include "../../kernels/reduce.h"

#include <limits>
#include <tuple>

#include "array.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;
using namespace descent::testing;
using kn::Reduce;

namespace {

using Floats = std::tuple<float, double>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

/// Kept and reduced sizes: around the edges of vectors, blocks (1024) and panels, narrow and wide.
const std::pair<Sizes, Sizes> kShapes[] = {
    {{}, {}},          {{}, {1}},        {{}, {64}},       {{}, {1023}},  {{}, {1025}},      {{3}, {5}},
    {{7}, {33}},       {{5}, {2049}},    {{130}, {9}},     {{1}, {40}},   {{257}, {1}},      {{2, 3}, {4, 5}},
    {{4}, {3, 50, 7}}, {{33}, {40, 33}}, {{2, 129}, {65}}, {{3}, {5000}}, {{6, 70}, {2, 90}}};

Sizes joined(const Sizes& a, const Sizes& b) {
  Sizes all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

template <class T>
Array<T> reduced(Reduce op, const Sizes& kept, const Array<T>& in) {
  Array<T> out(kept);
  kn::reduce(op, out.view(), in.view());
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(reduce)

BOOST_AUTO_TEST_CASE_TEMPLATE(matches_plain_loops_in_any_layout, T, Floats) {
  for (const auto& [kept, cut] : kShapes)
    for (const Reduce op : {Reduce::Sum, Reduce::Mean, Reduce::Prod, Reduce::Max, Reduce::Min}) {
      std::string first;
      for (const Layout layout : kLayouts) {
        const auto in = Array<T>::make(joined(kept, cut), layout, [&](std::int64_t i) {
          return op == Reduce::Prod ? 1 + 0.01 * noise(i) : noise(i);
        });
        const auto out = reduced(op, kept, in);
        const std::int64_t n = in.numel() / out.numel();
        for (std::int64_t r = 0; r < out.numel(); ++r) {
          double expected = in[r * n];
          for (std::int64_t i = 1; i < n; ++i) {
            const double x = in[r * n + i];
            expected = op == Reduce::Prod  ? expected * x
                       : op == Reduce::Max ? std::max(expected, x)
                       : op == Reduce::Min ? std::min(expected, x)
                                           : expected + x;
          }
          if (op == Reduce::Mean) expected /= double(n);
          if (!close(out[r], expected, sizeof(T) == 4 ? 1e-5 : 1e-13))
            BOOST_ERROR("op " << int(op) << " of " << n << " at " << r << ": " << out[r] << " != " << expected);
        }
        // The bits do not depend on where the elements lie.
        if (layout == Layout::Contiguous)
          first = out.bytes();
        else
          BOOST_TEST((first == out.bytes()),
                     "op " << int(op) << " of " << n << " has other bits in layout " << int(layout));
      }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_threads, T, Floats) {
  const std::pair<Sizes, Sizes> shapes[] = {{{}, {300000}}, {{3}, {100000}}, {{700}, {300}}, {{2000}, {77}}};
  for (const auto& [kept, cut] : shapes)
    for (const Layout layout : kLayouts)
      for (const Reduce op : {Reduce::Sum, Reduce::Mean, Reduce::Max}) {
        const auto in = Array<T>::make(joined(kept, cut), layout, [](std::int64_t i) { return noise(i); });
        Array<T> out(kept);
        same_for_any_threads([&] { kn::reduce(op, out.view(), in.view()); }, [&] { return out.bytes(); });
      }
}

BOOST_AUTO_TEST_CASE(long_sums_do_not_drift) {
  const std::int64_t n = 20'000'000;
  const Array<float> ones = [&] {
    Array<float> a({n});
    std::fill_n(a.data(), n, 0.1f);
    return a;
  }();
  const auto sum = reduced(Reduce::Sum, {}, ones);
  BOOST_TEST(std::abs(double(sum[0]) / (double(0.1f) * double(n)) - 1) < 1e-6);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nan_reaches_max_and_min, T, Floats) {
  for (const std::int64_t n : {1, 3, 40, 1500})
    for (const std::int64_t place : {std::int64_t{0}, n / 2, n - 1})
      for (const Layout layout : kLayouts)
        for (const Reduce op : {Reduce::Max, Reduce::Min, Reduce::Sum}) {
          const auto in =
              Array<T>::make({5, n}, layout, [&](std::int64_t i) { return i == 2 * n + place ? kNaN : noise(i); });
          const auto out = reduced(op, {5}, in);
          for (std::int64_t r = 0; r < 5; ++r) BOOST_TEST(std::isnan(out[r]) == (r == 2));
        }
}

BOOST_AUTO_TEST_CASE(infinities) {
  const auto low = Array<float>::make({3}, Layout::Contiguous, [](std::int64_t) { return -kInf; });
  BOOST_TEST(reduced(Reduce::Max, {}, low)[0] == -kInf);
  BOOST_TEST(reduced(Reduce::Sum, {}, low)[0] == -kInf);
  const auto high = Array<float>::make({70}, Layout::Contiguous, [](std::int64_t) { return kInf; });
  BOOST_TEST(reduced(Reduce::Min, {}, high)[0] == kInf);
}

BOOST_AUTO_TEST_CASE(nothing_to_reduce) {
  const Array<float> none({2, 0});
  const auto sum = reduced(Reduce::Sum, {2}, none);
  BOOST_TEST(sum[0] == 0);
  BOOST_TEST(!std::signbit(sum[1]));
  BOOST_TEST(reduced(Reduce::Prod, {2}, none)[1] == 1);
  BOOST_TEST(std::isnan(reduced(Reduce::Mean, {2}, none)[1]));
  const Array<bool> nobody({0});
  BOOST_TEST(reduced(Reduce::All, {}, nobody)[0]);
  BOOST_TEST(!reduced(Reduce::Any, {}, nobody)[0]);
  reduced(Reduce::Sum, {0}, Array<float>({0, 3}));  // no output: nothing happens
}

BOOST_AUTO_TEST_CASE(integers_and_booleans) {
  for (const Layout layout : kLayouts)
    for (const std::int64_t n : {1, 10, 3000}) {
      const auto ints = Array<std::int64_t>::make({3, n}, layout, [](std::int64_t i) { return 1000 * noise(i); });
      const auto bytes = Array<std::uint8_t>::make({3, n}, layout, [](std::int64_t i) { return i % 251; });
      const auto flags = Array<bool>::make({3, n}, layout, [&](std::int64_t i) { return i / n == 1 ? i != n : i / n; });
      Array<std::int64_t> sum({3}), byte_sum({3}), count({3}), largest({3});
      kn::reduce(Reduce::Sum, sum.view(), ints.view());
      kn::reduce(Reduce::Sum, byte_sum.view(), bytes.view());
      kn::reduce(Reduce::Sum, count.view(), flags.view());
      kn::reduce(Reduce::Max, largest.view(), ints.view());
      const auto all = reduced(Reduce::All, {3}, flags), any = reduced(Reduce::Any, {3}, flags);
      const auto least = reduced(Reduce::Min, {3}, bytes);
      for (std::int64_t r = 0; r < 3; ++r) {
        std::int64_t s = 0, b = 0, m = ints[r * n], l = 255;
        for (std::int64_t i = r * n; i < r * n + n; ++i) {
          s += ints[i];
          b += bytes[i];
          m = std::max(m, ints[i]);
          l = std::min<std::int64_t>(l, bytes[i]);
        }
        BOOST_TEST(sum[r] == s);
        BOOST_TEST(byte_sum[r] == b);
        BOOST_TEST(largest[r] == m);
        BOOST_TEST(least[r] == l);
        BOOST_TEST(count[r] == (r == 0 ? 0 : r == 1 ? n - 1 : n));
        BOOST_TEST(all[r] == (r == 2));
        BOOST_TEST(any[r] == (r == 2 || (r == 1 && n > 1)));
      }
    }
}

BOOST_AUTO_TEST_CASE(broadcast_input) {
  const float x = 0.5f;
  const std::int64_t shape[] = {3, 2000}, strides[] = {0, 0};
  Array<float> out({3});
  kn::reduce(Reduce::Sum, out.view(), {const_cast<float*>(&x), shape, strides, 6000, 2, float32, false});
  BOOST_TEST(out[2] == 1000);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(arg_reduce_takes_the_first, T, Floats) {
  for (const std::int64_t n : {1, 2, 17, 100, 1024, 2500})
    for (const Layout layout : kLayouts)
      for (const bool largest : {true, false}) {
        // few different values: many ties; row 1 has two NaNs when it is long enough
        const auto in = Array<T>::make({4, n}, layout, [&](std::int64_t i) {
          return n > 16 && (i == n + n / 2 || i == n + n - 2) ? kNaN : std::floor(5 * noise(i));
        });
        Array<T> values({4});
        Array<std::int64_t> index({4});
        kn::arg_reduce(largest, values.view(), index.view(), in.view());
        for (std::int64_t r = 0; r < 4; ++r) {
          std::int64_t expected = 0;
          for (std::int64_t i = 1; i < n; ++i) {
            const T best = in[r * n + expected], x = in[r * n + i];
            if (!std::isnan(best) && (std::isnan(x) || (largest ? x > best : x < best))) expected = i;
          }
          BOOST_TEST(index[r] == expected);
          BOOST_TEST(close(values[r], in[r * n + expected], 0));
        }
        kn::View no_values = values.view();
        no_values.data = nullptr;
        kn::arg_reduce(largest, no_values, index.view(), in.view());
      }
  const auto low = Array<T>::make({40}, Layout::Contiguous, [](std::int64_t) { return -kInf; });
  Array<T> value(Sizes{});
  Array<std::int64_t> at(Sizes{});
  at[0] = 9;
  kn::arg_reduce(true, value.view(), at.view(), low.view());
  BOOST_TEST(at[0] == 0);
  BOOST_TEST(value[0] == -kInf);
}

BOOST_AUTO_TEST_CASE(arg_reduce_of_integers) {
  const std::int64_t values[] = {3, 9, 9, -4, -4};
  const auto in = Array<std::int64_t>::make({5}, Layout::Spread, [&](std::int64_t i) { return values[i]; });
  Array<std::int64_t> value(Sizes{}), at(Sizes{});
  kn::arg_reduce(true, value.view(), at.view(), in.view());
  BOOST_TEST(at[0] == 1);
  kn::arg_reduce(false, value.view(), at.view(), in.view());
  BOOST_TEST(at[0] == 3);
  BOOST_TEST(value[0] == -4);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
