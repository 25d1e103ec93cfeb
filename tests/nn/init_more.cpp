// Initialisers of structured matrices, and the truncated normal distribution.
#include <cmath>

#include "../fixture.h"
#include "nn/init.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(init)
namespace {

using namespace testing;

BOOST_AUTO_TEST_CASE(truncated_normal) {
  const Tensor w = init::trunc_normal_(zeros({200, 200}, {.dtype = float64, .requires_grad = true}), {.std = 1});
  BOOST_TEST(w.min().item<double>() >= -2);
  BOOST_TEST(w.max().item<double>() <= 2);
  BOOST_TEST(w.max().item<double>() > 1.99);
  // variance of N(0, 1) on [−2, 2]: 1 − 2·2·φ(2) / (Φ(2) − Φ(−2))
  const double variance = 1 - 4 * std::exp(-2.0) / std::sqrt(2 * M_PI) / std::erf(std::sqrt(2.0));
  BOOST_TEST(std::abs(w.mean().item<double>()) < 5 * std::sqrt(variance) / 200);
  BOOST_TEST(std::abs(w.square().mean().item<double>() - variance) < 5 * std::sqrt(2.0) * variance / 200);
  // each quarter of the probability is met a quarter of the time: Φ⁻¹ of (Φ(−2) + …)
  const double first = 0.6451;  // −x with Φ(x) = Φ(−2) + (Φ(2) − Φ(−2)) / 4
  BOOST_TEST(std::abs((w < -first).sum().item<double>() / 40000 - 0.25) < 5 * std::sqrt(0.1875 / 40000));
  const Tensor shifted = init::trunc_normal_(zeros({10000}), {.mean = 1, .std = 0.02, .a = 0.99, .b = 5});
  BOOST_TEST(shifted.min().item<float>() >= 0.99f);
  const Tensor tail = init::trunc_normal_(zeros({1000}, {.dtype = float64}), {.a = 4, .b = 4.5});
  BOOST_TEST(tail.min().item<double>() >= 4);
  BOOST_TEST(tail.max().item<double>() <= 4.5);
  BOOST_TEST(std::abs(tail.mean().item<double>() - 4.1682) <
             0.02);  // (φ(4) − φ(4.5)) / (Φ(4.5) − Φ(4)), ± 5·0.13/√1000
}

BOOST_AUTO_TEST_CASE(orthogonal) {
  const auto check = [](const Shape& shape) {
    const Tensor w = init::orthogonal_(zeros(shape, {.dtype = float64, .requires_grad = true}), {.gain = 2}).detach();
    const Tensor m = w.reshape({shape[0], -1}) / 2.0;
    const bool wide = m.size(0) < m.size(1);
    const Tensor product = wide ? m.matmul(m.t()) : m.t().matmul(m);
    BOOST_TEST(max_relative_error(product, eye(product.size(0), {.dtype = float64})) < 1e-13, shape);
  };
  for (const Shape& shape : {Shape{5, 5}, Shape{7, 3}, Shape{3, 7}, Shape{4, 2, 3}, Shape{9, 2, 2}}) check(shape);
  int plus = 0;
  for (int i = 0; i < 100; ++i) plus += init::orthogonal_(zeros({1, 1})).item<float>() > 0;
  BOOST_TEST(plus > 20);  // both signs come
  BOOST_TEST(plus < 80);
  BOOST_TEST(init::orthogonal_(zeros({0, 3})).numel() == 0);
}

BOOST_AUTO_TEST_CASE(dirac) {
  for (const Shape& k : {Shape{3}, Shape{3, 5}, Shape{1, 3, 3}}) {
    Shape shape{4, 2};
    Shape input{1, 2};
    for (const std::int64_t n : k) {
      shape.push_back(n);
      input.push_back(6);
    }
    const Tensor w = init::dirac_(ones(shape, {.dtype = float64}));
    BOOST_TEST(w.sum().item<double>() == 2);
    const Tensor x = random_tensor(input, 1);
    if (k.size() != 2) continue;
    const Tensor y = conv2d(x, w, {}, {.padding = {1, 2}});
    BOOST_TEST(same_bits(y.slice(1, 0, 2), x));
    BOOST_TEST(y.slice(1, 2, 4).abs().sum().item<double>() == 0);
    const Tensor grouped =
        conv2d(x, init::dirac_(ones({4, 1, 3, 3}, {.dtype = float64}), {.groups = 2}), {}, {.padding = 1, .groups = 2});
    BOOST_TEST(same_bits(grouped[0][0], x[0][0]));
    BOOST_TEST(same_bits(grouped[0][2], x[0][1]));
    BOOST_TEST(grouped[0][1].abs().sum().item<double>() == 0);
  }
}

BOOST_AUTO_TEST_CASE(sparse) {
  const Tensor w = init::sparse_(ones({50, 40}, {.dtype = float64, .requires_grad = true}), 0.25, {.std = 2});
  const Tensor zeros_of = (w == 0).to(int64).sum({0});
  for (const auto n : zeros_of.to_vector<std::int64_t>()) BOOST_TEST(n == 13);  // ⌈12.5⌉
  BOOST_TEST(std::abs(w.square().sum().item<double>() / (37 * 40) / 4 - 1) < 5 * std::sqrt(2.0 / (37 * 40)));
  BOOST_TEST((init::sparse_(ones({3, 2}), 1) == 0).sum().item<int>() == 6);
  BOOST_TEST((init::sparse_(ones({3, 2}), 0) == 0).sum().item<int>() == 0);
}

BOOST_AUTO_TEST_CASE(errors_of_these) {
  const auto bad = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  const Tensor w = ones({2, 2}), kernel = ones({3, 2, 2});
  bad([&] { init::trunc_normal_(w, {.std = 0}); }, "trunc_normal_: std must be positive");
  bad([&] { init::trunc_normal_(w, {.a = 1, .b = 0}); }, "trunc_normal_: a must not exceed b");
  bad([&] { init::orthogonal_(w, {.gain = NAN}); }, "orthogonal_: gain must be finite");
  bad([&] { init::dirac_(kernel, {.groups = 2}); }, "dirac_: groups must divide size(0) = 3, got 2");
  bad([&] { init::sparse_(w, 1.5); }, "sparse_: sparsity must be in [0, 1], got 1.5");
  bad([&] { init::sparse_(w, 0.5, {.std = -1}); }, "std must be >= 0");
  require_throws<ShapeError>([&] { init::orthogonal_(ones({3})); }, "orthogonal_: needs at least 2 dims");
  require_throws<ShapeError>([&] { init::dirac_(w); }, "dirac_: needs 3 to 5 dims");
  require_throws<ShapeError>([&] { init::sparse_(kernel, 0.5); }, "sparse_: needs 2 dims");
  require_throws<DTypeError>([&] { init::trunc_normal_(ones({2}, {.dtype = int64})); }, "got int64");
  BOOST_TEST(same_bits(w, ones({2, 2})));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
