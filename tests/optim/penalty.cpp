// L1 and L2 terms of a loss.
#include <limits>

#include "../fixture.h"
#include "cases.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(penalties_have_values_and_gradients) {
  const Tensor a = leaf({1, -2}), b = leaf({0.5});
  const Tensor l1 = o::l1_penalty({a, b}, 0.1), l2 = o::l2_penalty({a, b}, 0.1);
  BOOST_TEST(std::abs(l1.item<double>() - 0.35) < 1e-15);
  BOOST_TEST(std::abs(l2.item<double>() - 0.525) < 1e-15);
  BOOST_TEST(l1.dim() == 0);
  l1.backward();
  BOOST_TEST(max_relative_error(a.grad(), {0.1, -0.1}) < 1e-15);
  BOOST_TEST(max_relative_error(b.grad(), {0.1}) < 1e-15);
  Tensor x = a;
  x.zero_grad();
  l2.backward();
  BOOST_TEST(max_relative_error(a.grad(), {0.2, -0.4}) < 1e-15);
}

BOOST_AUTO_TEST_CASE(penalty_equals_weight_decay) {
  // weight_decay λ is the gradient of λ/2·Σθ².
  const Tensor a = leaf({1, -2}), b = leaf({1, -2});
  o::SGD with_term({a}, {.lr = 0.1}), with_decay({b}, {.lr = 0.1, .weight_decay = 0.3});
  for (int t = 0; t < 10; ++t) {
    with_term.zero_grad();
    with_decay.zero_grad();
    ((a - 3.0).square().sum() + o::l2_penalty({a}, 0.15)).backward();
    (b - 3.0).square().sum().backward();
    with_term.step();
    with_decay.step();
  }
  BOOST_TEST(max_relative_error(a.detach(), b.detach()) < 1e-14);
}

BOOST_AUTO_TEST_CASE(penalty_edge_cases) {
  BOOST_TEST(o::l1_penalty({}, 1).item<double>() == 0);
  BOOST_TEST(o::l2_penalty({leaf({1})}, 0).item<double>() == 0);
  const auto refuse = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  refuse([] { o::l1_penalty({leaf({1})}, -1); }, "l1_penalty: lambda must be finite and at least 0, got -1");
  refuse([] { o::l2_penalty({leaf({1})}, std::numeric_limits<double>::infinity()); }, "l2_penalty: lambda");
  refuse([] { o::l2_penalty({leaf({1}), Tensor()}, 1); }, "l2_penalty: parameter 1 must be defined");
}

BOOST_AUTO_TEST_SUITE_END()
