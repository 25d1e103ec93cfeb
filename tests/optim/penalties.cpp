// Elastic net and group lasso, decay without biases, clipping per parameter and adaptive.
#include <cmath>
#include <limits>

#include "../table.h"
#include "problems.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

BOOST_AUTO_TEST_SUITE(optim)
BOOST_AUTO_TEST_SUITE(penalties)
namespace {

Tensor matrix(const std::vector<double>& values, const Shape& shape) {
  return from_vector(values, shape).requires_grad_();
}

BOOST_AUTO_TEST_CASE(values_and_gradients) {
  const Tensor w = matrix({3, -4, 0, 0}, {2, 2}), b = leaf({2, -1});
  const auto value = [](const Tensor& t) { return t.item<double>(); };
  BOOST_TEST(std::abs(value(o::elastic_net_penalty({w, b}, 0.1, {.l1_ratio = 0.25})) -
                      0.1 * (0.25 * 10 + 0.75 / 2 * 30)) < 1e-14);
  BOOST_TEST(std::abs(value(o::elastic_net_penalty({w, b}, 0.1, {.exclude_1d = true})) - 0.1 * (0.5 * 7 + 0.25 * 25)) <
             1e-14);
  BOOST_TEST(std::abs(value(o::group_lasso_penalty({w, b}, 0.1)) - 0.1 * (5 + 3)) < 1e-14);
  BOOST_TEST(value(o::l1_penalty({w, b}, 1, {.exclude_1d = true})) == 7);
  BOOST_TEST(value(o::l2_penalty({w, b}, 1, {.exclude_1d = true})) == 25);
  BOOST_TEST(value(o::group_lasso_penalty({b}, 1, {.exclude_1d = true})) == 0);
  BOOST_TEST(value(o::group_lasso_penalty({matrix({1, 2, 2, 4}, {1, 2, 2})}, 1)) == 5);
  BOOST_TEST(value(o::group_lasso_penalty({zeros({0, 3})}, 1)) == 0);

  o::group_lasso_penalty({w, b}, 0.1).backward();
  BOOST_TEST(max_relative_error(w.grad(), from_vector(std::vector<double>{0.06, -0.08, 0, 0}, {2, 2})) < 1e-15);
  BOOST_TEST(max_relative_error(b.grad(), {0.1, -0.1}) < 1e-15);
  Tensor(b).zero_grad();
  o::elastic_net_penalty({b}, 0.1, {.l1_ratio = 0.25}).backward();
  BOOST_TEST(max_relative_error(b.grad(), {0.1 * (0.25 + 1.5), -0.1 * (0.25 + 0.75)}) < 1e-15);

  const auto refuse = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  refuse([&] { o::group_lasso_penalty({w}, -1); }, "group_lasso_penalty: lambda must be");
  refuse([&] { o::group_lasso_penalty({Tensor()}, 1); }, "group_lasso_penalty: parameter 0 must be defined");
  refuse([&] { o::elastic_net_penalty({w}, 1, {.l1_ratio = 1.5}); },
         "elastic_net_penalty: l1_ratio must lie in [0, 1]");
  refuse([&] { o::SGD({w}, {.group_lasso = -1}); }, "SGD: group_lasso");
}

/// min ½‖x − target‖² + penalty by a proximal optimizer.
Tensor minimum(const Tensor& target, o::SGDOptions options) {
  const Tensor x = ones_like(target).requires_grad_();
  o::SGD sgd({x}, options);
  for (int t = 0; t < 400; ++t) {
    sgd.zero_grad();
    (0.5 * (x - target).square().sum()).backward();
    sgd.step();
  }
  return x.detach();
}

BOOST_AUTO_TEST_CASE(proximal_steps_find_the_minimum_with_exact_zeros) {
  const Tensor target = from_vector(std::vector<double>{3, 4, 0.3, -0.4, 1, 0}, {3, 2});
  for (const double momentum : {0.0, 0.8}) {
    // ‖target_r‖ = 5, 0.5, 1: rows keep the part 1 − λ/‖target_r‖.
    const Tensor x = minimum(target, {.lr = 0.1, .momentum = momentum, .group_lasso = 0.75});
    BOOST_TEST(max_relative_error(x, from_vector(std::vector<double>{2.55, 3.4, 0, 0, 0.25, 0}, {3, 2})) < 1e-12);
    BOOST_TEST(same_bits(x[1], zeros({2}, {.dtype = float64})));
    // Elastic net: soft(target, l1)/(1 + weight_decay).
    const Tensor y = minimum(target, {.lr = 0.1, .momentum = momentum, .weight_decay = 0.25, .l1 = 0.5});
    BOOST_TEST(max_relative_error(y, from_vector(std::vector<double>{2, 2.8, 0, 0, 0.4, 0}, {3, 2})) < 1e-12);
    // Sparse group lasso: the group's shrinkage after the elements'.
    const Tensor z = minimum(target, {.lr = 0.1, .momentum = momentum, .l1 = 0.2, .group_lasso = 0.3});
    const double n = std::hypot(2.8, 3.8), m = std::hypot(0.1, 0.2);
    const std::vector<double> expected = {2.8 * (1 - 0.3 / n), 3.8 * (1 - 0.3 / n), m < 0.3 ? 0.0 : 1.0, 0, 0.5, 0};
    BOOST_TEST(max_relative_error(z, from_vector(expected, {3, 2})) < 1e-12);
  }
  const Tensor tall = random_tensor({300, 200}, 1), wide = tall.transpose(0, 1);  // threaded; with gaps
  for (const Tensor& t : {tall, wide}) {
    Tensor p = t.detach().to(float32).requires_grad_(), q = t.detach().to(float32).contiguous().requires_grad_();
    Tensor(p).set_grad(zeros_like(p));
    Tensor(q).set_grad(zeros_like(q));
    o::SGD({p}, {.lr = 1, .group_lasso = 8.2}).step();
    const Tensor norms = q.detach().norm(2, {1}, true), expected = q.detach() * clamp_min(1.0 - 8.2 / norms, 0.0);
    BOOST_TEST(max_relative_error(p.detach(), expected) < 1e-6);
    const ThreadsGuard one(1);
    o::SGD({q}, {.lr = 1, .group_lasso = 8.2}).step();
    BOOST_TEST(same_bits(p.detach().contiguous(), q.detach()));
  }
}

BOOST_AUTO_TEST_CASE(biases_and_norms_can_be_left_out) {
  const auto walk = [](auto make) {
    const Tensor w = matrix({1, 2}, {1, 2}), b = leaf({1, 2}),
                 s = full(Shape(), 3, {.dtype = float64, .requires_grad = true});
    for (const Tensor& p : {w, b, s}) Tensor(p).set_grad(zeros_like(p));
    const auto opt = make(std::vector<Tensor>{w, b, s});
    opt->step();
    BOOST_TEST(max_relative_error(w.detach(), matrix({1, 2}, {1, 2}).detach()) > 1e-4);
    BOOST_TEST(max_relative_error(b.detach(), {1, 2}) == 0);
    BOOST_TEST(s.item<double>() == 3);
  };
  using Params = std::vector<Tensor>;
  walk([](const Params& p) {
    return std::make_unique<o::SGD>(p, o::SGDOptions{.lr = 0.1, .weight_decay = 0.1, .exclude_1d = true});
  });
  walk([](const Params& p) {
    return std::make_unique<o::SGD>(p, o::SGDOptions{.lr = 0.1, .l1 = 0.1, .group_lasso = 0.1, .exclude_1d = true});
  });
  walk([](const Params& p) {
    return std::make_unique<o::Adam>(p, o::AdamOptions{.weight_decay = 0.1, .exclude_1d = true});
  });
  walk([](const Params& p) {
    return std::make_unique<o::Adam>(
        p, o::AdamOptions{.lr = 0.1, .weight_decay = 0.1, .decoupled_weight_decay = true, .exclude_1d = true});
  });
  walk([](const Params& p) {
    return std::make_unique<o::AdamW>(p, o::AdamWOptions{.lr = 0.1, .weight_decay = 0.1, .exclude_1d = true});
  });
  walk([](const Params& p) {
    return std::make_unique<o::Lion>(o::decay_groups<o::LionOptions>(p),
                                     o::LionOptions{.lr = 0.1, .weight_decay = 0.1});
  });
  walk([](const Params& p) {
    return std::make_unique<o::SGD>(o::decay_groups<o::SGDOptions>(p), o::SGDOptions{.lr = 0.1, .l1 = 0.1});
  });
  BOOST_TEST(o::decay_groups<o::AdamWOptions>({leaf({1})}).size() == 1u);
}

// ---- clipping

Tensor with_gradient(const std::vector<double>& g, const Shape& shape) {
  const Tensor p = ones(shape, {.dtype = float64, .requires_grad = true});
  Tensor(p).set_grad(from_vector(g, shape));
  return p;
}

BOOST_AUTO_TEST_CASE(clipping_per_parameter) {
  const Tensor a = with_gradient({3, 4}, {2}), b = with_gradient({0.3, 0.4}, {2}), twin = leaf({1, 1});
  Tensor(twin).set_grad(a.grad());  // shares a's gradient
  const std::vector<Tensor> before = {a.grad().clone(), b.grad().clone()};
  o::SGD folded({a, b}, {.lr = 1});
  folded.set_clip_norm(1, {.per_parameter = true});
  folded.step();
  BOOST_TEST(std::abs(folded.grad_norm() - std::hypot(5, 0.5)) < 1e-14);
  BOOST_TEST(same_bits(a.grad(), before[0]));  // never written
  const Tensor moved_a = 1.0 - a.detach(), moved_b = 1.0 - b.detach();
  const double all = o::clip_grad_norm_({a, b, twin}, 1, {.per_parameter = true});
  BOOST_TEST(std::abs(all - std::sqrt(50.25)) < 1e-14);
  BOOST_TEST(max_relative_error(a.grad(), {3 / (5 + 1e-6), 4 / (5 + 1e-6)}) < 1e-15);
  BOOST_TEST(same_bits(b.grad(), before[1]));
  BOOST_TEST(max_relative_error(moved_a, a.grad()) < 1e-15);
  BOOST_TEST(max_relative_error(moved_b, b.grad()) < 1e-15);
}

BOOST_AUTO_TEST_CASE(adaptive_clipping) {
  const StateDict expected = read_table("optim/wrappers.txt");
  for (const bool folded : {true, false}) {
    Problem a = mlp();
    o::SGD sgd(a.params, {.lr = 0.1, .momentum = 0.9});
    if (folded) sgd.set_clip_agc(0.05);
    double worst = 0;
    for (std::int64_t t = 0; t < expected.at("agc").size(0); ++t) {
      sgd.zero_grad();
      a.loss().backward();
      const Tensor g = a.params[0].grad(), before = g.clone();
      if (!folded) o::clip_grad_agc_(a.params, 0.05);
      sgd.step();
      if (folded) BOOST_TEST(same_bits(a.params[0].grad(), before));
      std::vector<Tensor> parts;
      for (const Tensor& p : a.params) parts.push_back(p.detach().reshape({-1}));
      worst = std::max(worst, max_relative_error(cat(parts, 0), expected.at("agc")[t]));
    }
    BOOST_TEST(worst < 1e-13);
  }
  // Rows of ones have norm √2; filters are all dims but the first; a row of zeros counts as eps.
  const Tensor w = with_gradient({3, 4, 0.1, 0}, {2, 1, 2}),
               zero = zeros({1, 2}, {.dtype = float64, .requires_grad = true});
  Tensor(zero).set_grad(from_vector(std::vector<double>{0, 2}, {1, 2}));
  const Tensor bias = with_gradient({30, 40}, {2});
  o::clip_grad_agc_({w, zero, bias}, 0.1, {.eps = 0.5, .exclude_1d = true});
  const double limit = 0.1 * std::sqrt(2.0);
  BOOST_TEST(max_relative_error(w.grad().reshape({-1}), {0.6 * limit, 0.8 * limit, 0.1, 0}) < 1e-15);
  BOOST_TEST(max_relative_error(zero.grad().reshape({-1}), {0, 0.05}) < 1e-15);
  BOOST_TEST(max_relative_error(bias.grad(), {30, 40}) == 0);
  o::clip_grad_agc_({bias}, 0.1);
  BOOST_TEST(max_relative_error(bias.grad(), {0.6 * limit, 0.8 * limit}) < 1e-15);

  const Tensor huge = with_gradient({3e200, 4e200, 3e-200, 4e-200}, {2, 2});  // squares overflow, vanish
  o::clip_grad_agc_({huge}, 0.1);
  BOOST_TEST(max_relative_error(huge.grad().reshape({-1}), {0.6 * limit, 0.8 * limit, 3e-200, 4e-200}) < 1e-15);

  const Tensor bad = with_gradient({1, std::numeric_limits<double>::quiet_NaN()}, {2});
  const Tensor good = with_gradient({30, 40}, {2});
  require_throws<Error>([&] { o::clip_grad_agc_({good, bad}, 0.1); }, "clip_grad_agc_: the norms");
  BOOST_TEST(max_relative_error(good.grad(), {30, 40}) == 0);
  o::SGD sgd({good, bad});
  sgd.set_clip_agc(0.1);
  require_throws<Error>([&] { sgd.step(); }, "SGD: the norms of the gradients must be finite");
  BOOST_TEST(max_relative_error(good.detach(), {1, 1}) == 0);
  BOOST_TEST(max_relative_error(good.grad(), {30, 40}) == 0);
  sgd.set_clip_agc(std::numeric_limits<double>::infinity());
  sgd.step();
  require_throws<std::invalid_argument>([&] { o::clip_grad_agc_({good}, -1); }, "clip_grad_agc_: clipping");
  require_throws<std::invalid_argument>([&] { sgd.set_clip_agc(1, {.eps = -1}); }, "SGD: eps");
  require_throws<std::invalid_argument>([&] { o::clip_grad_agc_({Tensor()}); }, "parameter 0 must be defined");
  o::LBFGS lbfgs({good});
  lbfgs.set_clip_agc(0.1);
  require_throws<Error>([&] { lbfgs.step([&] { return good.sum(); }); }, "LBFGS: gradients cannot be clipped");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
