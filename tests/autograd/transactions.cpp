// Gradients of leaves are transactional; what backward hands out is nobody else's memory.
#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(transactions)

namespace {

using namespace descent::testing;

struct Failure : std::runtime_error {
  Failure() : std::runtime_error("on purpose") {}
};

/// A small network whose every intermediate result counts the backward pass and fails at the chosen one.
struct Network {
  Tensor w = random_tensor({3, 4}, 1).requires_grad_(), b = random_tensor({4}, 2).requires_grad_();
  Tensor x = random_tensor({5, 3}, 3);
  int visited = 0, fail_at = -1;

  Tensor watched(const Tensor& t) {
    t.register_hook([this](const Tensor&) {
      if (visited++ == fail_at) throw Failure();
    });
    return t;
  }
  Tensor loss() {
    visited = 0;
    const Tensor h = watched(watched(watched(x.matmul(w)) + b).tanh());
    const Tensor squared = watched(watched(h.square()) * watched(h.exp()));
    return watched(watched(squared.sum({1})).softmax(0).max());
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(an_exception_at_any_node_changes_nothing) {
  Network net;
  net.w.register_hook([](const Tensor& g) { return g; });
  net.w.set_grad(random_tensor({3, 4}, 9));  // something to lose
  const std::string old_w = bytes_of(net.w.grad());
  net.loss().backward();
  const int hooks = net.visited;
  BOOST_TEST_REQUIRE(hooks >= 8);
  const std::string right_w = bytes_of(net.w.grad()), right_b = bytes_of(net.b.grad());
  for (net.fail_at = 0; net.fail_at < hooks; ++net.fail_at) {
    BOOST_TEST_CONTEXT("failing at " << net.fail_at) {
      net.w.set_grad(random_tensor({3, 4}, 9));
      net.b.zero_grad();
      const Tensor loss = net.loss();
      const Snapshot before = take_snapshot();
      BOOST_CHECK_THROW(loss.backward(), Failure);
      BOOST_TEST(differences(before, take_snapshot()) == "");
      BOOST_TEST(bytes_of(net.w.grad()) == old_w);
      BOOST_TEST(!net.b.grad().defined());
      // The same graph again, this time undisturbed.
      const int keep = std::exchange(net.fail_at, -1);
      loss.backward();
      BOOST_TEST(bytes_of(net.w.grad()) == right_w);
      BOOST_TEST(bytes_of(net.b.grad()) == right_b);
      net.fail_at = keep;
    }
  }
}

BOOST_AUTO_TEST_CASE(an_exception_under_create_graph_restores_the_mode) {
  Network net;
  net.fail_at = 3;
  const Tensor loss = net.loss();
  NoGradGuard off;
  BOOST_CHECK_THROW(loss.backward({.create_graph = true}), Failure);
  BOOST_TEST(!grad_enabled());
  BOOST_TEST(!net.w.grad().defined());
}

// One gradient flows to two leaves: three memories.
BOOST_AUTO_TEST_CASE(two_leaves_and_the_callers_gradient) {
  Tensor a = ones({3}, {.requires_grad = true}), b = ones({3}, {.requires_grad = true}), g = full({3}, 2.0);
  (a + b).backward(g);
  Tensor ga = a.grad(), gb = b.grad();
  BOOST_TEST(std::as_const(ga).data<float>() != std::as_const(gb).data<float>());
  BOOST_TEST(std::as_const(ga).data<float>() != std::as_const(g).data<float>());
  BOOST_TEST(std::as_const(gb).data<float>() != std::as_const(g).data<float>());
  ga.fill_(7.0);
  BOOST_TEST(gb.to_vector<float>()[0] == 2);
  BOOST_TEST(g.to_vector<float>()[0] == 2);
  (a * 1.0 + b).backward(g);  // accumulates into ga, which is held here, without changing it
  BOOST_TEST(g.to_vector<float>()[0] == 2);
  BOOST_TEST(a.grad().to_vector<float>()[0] == 9);
  BOOST_TEST(b.grad().to_vector<float>()[0] == 4);
}

BOOST_AUTO_TEST_CASE(a_leaf_as_root_copies_the_gradient) {
  Tensor a = ones({3}, {.requires_grad = true}), g = full({3}, 2.0);
  a.backward(g);
  g.fill_(5.0);
  BOOST_TEST(a.grad().to_vector<float>()[0] == 2);
}

// A gradient that is a view of another, or broadcast, becomes memory of its own.
BOOST_AUTO_TEST_CASE(gradients_of_views) {
  Tensor a = ones({2, 3}, {.requires_grad = true}), b = ones({6}, {.requires_grad = true});
  const Tensor g = arange(6).to(float32);
  (a.t().reshape({6}) + b).backward(g);
  BOOST_TEST(a.grad().is_contiguous());
  Tensor(b.grad()).fill_(0.0);
  BOOST_TEST((a.grad().to_vector<float>() == std::vector<float>{0, 2, 4, 1, 3, 5}));
  Tensor c = ones({4}, {.requires_grad = true});
  c.sum().backward();
  BOOST_TEST(c.grad().is_contiguous());
  Tensor(c.grad()).add_(1.0);
  BOOST_TEST((c.grad().to_vector<float>() == std::vector<float>(4, 2)));
}

// What a hook keeps does not change afterwards, though the engine adds in place.
BOOST_AUTO_TEST_CASE(a_kept_gradient_stays) {
  Tensor x = ones({2}, {.requires_grad = true}), h = x * 3.0;
  Tensor kept;
  h.register_hook([&](const Tensor& g) { kept = g; });
  h.retain_grad();
  (h.sum() + (h * 2.0).sum()).backward();
  const std::string bits = bytes_of(kept);
  (x * 5.0).sum().backward();
  BOOST_TEST(bytes_of(kept) == bits);
  Tensor(h.grad()).fill_(0.0);
  BOOST_TEST(x.grad().to_vector<float>()[0] == 14);
}

BOOST_AUTO_TEST_CASE(set_and_zero) {
  Tensor x = ones({2}, {.requires_grad = true});
  require_throws<ShapeError>([&] { x.set_grad(ones({3})); }, "[3]");
  require_throws<DTypeError>([&] { x.set_grad(ones({2}, {.dtype = float64})); }, "float64");
  x.set_grad(ones({2}));
  BOOST_TEST(x.grad().defined());
  x.set_grad(Tensor());
  BOOST_TEST(!x.grad().defined());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
