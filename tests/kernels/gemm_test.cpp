#include "../../kernels/gemm.h"

#include <cblas.h>
#include <omp.h>

#include <limits>
#include <tuple>

#include "array.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;
using namespace descent::testing;
using kn::Gemm;
using kn::GemmBatch;

namespace {

using Floats = std::tuple<float, double>;

template <class T>
constexpr double kTolerance = sizeof(T) == 4 ? 1e-5 : 1e-13;

/// One product with gaps between rows, against plain loops in double.
template <class T>
void check_product(Gemm g, bool with_bias) {
  g.lda = (g.trans_a ? g.m : g.k) + 3;
  g.ldb = (g.trans_b ? g.k : g.n) + 2;
  g.ldc = g.n + 1;
  const auto at_least = [](std::int64_t n) { return std::max<std::int64_t>(n, 1); };
  const auto a = Array<T>::make({at_least(g.trans_a ? g.k : g.m), g.lda}, Layout::Contiguous,
                                [](std::int64_t i) { return noise(i, 1); });
  const auto b = Array<T>::make({at_least(g.trans_b ? g.n : g.k), g.ldb}, Layout::Contiguous,
                                [](std::int64_t i) { return noise(i, 2); });
  const auto bias = Array<T>::make({at_least(g.n)}, Layout::Contiguous, [](std::int64_t i) { return noise(i, 3); });
  if (with_bias) g.bias = bias.data();
  // What was in C may not matter unless it is added to.
  auto c = Array<T>::make({at_least(g.m), g.ldc}, Layout::Contiguous, [&](std::int64_t i) {
    return g.accumulate ? noise(i, 4) : std::numeric_limits<double>::quiet_NaN();
  });
  const std::vector<T> before(c.data(), c.data() + c.numel());
  kn::gemm(dtype_of<T>(), g, a.data(), b.data(), c.data());
  const std::int64_t a_row = g.trans_a ? 1 : g.lda, a_step = g.trans_a ? g.lda : 1, b_step = g.trans_b ? 1 : g.ldb;
  for (std::int64_t i = 0; i < g.m; ++i) {
    const T *row = c.data() + i * g.ldc, *old = before.data() + i * g.ldc;
    for (std::int64_t j = 0; j < g.n; ++j) {
      double expected = (with_bias ? double(bias[j]) : 0) + (g.accumulate ? double(old[j]) : 0);
      const T *x = a.data() + i * a_row, *y = b.data() + (g.trans_b ? j * g.ldb : j);
      for (const T* const end = x + g.k * a_step; x != end; x += a_step, y += b_step)
        expected += double(*x) * double(*y);
      if (!close(row[j], expected, kTolerance<T> * std::sqrt(double(g.k) + 1)))
        BOOST_ERROR("m n k " << g.m << ' ' << g.n << ' ' << g.k << " trans " << g.trans_a << g.trans_b << " bias "
                             << with_bias << " accumulate " << g.accumulate << " at " << i << ' ' << j << ": " << row[j]
                             << " != " << expected);
    }
    BOOST_TEST((std::memcmp(old + g.n, row + g.n, sizeof(T)) == 0), "wrote between the rows");
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(gemm)

BOOST_AUTO_TEST_CASE_TEMPLATE(matches_plain_loops, T, Floats) {
  const std::int64_t sizes[][3] = {
      {1, 1, 1},     {2, 3, 4},      {16, 16, 4},  {16, 3, 16},  {4, 16, 16},  {1, 10, 7},   {9, 1, 5},
      {1, 1, 40},    {7, 33, 2},     {5, 18, 9},   {3, 40, 1},   {17, 20, 19}, {64, 64, 2},  {1, 128, 64},
      {128, 1, 64},  {65, 31, 40},   {1, 300, 90}, {300, 1, 90}, {2, 500, 50}, {70, 90, 64}, {33, 8, 200},
      {64, 60, 130}, {128, 10, 256}, {0, 3, 2},    {3, 0, 2},    {3, 5, 0}};
  for (const auto& s : sizes)
    for (int bits = 0; bits < 16; ++bits) {
      Gemm g{.trans_a = bits % 2 == 1, .trans_b = bits / 2 % 2 == 1, .m = s[0], .n = s[1], .k = s[2]};
      g.accumulate = bits & 4;
      check_product<T>(g, bits & 8);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(tiles_match_plain_loops, T, Floats) {
  for (int bits = 0; bits < 4; ++bits) {
    check_product<T>({.trans_a = bits % 2 == 1, .trans_b = bits / 2 == 1, .m = 210, .n = 333, .k = 270}, true);
    check_product<T>({.trans_a = bits % 2 == 1, .trans_b = bits / 2 == 1, .m = 1, .n = 2100, .k = 300}, bits % 2);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_threads, T, Floats) {
  const std::int64_t sizes[][3] = {{190, 333, 470}, {700, 160, 300}, {1, 3000, 500},
                                   {3000, 1, 500},  {512, 40, 300},  {40, 700, 128}};
  for (const auto& s : sizes)
    for (int bits = 0; bits < 4; ++bits) {
      const bool ta = bits % 2, tb = bits / 2;
      const auto a = Array<T>::make({s[0] * s[2]}, Layout::Contiguous, [](std::int64_t i) { return noise(i, 1); });
      const auto b = Array<T>::make({s[2] * s[1]}, Layout::Contiguous, [](std::int64_t i) { return noise(i, 2); });
      Array<T> c({s[0] * s[1]});
      const Gemm g{.trans_a = ta,
                   .trans_b = tb,
                   .m = s[0],
                   .n = s[1],
                   .k = s[2],
                   .lda = ta ? s[0] : s[2],
                   .ldb = tb ? s[2] : s[1],
                   .ldc = s[1]};
      same_for_any_threads([&] { kn::gemm(dtype_of<T>(), g, a.data(), b.data(), c.data()); },
                           [&] { return c.bytes(); });
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(batches_are_products_one_by_one, T, Floats) {
  const std::int64_t sizes[][3] = {{3, 4, 5}, {16, 16, 4}, {40, 50, 30}, {130, 140, 150}, {1, 7, 9}};
  for (const auto& s : sizes)
    for (int form = 0; form < 4; ++form) {
      const std::int64_t m = s[0], n = s[1], k = s[2], count = 7;
      const auto a = Array<T>::make({count * m * k}, Layout::Contiguous, [](std::int64_t i) { return noise(i, 1); });
      const auto b = Array<T>::make({count * n * k}, Layout::Contiguous, [](std::int64_t i) { return noise(i, 2); });
      Array<T> c({count * m * n}), expected({count * m * n});
      const Sizes order = {3, 0, 6, 6, 1, 2, 0};
      Sizes from_a, from_b;
      for (std::int64_t i : order) {
        from_a.push_back(i * m * k);
        from_b.push_back((6 - i) * n * k);
      }
      const Gemm g{.trans_b = form == 3, .m = m, .n = n, .k = k, .lda = k, .ldb = form == 3 ? k : n, .ldc = n};
      GemmBatch batch{.count = count, .a_step = m * k, .b_step = form == 1 ? 0 : n * k, .c_step = m * n};
      if (form == 2) batch.a_offsets = from_a.data(), batch.b_offsets = from_b.data();
      for (std::size_t i = 0; i < 7; ++i) {
        const std::int64_t at = static_cast<std::int64_t>(i);
        kn::gemm(dtype_of<T>(), g, a.data() + (form == 2 ? from_a[i] : at * m * k),
                 b.data() + (form == 2 ? from_b[i] : at * batch.b_step), expected.data() + at * m * n);
      }
      same_for_any_threads([&] { kn::gemm(dtype_of<T>(), g, batch, a.data(), b.data(), c.data()); },
                           [&] { return c.bytes(); });
      for (std::int64_t i = 0; i < c.numel(); ++i)
        if (!close(c[i], expected[i], kTolerance<T>)) BOOST_ERROR("form " << form << " at " << i);
    }
}

BOOST_AUTO_TEST_CASE(a_batch_can_add_up_in_one_place) {
  const auto a = Array<float>::make({5 * 6}, Layout::Contiguous, [](std::int64_t i) { return i; });
  Array<float> c({4});
  const Gemm g{.m = 2, .n = 2, .k = 3, .lda = 3, .ldb = 2, .ldc = 2, .accumulate = true};
  kn::gemm(float32, g, {.count = 5, .a_step = 6, .b_step = 0, .c_step = 0}, a.data(), a.data(), c.data());
  double expected = 0;  // C[0, 0] = Σ_i Σ_p A_i[0, p]·B[p, 0]
  for (int i = 0; i < 5; ++i)
    for (int p = 0; p < 3; ++p) expected += (6 * i + p) * (2 * p);
  BOOST_TEST(c[0] == expected);
}

BOOST_AUTO_TEST_CASE(nan_and_infinity_are_not_skipped) {
  const float inf = std::numeric_limits<float>::infinity();
  for (const std::int64_t n : {2, 200}) {
    for (const std::int64_t m : {std::int64_t{1}, n}) {
      Array<float> a({m, n}), b({n, n}), c({m, n});  // 0 · inf = NaN
      b[n + 1] = inf;
      kn::gemm(float32, {.m = m, .n = n, .k = n, .lda = n, .ldb = n, .ldc = n}, a.data(), b.data(), c.data());
      BOOST_TEST(std::isnan(c[1]));
      BOOST_TEST(c[0] == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(host_settings_stay) {
  const int omp = omp_get_max_threads(), blas = openblas_get_num_threads(), own = get_num_threads();
  omp_set_num_threads(3);
  Array<float> a({300, 300}), b({300, 300}), c({300, 300});
  const Gemm g{.m = 300, .n = 300, .k = 300, .lda = 300, .ldb = 300, .ldc = 300};
  for (int threads = 1; threads <= 2; ++threads) {
    set_num_threads(threads);
    kn::gemm(float32, g, a.data(), b.data(), c.data());
    BOOST_TEST(omp_get_max_threads() == 3);
    BOOST_TEST(openblas_get_num_threads() == blas);
  }
  set_num_threads(own);
  omp_set_num_threads(omp);
}

BOOST_AUTO_TEST_CASE(refuses_what_blas_cannot_index) {
  float x = 0;
  const std::int64_t huge = std::int64_t{1} << 31;
  BOOST_CHECK_EXCEPTION(kn::gemm(float32, {.m = 2, .n = huge, .k = 2, .lda = 2, .ldb = huge, .ldc = huge}, &x, &x, &x),
                        std::runtime_error, [](const std::exception& e) {
                          return std::string(e.what()).find("2147483648") != std::string::npos;
                        });
  kn::verify_blas();  // the build that is linked is the right one
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
