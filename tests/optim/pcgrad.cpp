// Projected conflicting gradients.
#include <cmath>

#include "../fixture.h"
#include "cases.h"
#include "optim/pcgrad.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

BOOST_AUTO_TEST_SUITE(optim)
BOOST_AUTO_TEST_SUITE(pcgrad)
namespace {

/// A loss with this gradient.
Tensor linear_loss(const Tensor& p, const std::vector<double>& gradient) {
  return (p * from_vector(gradient).to(p.dtype())).sum();
}

BOOST_AUTO_TEST_CASE(conflicts_are_projected_out) {
  const Tensor p = leaf({1, 2});
  // g₁·g₂ = −1: g₁ ← (1, 0) + (−1, 1)/2, g₂ ← (−1, 1) + (1, 0)
  BOOST_TEST(o::pcgrad({linear_loss(p, {1, 0}), linear_loss(p, {-1, 1})}, {p}) == 2);
  BOOST_TEST(max_relative_error(p.grad(), {0.5, 1.5}) < 1e-15);
}

BOOST_AUTO_TEST_CASE(without_conflict_it_is_backward_of_the_sum) {
  const Tensor p = leaf({1, 2}), q = leaf({3}), frozen = from_vector(std::vector<double>{1}), unused = leaf({1});
  const auto run = [&] {
    const Tensor shared = (p * q).sum();  // one graph for both
    return o::pcgrad({shared, shared + q.sum()}, {p, q, p, frozen, unused}, {.shuffle = false});
  };
  BOOST_TEST(run() == 0);
  BOOST_TEST(max_relative_error(p.grad(), {6, 6}) < 1e-15);
  BOOST_TEST(max_relative_error(q.grad(), {7}) < 1e-15);
  BOOST_TEST(!frozen.grad().defined());
  BOOST_TEST(!unused.grad().defined());
  run();  // adds, as backward does
  BOOST_TEST(max_relative_error(q.grad(), {14}) < 1e-15);
}

BOOST_AUTO_TEST_CASE(parameters_count_together_and_the_original_is_projected_on) {
  const Tensor p = leaf({0}), q = leaf({0}), r = leaf({0});
  const auto loss = [&](double a, double b, double c) { return (p * a + q * b + r * c).sum(); };
  const std::vector<std::vector<double>> g = {{1, 2, 0}, {-3, 1, 1}, {0.5, -2, 0.25}};
  std::vector<double> expected(3, 0.0);
  int count = 0;
  const auto dot = [](const std::vector<double>& a, const std::vector<double>& b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  };
  for (int i = 0; i < 3; ++i) {
    std::vector<double> mine = g[static_cast<std::size_t>(i)];
    for (int j = 0; j < 3; ++j) {
      const std::vector<double>& other = g[static_cast<std::size_t>(j)];
      const double along = dot(mine, other);
      if (i == j || along >= 0) continue;
      ++count;
      for (std::size_t k = 0; k < 3; ++k) mine[k] -= along / dot(other, other) * other[k];
    }
    for (std::size_t k = 0; k < 3; ++k) expected[k] += mine[k];
  }
  const std::vector<Tensor> losses = {loss(1, 2, 0), loss(-3, 1, 1), loss(0.5, -2, 0.25)};
  BOOST_TEST(o::pcgrad(losses, {p, q, r}, {.shuffle = false, .retain_graph = true}) == count);
  BOOST_TEST(count > 2);
  BOOST_TEST(max_relative_error(cat({p.grad(), q.grad(), r.grad()}), expected) < 1e-15);
  const Tensor once = square(p).sum();
  o::pcgrad({once}, {p});
  require_throws<AutogradError>([&] { o::pcgrad({once}, {p}); }, "retain_graph");
}

BOOST_AUTO_TEST_CASE(the_order_follows_the_seed) {
  const auto run = [](std::uint64_t seed) {
    manual_seed(seed);
    const Tensor p = leaf({0, 0, 0});
    std::vector<Tensor> losses;
    for (std::uint64_t i = 0; i < 8; ++i) losses.push_back((p * random_tensor({3}, i)).sum());
    o::pcgrad(losses, {p});
    return p.grad();
  };
  const Tensor first = run(1);
  BOOST_TEST(same_bits(first, run(1)));
  BOOST_TEST(!same_bits(first, run(2)));
  manual_seed(0);
}

BOOST_AUTO_TEST_CASE(what_it_refuses) {
  const Tensor p = leaf({1, 2});
  require_throws<std::invalid_argument>([&] { o::pcgrad({}, {p}); }, "pcgrad: needs at least one loss");
  require_throws<std::invalid_argument>([&] { o::pcgrad({p.sum()}, {Tensor()}); }, "parameter 0 must be defined");
  require_throws<ShapeError>(
      [&] {
        o::pcgrad({p.sum(), p * 2.0}, {p});
      },
      "loss 1 must have one element, got shape [2]");
  require_throws<Error>([&] { o::pcgrad({Tensor()}, {p}); }, "loss 0 is undefined");
  BOOST_TEST(!p.grad().defined());
  BOOST_TEST(o::pcgrad({p.sum()}, {p.detach()}) == 0);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
