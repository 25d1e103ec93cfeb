// Ops with PyTorch's keywords: alpha, rounding_mode, dtype; the inner product. Values are PyTorch's.
#include "autograd/ops/keyword_forms.h"

#include <cmath>
#include <limits>

#include "../fixture.h"
#include "autograd/gradcheck.h"
#include "autograd/ops/inner.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(keyword_forms)

namespace {

using namespace descent::testing;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();

Tensor doubles(const std::vector<double>& values) {
  return from_vector(values, {static_cast<std::int64_t>(values.size())});
}
Tensor integers(const std::vector<std::int64_t>& values) {
  return from_vector(values, {static_cast<std::int64_t>(values.size())});
}

/// Equal values; NaN where one is meant.
void check_values(const Tensor& got, const std::vector<double>& wanted, DType dtype = float64) {
  BOOST_TEST(got.dtype() == dtype);
  const std::vector<double> values = got.to_vector<double>();
  BOOST_TEST_REQUIRE(values.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    BOOST_TEST((values[i] == wanted[i] || (std::isnan(values[i]) && std::isnan(wanted[i]))),
               "at " << i << ": " << values[i] << ", not " << wanted[i]);
  }
}
void check_integers(const Tensor& got, const std::vector<std::int64_t>& wanted, DType dtype = int64) {
  BOOST_TEST(got.dtype() == dtype);
  BOOST_TEST(got.to_vector<std::int64_t>() == wanted, boost::test_tools::per_element());
}
/// Within rounding: products may be fused with sums, and added in another order.
void check_near(const Tensor& got, const std::vector<double>& wanted) {
  BOOST_TEST(got.dtype() == float64);
  BOOST_TEST(allclose(got.reshape({-1}), doubles(wanted), {.rtol = 0, .atol = 4e-15}));
}

Tensor matrix() { return from_vector(std::vector<double>{1.25, -2.5, 0.1, 3.0, 0.7, -1.1}, {2, 3}); }
Tensor row() { return doubles({0.3, -1.7, 2.9}); }

}  // namespace

BOOST_AUTO_TEST_CASE(alpha_values) {
  check_near(add(matrix(), row(), {.alpha = -0.7}), {1.04, -1.31, -1.9299999999999997, 2.79, 1.89, -3.13});
  check_near(sub(matrix(), row(), {.alpha = 1.3}), {0.86, -0.29, -3.67, 2.61, 2.91, -4.87});
  check_near(sub(matrix(), 0.3, {.alpha = 1.5}), {0.8, -2.95, -0.35, 2.55, 0.25, -1.55});
  check_values(add(doubles({1, 2}), 3, {.alpha = 2}), {7, 8});
  check_integers(add(integers({1, 2}), 2, {.alpha = 3}), {7, 8});
  // 2^53 + 1 is no float64: integers are multiplied as integers
  check_integers(sub(integers({0, 1}), integers({9007199254740993, 2}), {.alpha = -3}), {27021597764222979, 7});
}

BOOST_AUTO_TEST_CASE(alpha_types) {
  const Tensor yes_no = from_vector(std::vector<double>{1, 0, 0}, {3}).to(boolean);
  const Tensor no_yes = from_vector(std::vector<double>{0, 1, 0}, {3}).to(boolean);
  check_integers(add(yes_no, no_yes, {.alpha = 2}), {1, 1, 0}, boolean);
  check_integers(add(yes_no, no_yes, {.alpha = 0}), {1, 0, 0}, boolean);
  check_integers(add(yes_no, true, {.alpha = 3}), {1, 1, 1}, boolean);
  check_integers(add(yes_no, 2, {.alpha = 3}), {7, 6, 6});
  check_integers(sub(integers({10, 2}).to(uint8), integers({1, 3}).to(uint8), {.alpha = 3}), {7, 249}, uint8);
  check_integers(sub(integers({10, 2}).to(uint8), 3, {.alpha = -1}), {13, 5}, uint8);
  check_values(add(integers({1, 2}), tensor({1.5, 2.0}), {.alpha = 0.5}), {1.75, 3}, float32);
  check_values(add(integers({1, 2}), 2.5, {.alpha = 3}), {8.5, 9.5}, float32);
  check_values(add(tensor({1.0, 2.0}), full({}, 2, {.dtype = float64}), {.alpha = 0.5}), {2, 3}, float32);
  check_near(add(doubles({1.5, 2}), integers({1, 2}), {.alpha = 0.1}), {1.6, 2.2});
}

