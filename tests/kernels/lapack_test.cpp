// LAPACK where the rows of the ops do not reach: right sides that are cut into pieces, and which matrix failed.
#include "../../kernels/lapack.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "../fixture.h"

namespace kn = descent::kernels;  // the suite has the same name

namespace descent::testing {
namespace {

/// Diagonally dominant; element (i, j).
double element(int64_t i, int64_t j, int64_t n) { return i == j ? double(n) : std::sin(double(i * 7 + j * 13)); }

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(lapack)

BOOST_AUTO_TEST_CASE(cut_right_sides) {
  constexpr int64_t n = 300, k = 301, kPeriod = 8;  // columns repeat, so that the naive products are few
  std::vector<double> a(n * n), triangle(n * n), x(n * k), b(n * k), rows(n * k);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      a[i + j * n] = element(i, j, n);                        // by columns
      triangle[i * n + j] = j <= i ? element(i, j, n) : NAN;  // by rows
    }
    for (int64_t j = 0; j < k; ++j) x[i * k + j] = std::cos(double(i + 3 * (j % kPeriod)));
  }
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t l = 0; l < n; ++l) {
      for (int64_t j = 0; j < kPeriod; ++j) {
        b[i + j * n] += a[i + l * n] * x[l * k + j];
        if (l <= i) rows[i * k + j] += a[i + l * n] * x[l * k + j];
      }
    }
  }
  for (int64_t j = kPeriod; j < k; ++j) {
    for (int64_t i = 0; i < n; ++i) {
      b[i + j * n] = b[i + j % kPeriod * n];
      rows[i * k + j] = rows[i * k + j % kPeriod];
    }
  }
  std::vector<double> first;
  for (int threads = 1; threads <= 3; ++threads) {
    ThreadsGuard guard(threads);
    std::vector<double> factors = a, right = b, below = rows;
    std::vector<int> pivots(n);
    BOOST_TEST(!kn::lu(float64, 1, n, factors.data(), pivots.data()).failed());
    kn::lu_solve(float64, 1, n, k, factors.data(), pivots.data(), right.data());
    BOOST_TEST(!kn::solve_triangular(float64, 1, n, k, false, false, triangle.data(), below.data()).failed());
    double error = 0;
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < k; ++j) {
        error = std::max({error, std::abs(right[i + j * n] - x[i * k + j]), std::abs(below[i * k + j] - x[i * k + j])});
      }
    }
    BOOST_TEST(error < 1e-12);
    right.insert(right.end(), below.begin(), below.end());
    if (threads == 1) first = right;
    BOOST_TEST((right == first), "other bits with " << threads << " threads");
  }
}

BOOST_AUTO_TEST_CASE(the_first_failure_of_a_batch) {
  constexpr int64_t n = 2, batch = 1000;
  std::vector<float> a(batch * n * n);
  for (int64_t i = 0; i < batch; ++i) a[i * 4] = a[i * 4 + 3] = 1;
  a[700 * 4 + 3] = -1;
  a[900 * 4] = NAN;
  std::vector<int> pivots(batch * n);
  std::vector<float> copy = a;
  const auto status = kn::cholesky(float32, batch, n, false, copy.data());
  BOOST_TEST(status.item == 700);
  BOOST_TEST(status.info == 2);
  a[700 * 4 + 3] = 1;
  copy = a;
  const auto nan = kn::cholesky(float32, batch, n, true, copy.data());
  BOOST_TEST(nan.item == 900);
  BOOST_TEST(nan.info == 1);
  a[3 * 4] = 0;
  const auto singular = kn::lu(float32, batch, n, a.data(), pivots.data());
  BOOST_TEST(singular.item == 3);
  BOOST_TEST(singular.info == 1);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
