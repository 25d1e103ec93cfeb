// Expanded views of more than 2^31 elements, which must never be materialised, and sizes that overflow.
#include <cmath>

#include "../fixture.h"

namespace descent::testing {
namespace {

constexpr int64_t kRows = int64_t{3} << 30;  // times 3: more than 2^33

Tensor huge(const std::vector<double>& values, DType dtype) {
  return from_vector(values).to(dtype).expand({kRows, static_cast<int64_t>(values.size())});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(huge_but_lazy)

BOOST_AUTO_TEST_CASE(sums_means_and_extremes_of_expanded_views) {
  const double n = static_cast<double>(kRows);
  for (const DType dtype : {float32, float64, int64}) {
    const Tensor a = huge({1, -2, 4}, dtype);
    BOOST_TEST(a.numel() == 3 * kRows);
    BOOST_TEST(sum(a).item<double>() == 3 * n);
    BOOST_TEST(max_relative_error(sum(a, {0}), {n, -2 * n, 4 * n}) == 0);
    BOOST_TEST(max(a).item<double>() == 4);
    BOOST_TEST(min(a).item<double>() == -2);
    BOOST_TEST(max_relative_error(amax(a, {0}), {1, -2, 4}) == 0);
    BOOST_TEST(max_relative_error(max(a, 0).values, {1, -2, 4}) == 0);
    BOOST_TEST(max_relative_error(argmin(a, 0), {0, 0, 0}) == 0);
    if (dtype == int64) continue;
    BOOST_TEST(mean(a).item<double>() == 1.0);
    BOOST_TEST(max_relative_error(mean(a, {0}, true).reshape({3}), {1, -2, 4}) == 0);
  }
  BOOST_TEST(all(huge({1, 1}, boolean)).item<bool>());
  BOOST_TEST(!any(huge({0, 0}, boolean)).item<bool>());
  BOOST_TEST(prod(huge({-1, 1}, int64)).item<int64_t>() == 1);
  BOOST_TEST(prod(huge({-1, 1}, float64)).item<double>() == 1);
  BOOST_TEST(max_relative_error(prod(full({2}, 1.5, {.dtype = float64}).unsqueeze(0).expand({40, 2}), {0}),
                                {std::pow(1.5, 40), std::pow(1.5, 40)}) < 1e-15);
  BOOST_TEST(std::isnan(max(huge({1, std::nan(""), 2}, float64)).item<double>()));
}

BOOST_AUTO_TEST_CASE(kept_dims_that_repeat_are_spread) {
  // 2^32 elements, of which 4 are distinct; the result has a repeating dim of its own.
  const int64_t n = int64_t{1} << 30;
  const Tensor a = tensor({{1.0, 2.0}, {3.0, 5.0}}).reshape({2, 1, 1, 2}).expand({2, 3, n, 2});
  BOOST_TEST(max_relative_error(mean(a, {2}).reshape({12}), {1, 2, 1, 2, 1, 2, 3, 5, 3, 5, 3, 5}) == 0);
  BOOST_TEST(max_relative_error(sum(a, {0, 2, 3}), std::vector<double>(3, 11.0 * double(n))) == 0);
}

BOOST_AUTO_TEST_CASE(gradients_come_back_without_the_whole) {
  const Tensor a = tensor({1.0, -2.0, 4.0}, {.dtype = float64, .requires_grad = true});
  const Tensor whole = a.expand({kRows, 3});
  const Tensor sums = descent::autograd::grad({sum(whole)}, {a})[0],
               means = descent::autograd::grad({mean(whole)}, {a})[0];
  BOOST_TEST(max_relative_error(sums, std::vector<double>(3, double(kRows))) == 0);
  BOOST_TEST(max_relative_error(means, std::vector<double>(3, 1.0 / 3)) <= 1e-15);
}

BOOST_AUTO_TEST_CASE(sizes_that_overflow_are_refused) {
  const int64_t big = int64_t{1} << 40;
  require_throws<ShapeError>([&] { zeros({big, big}); }, "overflow");
  require_throws<ShapeError>([&] { empty({big, 3, big}, {.dtype = boolean}); }, "overflow");
  require_throws<ShapeError>([&] { full({big, big}, 1); }, "overflow");
  require_throws<ShapeError>([&] { zeros({-1}); }, "negative");
  require_throws<ShapeError>([&] { ones({1}).expand({big, big}); }, "overflow");
  require_throws<ShapeError>([&] { ones({6}).reshape({big, big, -1}); }, "reshape: ");
  require_throws<ShapeError>([&] { ones({1}).expand({big, 1}).reshape({big, big}); }, "reshape: ");
  require_throws<ShapeError>([&] { ones({1}).expand({big, 1}) + ones({1}).expand({big}); }, "overflow");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent::testing
