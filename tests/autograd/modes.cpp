// NoGradGuard, detach, requires_grad; several threads.
#include <cmath>
#include <thread>

#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(modes)

namespace {

using namespace descent::testing;

Tensor leaf(double value = 2) { return full({3}, value, {.requires_grad = true}); }

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_is_recorded_under_a_guard) {
  const Tensor x = leaf();
  const std::int64_t nodes = live_counts().nodes;
  {
    NoGradGuard no_grad;
    const Tensor y = x.exp() * x;
    BOOST_TEST(!y.requires_grad());
    BOOST_TEST(y.is_leaf());
    BOOST_TEST(live_counts().nodes == nodes);
    {
      GradModeGuard on(true);
      BOOST_TEST((x * 2.0).requires_grad());
      NoGradGuard off_again;
      BOOST_TEST(!(x * 2.0).requires_grad());
    }
    BOOST_TEST(!grad_enabled());
  }
  BOOST_TEST(grad_enabled());
}

BOOST_AUTO_TEST_CASE(an_exception_restores_the_mode) {
  try {
    NoGradGuard no_grad;
    ones({2}) + ones({3});
  } catch (const ShapeError&) {
    BOOST_TEST(grad_enabled());
  }
  // Random nesting, left by an exception at every depth.
  for (int depth = 1; depth <= 6; ++depth) {
    std::function<void(int)> nest = [&](int left) {
      if (left == 0) throw std::runtime_error("deep");
      if (left % 2) {
        NoGradGuard guard;
        nest(left - 1);
      } else {
        GradModeGuard guard(left % 4 == 0);
        nest(left - 1);
      }
    };
    BOOST_CHECK_THROW(nest(depth), std::runtime_error);
    BOOST_TEST(grad_enabled());
  }
}

BOOST_AUTO_TEST_CASE(the_mode_belongs_to_a_thread) {
  NoGradGuard no_grad;
  bool there = false;
  std::thread([&] {
    there = grad_enabled();
    set_grad_enabled(false);
  }).join();
  BOOST_TEST(there);
  bool next = false;
  std::thread([&] { next = grad_enabled(); }).join();
  BOOST_TEST(next);
}

BOOST_AUTO_TEST_CASE(requires_grad_and_detach) {
  Tensor x = leaf(), y = x * 2.0;
  BOOST_TEST(x.is_leaf());
  BOOST_TEST(!y.is_leaf());
  BOOST_TEST(y.requires_grad());
  const Tensor d = y.detach();
  BOOST_TEST(!d.requires_grad());
  BOOST_TEST(d.data<float>() == std::as_const(y).data<float>());
  BOOST_TEST(!(d * 2.0).requires_grad());
  require_throws<AutogradError>([&] { y.requires_grad_(false); }, "leaf");
  Tensor integers = ones({2}, {.dtype = int64});
  BOOST_CHECK_THROW(integers.requires_grad_(), Error);
  BOOST_TEST(!integers.requires_grad());
  integers.requires_grad_(false);
  Tensor frozen = leaf();
  frozen.requires_grad_(false);
  BOOST_TEST(!(frozen * 2.0).requires_grad());
  frozen.requires_grad_(true);
  (frozen * 2.0).sum().backward();
  BOOST_TEST(frozen.grad().to_vector<float>()[0] == 2);
}

// A leaf that was switched off after the graph was built receives nothing, as in PyTorch.
BOOST_AUTO_TEST_CASE(a_leaf_switched_off_later) {
  Tensor x = leaf(3), w = leaf(2);
  const Tensor y = (x * w).sum();
  x.requires_grad_(false);
  y.backward({.retain_graph = true});
  BOOST_TEST(!x.grad().defined());
  BOOST_TEST(w.grad().to_vector<float>()[0] == 3);
  x.requires_grad_();
  y.backward();
  BOOST_TEST(x.grad().to_vector<float>()[0] == 2);
}

BOOST_AUTO_TEST_CASE(mixed_inputs) {
  Tensor w = leaf(3);
  const Tensor x = full({3}, 5.0);
  (w * x).sum().backward();
  BOOST_TEST(w.grad().to_vector<float>()[0] == 5);
  BOOST_TEST(!x.grad().defined());
}

// A shared read-only weight, one graph and one set of leaves a thread.
BOOST_AUTO_TEST_CASE(threads_with_graphs_of_their_own) {
  const Tensor shared = random_tensor({8, 8}, 5).requires_grad_();
  const auto train = [&](std::uint64_t seed) {
    Tensor mine = random_tensor({8, 8}, seed).requires_grad_();
    for (int step = 0; step < 50; ++step) {
      mine.zero_grad();
      const Tensor loss = mine.matmul(shared).tanh().square().mean();
      const Tensor g = grad({loss}, {mine, shared})[0];
      NoGradGuard no_grad;
      mine -= g * 0.1;
    }
    return bytes_of(mine);
  };
  std::vector<std::string> alone, together(4);
  for (std::uint64_t i = 0; i < 4; ++i) alone.push_back(train(i + 10));
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t i = 0; i < 4; ++i) threads.emplace_back([&, i] { together[i] = train(i + 10); });
  }
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(alone[i] == together[i]);
}

// One half of the graph is built by another thread; the tape's order survives.
BOOST_AUTO_TEST_CASE(a_graph_built_on_two_threads) {
  Tensor x = full({}, 0.5, {.dtype = float64, .requires_grad = true});
  Tensor half = x.exp();
  std::thread([&] { half = (half * half).sin(); }).join();
  (half * x).backward();
  const double e = std::exp(1.0);  // e^(2x) at 0.5
  BOOST_TEST(max_relative_error(x.grad(), {std::sin(e) + 0.5 * std::cos(e) * 2 * e}) < 1e-14);
}

BOOST_AUTO_TEST_CASE(backward_on_another_thread) {
  Tensor x = leaf();
  Tensor y = (x * x).sum();
  std::thread([&] { std::exchange(y, Tensor()).backward(); }).join();
  BOOST_TEST(x.grad().to_vector<float>()[0] == 4);
}

// The bits of a network's gradients do not depend on the number of threads.
BOOST_AUTO_TEST_CASE(number_of_threads) {
  const Tensor x = random_tensor({200, 300}, 1, {.dtype = float32});
  Tensor w1 = random_tensor({300, 500}, 2, {.low = -0.1, .high = 0.1, .dtype = float32, .requires_grad = true});
  Tensor w2 = random_tensor({10, 500}, 3, {.low = -0.1, .high = 0.1, .dtype = float32, .requires_grad = true});
  Tensor b2 = zeros({10}, {.requires_grad = true});
  const Tensor target = random_tensor({200}, 4, {.low = 0, .high = 10, .dtype = int64});
  std::vector<std::string> digests;
  for (const int threads : {1, 2, 3, 4, 7}) {
    ThreadsGuard guard(threads);
    manual_seed(1);
    const Tensor h = dropout(relu(x.matmul(w1)), 0.2);
    const Tensor loss = cross_entropy_rows(linear(h, w2, b2), target).mean();
    const std::vector<Tensor> g = grad({loss}, {w1, w2, b2});
    digests.push_back(bytes_of(loss) + bytes_of(g[0]) + bytes_of(g[1]) + bytes_of(g[2]));
  }
  for (const std::string& digest : digests) BOOST_TEST((digest == digests[0]));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
