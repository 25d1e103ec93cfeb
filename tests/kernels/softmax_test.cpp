#include "../../kernels/softmax.h"

#include <limits>
#include <tuple>

#include "array.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;
using namespace descent::testing;

namespace {

using Floats = std::tuple<float, double>;
template <class T>
constexpr double kTolerance = sizeof(T) == 4 ? 2e-6 : 1e-14;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <class T>
Array<T> filled(std::int64_t n, std::uint64_t seed, double scale = 4) {
  return Array<T>::make({n}, Layout::Contiguous, [&](std::int64_t i) { return scale * noise(i, seed); });
}

/// log Σ exp of n values, `step` apart, in long double.
template <class T>
long double log_sum_exp(const T* x, std::int64_t n, std::int64_t step) {
  long double m = x[0], sum = 0;
  for (std::int64_t j = 0; j < n; ++j) m = std::max<long double>(m, x[j * step]);
  for (std::int64_t j = 0; j < n; ++j) sum += std::exp(x[j * step] - m);
  return m + std::log(sum);
}

const Sizes kShapes[] = {{1, 1, 1}, {5, 3, 1},  {7, 10, 1}, {3, 16, 1},  {2, 33, 1}, {4, 5000, 1},
                         {2, 3, 4}, {1, 7, 70}, {3, 21, 5}, {2, 600, 3}, {0, 3, 2},  {2, 0, 3}};

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(softmax)

BOOST_AUTO_TEST_CASE_TEMPLATE(forward_and_gradient_match_plain_loops, T, Floats) {
  for (const Sizes& s : kShapes)
    for (const bool log : {false, true}) {
      const std::int64_t outer = s[0], n = s[1], inner = s[2], numel = outer * n * inner;
      const auto x = filled<T>(numel, 1), g = filled<T>(numel, 2);
      Array<T> y({numel}), d({numel});
      kn::softmax(dtype_of<T>(), log, outer, n, inner, x.data(), y.data());
      kn::softmax_grad(dtype_of<T>(), log, outer, n, inner, y.data(), g.data(), d.data());
      if (n == 0) continue;
      for (std::int64_t o = 0; o < outer; ++o)
        for (std::int64_t c = 0; c < inner; ++c) {
          const std::int64_t at = o * n * inner + c;
          const long double lse = log_sum_exp(x.data() + at, n, inner);
          double sum = 0;  // Σ g, or Σ g·y
          for (std::int64_t j = 0; j < n; ++j) {
            const std::int64_t i = at + j * inner;
            sum += log ? double(g[i]) : double(g[i]) * double(std::exp(x[i] - lse));
          }
          for (std::int64_t j = 0; j < n; ++j) {
            const std::int64_t i = at + j * inner;
            const double p = double(std::exp(x[i] - lse));
            const double value = log ? double(x[i] - lse) : p;
            const double slope = log ? double(g[i]) - p * sum : p * (double(g[i]) - sum);
            if (!close(y[i], value, kTolerance<T>)) BOOST_ERROR("n " << n << " y " << y[i] << " != " << value);
            if (!close(d[i], slope, 4 * kTolerance<T>)) BOOST_ERROR("n " << n << " grad " << d[i] << " != " << slope);
          }
        }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(large_and_infinite_logits, T, Floats) {
  const double huge = sizeof(T) == 4 ? 1e38 : 1e308;
  for (const std::int64_t inner : {1, 3})
    for (const double scale : {1e4, huge}) {
      const double row[] = {scale, -scale, -kInf, scale};
      const auto x = Array<T>::make({4 * inner}, Layout::Contiguous, [&](std::int64_t i) { return row[i / inner]; });
      Array<T> y({4 * inner}), l({4 * inner});
      kn::softmax(dtype_of<T>(), false, 1, 4, inner, x.data(), y.data());
      kn::softmax(dtype_of<T>(), true, 1, 4, inner, x.data(), l.data());
      for (std::int64_t c = 0; c < inner; ++c) {
        BOOST_TEST(y[c] == 0.5);
        BOOST_TEST(y[inner + c] == 0);
        BOOST_TEST(y[2 * inner + c] == 0);
        BOOST_TEST(close(l[3 * inner + c], -std::log(2.), kTolerance<T>));
        BOOST_TEST(l[2 * inner + c] == -kInf);
      }
    }
}

// Terms that are normal numbers keep their value; below, under a mask say, there is 0 and no denormal.
BOOST_AUTO_TEST_CASE_TEMPLATE(terms_below_the_normal_numbers_are_zero, T, Floats) {
  const double last = sizeof(T) == 4 ? -87.33 : -708.39;
  for (const std::int64_t inner : {1, 3}) {
    const double row[] = {0, last, last - 0.1, last - 10, last - 40, -kInf};
    const auto x = Array<T>::make({6 * inner}, Layout::Contiguous, [&](std::int64_t i) { return row[i / inner]; });
    Array<T> y({6 * inner});
    kn::softmax(dtype_of<T>(), false, 1, 6, inner, x.data(), y.data());
    for (std::int64_t c = 0; c < inner; ++c) {
      BOOST_TEST(y[c] == 1);
      BOOST_TEST(std::abs(y[inner + c] / std::exp(x[inner + c]) - 1) < kTolerance<T>);
      for (std::int64_t j = 2; j < 6; ++j) BOOST_TEST(y[j * inner + c] == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(rows_without_an_answer_are_nan, T, Floats) {
  for (const std::int64_t inner : {1, 2})
    for (const std::int64_t n : {3, 40})
      for (const double bad : {kNaN, kInf, -kInf})
        for (const bool log : {false, true}) {
          // all −inf, or one NaN or +inf among numbers
          const auto x = Array<T>::make({n * inner}, Layout::Contiguous, [&](std::int64_t i) {
            return bad == -kInf || i / inner == n - 2 ? bad : noise(i);
          });
          Array<T> y({n * inner});
          kn::softmax(dtype_of<T>(), log, 1, n, inner, x.data(), y.data());
          for (std::int64_t i = 0; i < n * inner; ++i) BOOST_TEST(std::isnan(y[i]));
        }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_threads, T, Floats) {
  for (const Sizes& s : {Sizes{700, 100, 1}, Sizes{3, 50, 400}, Sizes{5, 9000, 1}}) {
    const std::int64_t numel = s[0] * s[1] * s[2];
    const auto x = filled<T>(numel, 1), g = filled<T>(numel, 2);
    Array<T> y({numel}), d({numel});
    same_for_any_threads(
        [&] {
          kn::softmax(dtype_of<T>(), false, s[0], s[1], s[2], x.data(), y.data());
          kn::softmax_grad(dtype_of<T>(), false, s[0], s[1], s[2], y.data(), g.data(), d.data());
        },
        [&] { return y.bytes() + d.bytes(); });
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(cross_entropy_matches_its_formula, T, Floats) {
  for (const std::int64_t n : {1, 3, 10, 16, 37, 2100})
    for (const bool weighted : {false, true})
      for (const double s : {0., 0.1})
        for (const double scale : {3., 1e4})
          for (const std::int64_t g_stride : {0, 1}) {
            const std::int64_t rows = 9;
            const auto x = filled<T>(rows * n, 1, scale), g = filled<T>(rows, 2);
            const auto w = Array<T>::make({n}, Layout::Contiguous, [](std::int64_t i) { return 1 + noise(i, 3); });
            const auto target = Array<std::int64_t>::make({rows}, Layout::Contiguous,
                                                          [&](std::int64_t r) { return r == 4 ? -7 : (5 * r) % n; });
            Array<T> loss({rows}), lse({rows}), grad({rows * n});
            const kn::CrossEntropy c{.dtype = dtype_of<T>(),
                                     .rows = rows,
                                     .classes = n,
                                     .logits = x.data(),
                                     .target = target.data(),
                                     .weight = weighted ? w.data() : nullptr,
                                     .ignore_index = -7,
                                     .label_smoothing = s};
            kn::cross_entropy(c, loss.data(), lse.data());
            kn::cross_entropy_grad(c, lse.data(), g.data(), g_stride, grad.data());
            for (std::int64_t r = 0; r < rows; ++r) {
              const long double l = log_sum_exp(x.data() + r * n, n, 1);
              const double up = g[r * g_stride];
              BOOST_TEST(close(lse[r], double(l), kTolerance<T>));
              if (r == 4) {
                BOOST_TEST(loss[r] == 0);
                for (std::int64_t i = 0; i < n; ++i) BOOST_TEST(grad[r * n + i] == 0);
                continue;
              }
              const auto weight = [&](std::int64_t i) { return weighted ? double(w[i]) : 1.; };
              const std::int64_t t = target[r];
              double expected = (1 - s) * weight(t) * double(l - x[r * n + t]), total = 0;
              for (std::int64_t i = 0; i < n; ++i) {
                expected += s / double(n) * weight(i) * double(l - x[r * n + i]);
                total += weight(i);
              }
              if (!close(loss[r], expected, 2 * kTolerance<T>)) BOOST_ERROR("loss " << loss[r] << " != " << expected);
              for (std::int64_t i = 0; i < n; ++i) {
                const double p = double(std::exp(x[r * n + i] - l));
                const double slope = up * (((1 - s) * weight(t) + s / double(n) * total) * p -
                                           s / double(n) * weight(i) - (i == t ? (1 - s) * weight(t) : 0));
                if (!close(grad[r * n + i], slope, 4 * kTolerance<T>))
                  BOOST_ERROR("n " << n << " scale " << scale << " grad " << grad[r * n + i] << " != " << slope);
              }
            }
          }
}

BOOST_AUTO_TEST_CASE(cross_entropy_with_impossible_classes) {
  const auto x = Array<float>::make({4}, Layout::Contiguous, [](std::int64_t i) { return i == 1 ? -kInf : double(i); });
  const std::int64_t target = 2;
  float loss = 0, lse = 0, one = 1;
  Array<float> grad({4});
  const kn::CrossEntropy c{.rows = 1, .classes = 4, .logits = x.data(), .target = &target};
  kn::cross_entropy(c, &loss, &lse);
  kn::cross_entropy_grad(c, &lse, &one, 0, grad.data());
  const double sum = std::exp(0.) + std::exp(2.) + std::exp(3.);
  BOOST_TEST(close(loss, std::log(sum) - 2, 1e-6));
  BOOST_TEST(grad[1] == 0);
  BOOST_TEST(close(grad[3], std::exp(3.) / sum, 1e-6));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
