// Clipping gradients by norm and by value.
#include <cmath>
#include <limits>

#include "../fixture.h"
#include "cases.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Tensor with_gradient(const std::vector<double>& g, DType dtype = float64) {
  Tensor p = zeros({static_cast<std::int64_t>(g.size())}, {.dtype = dtype, .requires_grad = true});
  p.set_grad(from_vector(g).to(dtype));
  return p;
}

bool close(double a, double b) { return std::abs(a - b) <= 1e-14 * std::abs(b); }

}  // namespace

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(the_norm_is_over_all_gradients) {
  const Tensor a = with_gradient({3, 0}), b = with_gradient({0, -4}), none = leaf({1});
  const Tensor held = a.grad();
  BOOST_TEST(o::clip_grad_norm_({a, none, b}, 10) == 5);
  BOOST_TEST(max_relative_error(held, {3, 0}) == 0);  // short enough: not touched
  BOOST_TEST(o::clip_grad_norm_({a, none, b}, 1) == 5);
  BOOST_TEST(max_relative_error(held, {3 / (5 + 1e-6), 0}) < 1e-15);  // in place
  BOOST_TEST(max_relative_error(b.grad(), {0, -4 / (5 + 1e-6)}) < 1e-15);
  BOOST_TEST(!none.grad().defined());
  BOOST_TEST(o::clip_grad_norm_({none}, 1) == 0);
  BOOST_TEST(o::clip_grad_norm_({}, 1) == 0);
  BOOST_TEST(o::clip_grad_norm_({a, b}, 0) > 0);
  BOOST_TEST(o::grad_norm({a, b}) == 0);
}

BOOST_AUTO_TEST_CASE(norm_types) {
  const std::vector<Tensor> p = {with_gradient({1, -2}), with_gradient({3, 0})};
  const auto norm = [&](double type) { return o::grad_norm(p, {.norm_type = type}); };
  BOOST_TEST(norm(1) == 6);
  BOOST_TEST(close(norm(2), std::sqrt(14.0)));
  BOOST_TEST(close(norm(3), std::cbrt(36.0)));
  BOOST_TEST(close(norm(0.5), std::pow(1 + std::sqrt(2.0) + std::sqrt(3.0), 2)));
  BOOST_TEST(norm(kInf) == 3);
  BOOST_TEST(o::clip_grad_norm_(p, 0.5, {.norm_type = kInf}) == 3);
  BOOST_TEST(close(p[1].grad().to_vector<double>()[0], 3 * (0.5 / (3 + 1e-6))));
}

BOOST_AUTO_TEST_CASE(norms_that_would_overflow_or_vanish) {
  for (const double huge : {1e200, 1e-200, 1e-310}) {
    const Tensor p = with_gradient({3 * huge, -4 * huge});
    for (const double type : {1.0, 2.0, 3.0, kInf}) {
      const double unit = type == kInf ? 4 : std::pow(std::pow(3, type) + std::pow(4, type), 1 / type);
      // A denormal has few digits.
      BOOST_TEST(std::abs(o::grad_norm({p}, {.norm_type = type}) / huge - unit) < 1e-12);
    }
    if (huge < 1) continue;
    BOOST_TEST(close(o::clip_grad_norm_({p}, 1), 5e200));
    BOOST_TEST(max_relative_error(p.grad(), {0.6, -0.8}) < 1e-14);
  }
  const Tensor p = with_gradient({3e30, -4e30}, float32);
  BOOST_TEST(std::abs(o::clip_grad_norm_({p}, 1) / 5e30 - 1) < 1e-7);
  BOOST_TEST(max_relative_error(p.grad().to(float64), {0.6, -0.8}) < 1e-6);
}

