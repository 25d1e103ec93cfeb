#include "../../kernels/moments.h"

#include <limits>
#include <tuple>

#include "array.h"

namespace kn = descent::kernels;
using namespace descent;
using namespace descent::testing;

namespace {

using Floats = std::tuple<float, double>;
constexpr double kInf = std::numeric_limits<double>::infinity();

/// Kept and reduced sizes: around the edges of vectors, tiles and blocks (1024), short and long.
const std::pair<Sizes, Sizes> kShapes[] = {{{}, {}},         {{}, {1}},         {{}, {17}},       {{3}, {5}},
                                           {{7}, {33}},      {{19}, {1025}},    {{2, 3}, {4, 5}}, {{4}, {3, 50, 7}},
                                           {{33}, {40, 33}}, {{2, 21}, {2049}}, {{}, {1024}}};

Sizes joined(const Sizes& a, const Sizes& b) {
  Sizes all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(moments)

BOOST_AUTO_TEST_CASE_TEMPLATE(matches_plain_loops_with_the_same_bits_in_any_layout, T, Floats) {
  for (const auto& [kept, cut] : kShapes) {
    std::string first_var, first_norm;
    for (const Layout layout : kLayouts) {
      const auto in = Array<T>::make(joined(kept, cut), layout, [](std::int64_t i) { return 3 + noise(i); });
      Array<T> var(kept), norm(kept);
      kn::variance(var.view(), in.view(), 0.5, false);
      kn::norm2(norm.view(), in.view());
      const std::int64_t n = in.numel() / var.numel();
      for (std::int64_t r = 0; r < var.numel(); ++r) {
        long double mean = 0, squares = 0, spread = 0;
        for (std::int64_t i = 0; i < n; ++i) mean += in[r * n + i], squares += 1.0L * in[r * n + i] * in[r * n + i];
        mean /= static_cast<long double>(n);
        for (std::int64_t i = 0; i < n; ++i) spread += (in[r * n + i] - mean) * (in[r * n + i] - mean);
        BOOST_TEST(close(var[r], double(spread / (n - 0.5L)), sizeof(T) == 4 ? 1e-7 : 1e-14));
        BOOST_TEST(close(norm[r], double(std::sqrt(squares)), sizeof(T) == 4 ? 1e-6 : 1e-14));
      }
      if (layout == Layout::Contiguous) first_var = var.bytes(), first_norm = norm.bytes();
      BOOST_TEST((first_var == var.bytes()), "other bits of " << n << " in layout " << int(layout));
      BOOST_TEST((first_norm == norm.bytes()), "other bits of " << n << " in layout " << int(layout));
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_threads, T, Floats) {
  const std::pair<Sizes, Sizes> shapes[] = {{{}, {300000}}, {{3}, {100000}}, {{700}, {300}}};
  for (const auto& [kept, cut] : shapes)
    for (const Layout layout : kLayouts) {
      const auto in = Array<T>::make(joined(kept, cut), layout, [](std::int64_t i) { return noise(i); });
      Array<T> out(kept);
      same_for_any_threads([&] { kn::variance(out.view(), in.view(), 1, true); }, [&] { return out.bytes(); });
      same_for_any_threads([&] { kn::norm2(out.view(), in.view()); }, [&] { return out.bytes(); });
    }
}

BOOST_AUTO_TEST_CASE(a_large_offset_does_no_harm) {
  const auto in = Array<double>::make({4, 1000}, Layout::Contiguous, [](std::int64_t i) { return 1e9 + i % 2; });
  Array<double> out({4});
  kn::variance(out.view(), in.view(), 0, false);
  for (std::int64_t r = 0; r < 4; ++r) BOOST_TEST(out[r] == 0.25);
  const auto large = Array<double>::make({3}, Layout::Contiguous, [](std::int64_t) { return 1.5e308; });
  Array<double> none({});
  kn::variance(none.view(), large.view(), 1, false);
  BOOST_TEST(none[0] == 0);
}

BOOST_AUTO_TEST_CASE(norms_neither_overflow_nor_vanish) {
  for (const double scale : {1e300, 1e-300, 4e-320, 1.0}) {
    const double parts[] = {3 * scale, 4 * scale};
    const auto in = Array<double>::make({2, 2}, Layout::Reversed, [&](std::int64_t i) { return parts[i % 2]; });
    Array<double> out({2});
    kn::norm2(out.view(), in.view());
    const double expected = std::hypot(parts[0], parts[1]);
    for (std::int64_t r = 0; r < 2; ++r) BOOST_TEST(std::abs(out[r] / expected - 1) <= 1e-15);
  }
  const auto odd = Array<double>::make({3, 2}, Layout::Contiguous, [](std::int64_t i) {
    return i == 1 ? kInf : i == 3 ? std::nan("") : 0.0;
  });
  Array<double> out({3});
  kn::norm2(out.view(), odd.view());
  BOOST_TEST(out[0] == kInf);
  BOOST_TEST(std::isnan(out[1]));
  BOOST_TEST(out[2] == 0);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