BOOST_AUTO_TEST_CASE(alpha_gradients) {
  const Tensor a = random_tensor({2, 3}, 1, {.requires_grad = true}),
               b = random_tensor({3}, 2, {.requires_grad = true});
  const auto plus = [](const Tensor& x, const Tensor& y) { return add(x, y, {.alpha = -0.7}); };
  const auto minus = [](const Tensor& x, const Tensor& y) { return sub(x, y * y, {.alpha = 1.3}); };
  const auto number = [](const Tensor& x) { return sub(x * x, 2, {.alpha = 1.3}); };
  autograd::gradcheck(plus, {a, b});
  autograd::gradcheck(minus, {a, b});
  autograd::gradcheck(number, {a});
  autograd::gradgradcheck(minus, {a, b});
  check_values(autograd::grad({plus(a, b)}, {b}, {.grad_outputs = {ones({2, 3}, {.dtype = float64})}})[0],
               {-1.4, -1.4, -1.4});
}

BOOST_AUTO_TEST_CASE(alpha_errors) {
  const Tensor n = integers({1, 2});
  require_throws<std::invalid_argument>([&] { add(n, n, {.alpha = 0.5}); }, "add: alpha must be whole for int64");
  require_throws<std::invalid_argument>([&] { sub(n, 2, {.alpha = kNan}); }, "sub: alpha must be whole for int64");
  require_throws<std::invalid_argument>([&] { sub(n, 2, {.alpha = 1e300}); }, "sub: alpha must be whole");
  require_throws<ShapeError>([&] { add(n, ones({3}), {.alpha = 2}); }, "add: ");
  require_throws<DTypeError>([&] { sub(n.to(boolean), n.to(boolean), {.alpha = 2}); }, "sub: ");
  require_throws<Error>([&] { add(Tensor(), 1, {.alpha = 2}); }, "add: ");
  require_throws<Error>([&] { sub(n, Tensor(), {.alpha = 2}); }, "sub: ");
}

BOOST_AUTO_TEST_CASE(rounded_floats) {
  const Tensor a = doubles({1, -1, 7.5, -7.5, 7.5, -7.5, 0, 1, -1, 0, kInf, -kInf, 3, -3, 3, kNan, 1e300, 0.3, -6});
  const Tensor b = doubles({0.1, 0.1, 2, 2, -2, -2, 3, 0, 0, 0, 2, 2, kInf, kInf, -kInf, 1, 1e-300, 0.1, 3});
  check_values(div(a, b, {.rounding_mode = "floor"}),
               {9, -10, 3, -4, -4, 3, 0, kInf, -kInf, kNan, kNan, kNan, 0, -1, -1, kNan, kInf, 2, -2});
  check_values(div(a, b, {.rounding_mode = "trunc"}),
               {10, -10, 3, -3, -3, 3, 0, kInf, -kInf, kNan, kInf, -kInf, 0, 0, 0, kNan, kInf, 2, -2});
  check_values(div(doubles({1, -1}), 0.1, {.rounding_mode = "floor"}), {9, -10});
  check_values(div(tensor({1.0, -1.0}), 0.1, {.rounding_mode = "floor"}), {9, -10}, float32);
  check_values(div(tensor({1.0, -1.0}), 0.1, {.rounding_mode = "trunc"}), {10, -10}, float32);
  check_values(div(integers({7, -7}), 2.0, {.rounding_mode = "floor"}), {3, -4}, float32);
  check_values(div(integers({7, -7}), doubles({2, 2}), {.rounding_mode = "trunc"}), {3, -3});
  check_values(div(integers({7}), 2, {}), {3.5}, float32);
  BOOST_TEST(std::signbit(div(doubles({-0.0}), 3, {.rounding_mode = "floor"}).item<double>()));
}