BOOST_AUTO_TEST_CASE(a_non_finite_norm_is_an_error_and_leaves_gradients_alone) {
  for (const double bad : {kNaN, kInf, -kInf}) {
    for (const double type : {1.0, 2.0, 3.0, kInf}) {
      for (const DType dtype : {float32, float64}) {
        // The bad one is not the last: a later number must not hide it.
        std::vector<double> values(100, 2.0);
        values[5] = bad;
        const Tensor p = with_gradient(values, dtype), q = with_gradient({1, 2}, dtype);
        const std::string before = bytes_of(p.grad()), also = bytes_of(q.grad());
        require_throws<Error>([&] { o::clip_grad_norm_({p, q}, 1, {.norm_type = type}); }, "must be finite");
        BOOST_TEST(bytes_of(p.grad()) == before);
        BOOST_TEST(bytes_of(q.grad()) == also);
        const double norm = o::clip_grad_norm_({p, q}, 1, {.norm_type = type, .error_if_nonfinite = false});
        BOOST_TEST((std::isnan(bad) ? std::isnan(norm) : norm == kInf));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(wrong_clipping) {
  const Tensor p = with_gradient({1});
  const auto refuse = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  refuse([&] { o::clip_grad_norm_({p}, -1); }, "clip_grad_norm_: max_norm must be at least 0, got -1");
  refuse([&] { o::clip_grad_norm_({p}, kNaN); }, "max_norm");
  refuse([&] { o::clip_grad_norm_({p}, 1, {.norm_type = 0}); }, "clip_grad_norm_: norm_type must be above 0, got 0");
  refuse([&] { o::clip_grad_norm_({p}, 1, {.norm_type = kNaN}); }, "norm_type");
  refuse([&] { o::clip_grad_norm_({p, Tensor()}, 1); }, "parameter 1 must be defined");
  refuse([&] { o::clip_grad_value_({p}, -1); }, "clip_grad_value_: clip_value must be at least 0, got -1");
  refuse([&] { o::clip_grad_value_({p}, kNaN); }, "clip_value");
  o::SGD opt({p}, {});
  refuse([&] { opt.set_clip_norm(-1); }, "SGD: max_norm");
  BOOST_TEST(o::clip_grad_norm_({p}, kInf) == 1);  // only measures
  BOOST_TEST(p.grad().item<double>() == 1);
}

BOOST_AUTO_TEST_CASE(clipping_by_value) {
  const Tensor p = with_gradient({-5, -0.5, 0, 0.5, 5, kNaN, kInf}), none = leaf({1});
  o::clip_grad_value_({p, none}, 0.5);
  const auto g = p.grad().to_vector<double>();
  BOOST_TEST((g[0] == -0.5 && g[1] == -0.5 && g[2] == 0 && g[3] == 0.5 && g[4] == 0.5 && g[6] == 0.5));
  BOOST_TEST(std::isnan(g[5]));
}

BOOST_AUTO_TEST_CASE(gradients_that_share_or_repeat_memory) {
  Tensor a = leaf({0, 0}), b = leaf({0, 0}), c = leaf({0, 0});
  const Tensor shared = from_vector(std::vector<double>{2, 2});
  a.set_grad(shared);
  b.set_grad(shared);
  c.set_grad(from_vector(std::vector<double>{2}).expand({2}));
  const double factor = 1 / (std::sqrt(24.0) + 1e-6);
  BOOST_TEST(close(o::clip_grad_norm_({a, b, c}, 1), std::sqrt(24.0)));
  for (const Tensor& p : {a, b, c}) BOOST_TEST(max_relative_error(p.grad(), {2 * factor, 2 * factor}) < 1e-14);
}

BOOST_AUTO_TEST_CASE(the_norm_has_the_same_bits_for_any_number_of_threads) {
  for (const DType dtype : {float32, float64}) {
    Tensor p = zeros({200001}, {.dtype = dtype, .requires_grad = true});
    p.set_grad(some_gradient(p, 1));
    double exact = 0;
    for (const double x : p.grad().to_vector<double>()) exact += x * x;
    for (const double type : {1.0, 2.0, 3.0}) {
      const ThreadsGuard one(1);
      const double norm = o::grad_norm({p}, {.norm_type = type});
      if (type == 2) BOOST_TEST(std::abs(norm - std::sqrt(exact)) < 1e-10);
      for (const int n : {2, 3, 4}) {
        const ThreadsGuard threads(n);
        BOOST_TEST(o::grad_norm({p}, {.norm_type = type}) == norm);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