BOOST_AUTO_TEST_CASE(rounded_integers) {
  constexpr std::int64_t large = std::int64_t{1} << 62;
  const Tensor a = integers({7, -7, 7, -7, large + 1, -large - 1, kLowest, kLowest, 9007199254740993});
  const Tensor b = integers({2, 2, -2, -2, 3, 3, 1, -1, 1});
  check_integers(div(a, b, {.rounding_mode = "floor"}),
                 {3, -4, -4, 3, 1537228672809129301, -1537228672809129302, kLowest, kLowest, 9007199254740993});
  check_integers(div(a, b, {.rounding_mode = "trunc"}),
                 {3, -3, -3, 3, 1537228672809129301, -1537228672809129301, kLowest, kLowest, 9007199254740993});
  const Tensor n = integers({7, -7, large + 1, -large - 1, kLowest, 9007199254740993});
  check_integers(div(n, 3, {.rounding_mode = "floor"}),
                 {2, -3, 1537228672809129301, -1537228672809129302, -3074457345618258603, 3002399751580331});
  check_integers(div(n, 3, {.rounding_mode = "trunc"}),
                 {2, -2, 1537228672809129301, -1537228672809129301, -3074457345618258602, 3002399751580331});
  for (const char* mode : {"floor", "trunc"}) {
    check_integers(div(integers({7, 255}).to(uint8), 2, {.rounding_mode = mode}), {3, 127}, uint8);
    check_integers(div(integers({7, 255}).to(uint8), integers({2, 2}), {.rounding_mode = mode}), {3, 127});
    check_integers(div(zeros({0}, {.dtype = int64}), zeros({1}, {.dtype = int64}), {.rounding_mode = mode}), {});
  }
}

BOOST_AUTO_TEST_CASE(rounded_gradients_are_zero) {
  for (const char* mode : {"floor", "trunc"}) {
    const Tensor a = from_vector(std::vector<double>{1, 2, kInf, 7.3}, {2, 2}).requires_grad_(true);
    const Tensor b = doubles({0, 2}).requires_grad_(true);
    const Tensor q = div(a, b, {.rounding_mode = mode});
    check_values(q.detach(), {kInf, 1, kInf, 3});
    const auto g = autograd::grad({q.sum()}, {a, b});
    check_values(g[0], {0, 0, 0, 0});
    check_values(g[1], {0, 0});
    const Tensor x = doubles({7.3, -7.3}).requires_grad_(true);
    const auto f = [&](const Tensor& t) { return t * t + div(t, 2, {.rounding_mode = mode}); };
    autograd::gradcheck(f, {x});
    autograd::gradgradcheck(f, {x});
    check_values(f(x).detach(), {7.3 * 7.3 + 3, 7.3 * 7.3 + (mode[0] == 'f' ? -4 : -3)});
  }
}

BOOST_AUTO_TEST_CASE(rounding_errors) {
  const Tensor n = integers({1, 2});
  require_throws<std::invalid_argument>(
      [&] { div(n, n, {.rounding_mode = "ceil"}); },
      "div: rounding_mode must be \"floor\", \"trunc\" or std::nullopt, got \"ceil\"");
  require_throws<std::invalid_argument>([&] { div(n, 2, {.rounding_mode = ""}); }, "got \"\"");
  for (const char* mode : {"floor", "trunc"}) {
    require_throws<Error>([&] { div(n, 0, {.rounding_mode = mode}); }, "div: integers cannot be divided by 0");
    require_throws<Error>([&] { div(n, integers({1, 0}), {.rounding_mode = mode}); }, "div: integers cannot");
    require_throws<ShapeError>([&] { div(n, ones({3}), {.rounding_mode = mode}); }, "div: ");
    require_throws<DTypeError>([&] { div(n.to(boolean), true, {.rounding_mode = mode}); }, "div: ");
    require_throws<Error>([&] { div(n, Tensor(), {.rounding_mode = mode}); }, "div: ");
  }
}

BOOST_AUTO_TEST_CASE(dtype_values) {
  const Tensor x = doubles({0.1, 0.2, -3}).to(float32), n = integers({1, 2, 3, 4, 5, 6}).reshape({2, 3});
  check_near(sum(x, {.dtype = float64}).reshape({1}), {-2.6999999955296516});
  check_near(prod(x, {.dtype = float64}).reshape({1}), {-0.06000000178813936});
  check_near(cumsum(x, 0, {.dtype = float64}), {0.10000000149011612, 0.30000000447034836, -2.6999999955296516});
  check_near(cumprod(x, 0, {.dtype = float64}), {0.10000000149011612, 0.020000000596046452, -0.06000000178813936});
  check_values(mean(n, {1}, {.dtype = float64}), {2, 5});
  check_values(mean(n, {.dtype = float32}).reshape({1}), {3.5}, float32);
  check_values(prod(integers({16777217, 1}), {.dtype = float64}).reshape({1}), {16777217});
  check_values(prod(n, 0, {.dtype = float64}), {4, 10, 18});
  check_values(cumprod(n, 1, {.dtype = float64}).reshape({6}), {1, 2, 6, 4, 20, 120});

  const Tensor kept = sum(n, {0}, true, {.dtype = float64});
  BOOST_TEST((kept.shape() == Shape{1, 3}));
  check_values(kept.reshape({3}), {5, 7, 9});
  BOOST_TEST((mean(n, {1}, true, {.dtype = float64}).shape() == Shape{2, 1}));
  BOOST_TEST((prod(n, -1, true, {.dtype = float64}).shape() == Shape{2, 1}));
  BOOST_TEST(sum(x, SumOptions()).dtype() == float32);
}

BOOST_AUTO_TEST_CASE(dtype_converts_first) {
  check_integers(sum(doubles({1.7, 2.7}), {.dtype = int64}).reshape({1}), {3});
  check_integers(cumsum(doubles({1.7, 2.7}), 0, {.dtype = int64}), {1, 3});
  check_integers(sum(integers({200, 100}), {.dtype = uint8}).reshape({1}), {44}, uint8);
  check_integers(prod(integers({20, 20}), {.dtype = uint8}).reshape({1}), {144}, uint8);
  check_integers(cumsum(integers({200, 100, 7}), 0, {.dtype = uint8}), {200, 44, 51}, uint8);
  check_integers(cumprod(integers({20, 20, 2}), 0, {.dtype = uint8}), {20, 144, 32}, uint8);
  check_integers(sum(integers({2, -2}), {.dtype = boolean}).reshape({1}), {1}, boolean);
  check_integers(prod(integers({2, 0}), {.dtype = boolean}).reshape({1}), {0}, boolean);
  check_integers(sum(ones({300}, {.dtype = boolean}), {.dtype = uint8}).reshape({1}), {44}, uint8);
}

BOOST_AUTO_TEST_CASE(dtype_gradients) {
  const Tensor x = random_tensor({2, 3}, 3, {.requires_grad = true});
  autograd::gradcheck([](const Tensor& a) { return sum(a * a, {1}, true, {.dtype = float64}); }, {x});
  autograd::gradcheck([](const Tensor& a) { return mean(a * a, {0}, {.dtype = float64}); }, {x});
  autograd::gradcheck([](const Tensor& a) { return prod(a, 1, true, {.dtype = float64}); }, {x});
  autograd::gradcheck([](const Tensor& a) { return cumsum(a * a, 1, {.dtype = float64}); }, {x});
  autograd::gradgradcheck([](const Tensor& a) { return cumprod(a, 0, {.dtype = float64}); }, {x});
  const Tensor narrow = tensor({1.5, -2.0}).requires_grad_(true);  // the gradient comes back in the input's type
  const Tensor g = autograd::grad({prod(narrow, {.dtype = float64})}, {narrow})[0];
  check_values(g, {-2, 1.5}, float32);
}

BOOST_AUTO_TEST_CASE(dtype_errors) {
  const Tensor x = ones({2, 3});
  require_throws<IndexError>([&] { sum(x, {2}, {.dtype = float64}); }, "sum: ");
  require_throws<ShapeError>([&] { sum(x, {0, 0}, true, {.dtype = float64}); }, "sum: ");
  require_throws<DTypeError>([&] { mean(x, {.dtype = int64}); }, "mean: ");
  require_throws<IndexError>([&] { mean(x, {3}, {.dtype = float64}); }, "mean: ");
  require_throws<IndexError>([&] { prod(x, -3, {.dtype = float64}); }, "prod: ");
  require_throws<Error>([&] { prod(Tensor(), {.dtype = float64}); }, "prod: ");
  require_throws<IndexError>([&] { cumsum(x, 2, {.dtype = float64}); }, "cumsum: ");
  require_throws<Error>([&] { cumsum(Tensor(), 0, {.dtype = float64}); }, "cumsum: ");
  require_throws<IndexError>([&] { cumprod(x, 2, {.dtype = float64}); }, "cumprod: ");
  require_throws<Error>([&] { cumprod(Tensor(), 0, {.dtype = float64}); }, "cumprod: ");
}

// The calls without keywords, which must stay as they are: these lines compile only if none is ambiguous.
BOOST_AUTO_TEST_CASE(plain_calls_stay) {
  const Tensor x = ones({2, 3});
  const std::int64_t dim = 0;
  const Shape dims = {0};
  for (const Tensor& t : {sum(x, {0}), sum(x, 0), sum(x, dim), sum(x, {dim}), sum(x, dims), sum(x, {0}, false),
                          x.sum({0}), sum(x, {0}, {}), mean(x, {0}) * 2.0, mean(x, 0) * 2.0}) {
    BOOST_TEST(equal(t, full({3}, 2.0)));
  }
  for (const Tensor& t : {sum(x), sum(x, {}), sum(x, {0, 1}), mean(x, {}) * 6.0, prod(x) * 6.0}) {
    BOOST_TEST(t.item<float>() == 6);
  }
  BOOST_TEST((x.sum({0}, true).shape() == Shape{1, 3}));
  BOOST_TEST((prod(x, 0).shape() == Shape{3}));
  BOOST_TEST((prod(x, 0, true).shape() == Shape{1, 3}));
  for (const Tensor& t : {add(x, 1.0), add(1.0, x), add(x, x), sub(3, x), div(x, 0.5), div(2, x), div(add(x, x), x)}) {
    BOOST_TEST(equal(t, full({2, 3}, 2.0)));
  }
}

BOOST_AUTO_TEST_CASE(inner_products) {
  check_near(inner(matrix(), row()), {4.915, -3.48});
  check_near(inner(matrix(), matrix() * 2.0), {15.645, 3.78, 3.78, 21.400000000000002});
  const Tensor many = inner(arange(12).reshape({2, 2, 3}).to(float64), arange(6).reshape({2, 3}).to(float64));
  BOOST_TEST((many.shape() == Shape{2, 2, 2}));
  check_values(many.reshape({8}), {5, 14, 14, 50, 23, 86, 32, 122});
  check_values(inner(row(), full({}, 2, {.dtype = float64})), {0.6, -3.4, 5.8});
  check_near(inner(row(), row()).reshape({1}), {11.389999999999999});
  check_values(inner(ones({2, 0}), ones({3, 0})).reshape({6}), {0, 0, 0, 0, 0, 0}, float32);
  BOOST_TEST((inner(ones({0, 3}), ones({2, 3})).shape() == Shape{0, 2}));

  const auto f = [](const Tensor& x, const Tensor& y) { return inner(x, y); };
  const Tensor a = random_tensor({2, 3, 4}, 5, {.requires_grad = true}),
               b = random_tensor({2, 4}, 6, {.requires_grad = true});
  autograd::gradcheck(f, {a, b});
  autograd::gradgradcheck(f, {a, b});
  autograd::gradcheck(f, {b, random_tensor({}, 7, {.requires_grad = true})});

  require_throws<ShapeError>(
      [&] {
        inner(ones({2, 3}), ones({2}));
      },
      "inner: last sizes must match, got [2, 3] and [2]");
  require_throws<DTypeError>([&] { inner(ones({2}), ones({2}, {.dtype = float64})); },
                             "inner: takes floats of one type");
  require_throws<DTypeError>([&] { inner(integers({1}), integers({1})); }, "inner: takes floats of one type");
  require_throws<Error>([&] { inner(Tensor(), row()); }, "inner: ");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
