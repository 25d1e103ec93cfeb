// Chains of very many ops: forward, backward and being freed take no stack. Every case runs on a thread with a stack of
// 256 KiB. DESCENT_CHAIN_OPS in the environment sets how many ops a chain has.
#include <pthread.h>

#include <cstdlib>
#include <exception>

#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(long_chains)

namespace {

using namespace descent::testing;

/// 1,000,000 unless DESCENT_CHAIN_OPS says otherwise; a tenth of it where every access is watched.
std::int64_t chain_ops() {
  if (const char* text = std::getenv("DESCENT_CHAIN_OPS")) {
    const long long ops = std::strtoll(text, nullptr, 10);
    BOOST_TEST_REQUIRE(ops >= 100, "DESCENT_CHAIN_OPS must be a number from 100 on, got " << text);
    return ops;
  }
#ifdef DESCENT_SANITIZE
  return 100'000;
#else
  return 1'000'000;
#endif
}

/// Runs f on a thread with a stack of 256 KiB; what it throws comes out here. f makes no Boost.Test checks.
void on_small_stack(std::function<void()> f) {
  struct Call {
    std::function<void()> f;
    std::exception_ptr error;
  } call{std::move(f), nullptr};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  BOOST_TEST_REQUIRE(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
  pthread_t thread;
  const auto run = [](void* p) -> void* {
    auto& c = *static_cast<Call*>(p);
    try {
      c.f();
    } catch (...) {
      c.error = std::current_exception();
    }
    return nullptr;
  };
  const int started = pthread_create(&thread, &attributes, run, &call);
  pthread_attr_destroy(&attributes);
  BOOST_TEST_REQUIRE(started == 0);
  pthread_join(thread, nullptr);
  if (call.error) std::rethrow_exception(call.error);
}

Tensor scalar(double value) { return full({}, value, {.dtype = float64, .requires_grad = true}); }

struct Failure : std::runtime_error {
  Failure() : std::runtime_error("on purpose") {}
};

}  // namespace

BOOST_AUTO_TEST_CASE(cheap_ops_on_a_number) {
  const std::int64_t n = chain_ops() / 4;
  double gradient = 0, value = 0;
  LiveCounts peak;
  on_small_stack([&] {
    Tensor x = scalar(1.5);
    {
      Tensor y = x;
      for (std::int64_t i = 0; i < n; ++i) y = -((y * 2.0 + 1.0) * 0.5);  // y ↦ −y − ½
      peak = live_counts();
      value = y.item<double>();
      y.backward();
    }
    gradient = x.grad().item<double>();
  });
  BOOST_TEST(gradient == (n % 2 == 0 ? 1 : -1));
  BOOST_TEST(value == (n % 2 == 0 ? 1.5 : -2.0));
  BOOST_TEST(peak.nodes >= 4 * n);
}

BOOST_AUTO_TEST_CASE(views) {
  const std::int64_t n = chain_ops() / 5;
  Tensor x = random_tensor({2, 3}, 1, {.requires_grad = true}), w = random_tensor({2, 3}, 2);
  on_small_stack([&] {
    Tensor y = x;
    for (std::int64_t i = 0; i < n; ++i) {
      y = y.transpose(0, 1).unsqueeze(1).permute({2, 1, 0}).squeeze(1).reshape({2, 3});
    }
    (y * w).sum().backward();
  });
  BOOST_TEST(same_bits(x.grad(), w));
}

// 2ⁿ paths, n/3 places where they part and meet.
BOOST_AUTO_TEST_CASE(two_branches_each_step) {
  const std::int64_t n = chain_ops() / 3;
  double gradient = 0;
  on_small_stack([&] {
    Tensor x = scalar(1.25), y = x;
    for (std::int64_t i = 0; i < n; ++i) {
      const Tensor half = y * 0.25;
      y = half + y * 0.75;
    }
    y.backward();
    gradient = x.grad().item<double>();
  });
  BOOST_TEST(gradient == 1);
}

BOOST_AUTO_TEST_CASE(changed_in_place) {
  const std::int64_t n = chain_ops() / 2;
  double gradient = 0;
  on_small_stack([&] {
    Tensor x = scalar(1.5), y = x * 1.0;
    for (std::int64_t i = 0; i < n; ++i) y.mul_(-1.0).add_(x);  // y ↦ x − y
    y.backward();
    gradient = x.grad().item<double>();
  });
  BOOST_TEST(gradient == (n % 2 == 0 ? 1 : 0));
}

BOOST_AUTO_TEST_CASE(dropped_without_backward) {
  on_small_stack([n = chain_ops()] {
    Tensor x = scalar(1.5), y = x;
    for (std::int64_t i = 0; i < n; ++i) y = y * 1.0000001;
  });
}

// Every tensor of a chain is held. Let go from the first to the last nothing cascades; from the last to the first, or
// in no order, parts of it do.
BOOST_AUTO_TEST_CASE(held_and_dropped_in_any_order) {
  on_small_stack([n = static_cast<std::size_t>(chain_ops() / 10)] {
    for (int order = 0; order < 3; ++order) {
      std::vector<Tensor> all = {scalar(1.5)};
      for (std::size_t i = 0; i < n; ++i) all.push_back(all.back().tanh());
      if (order != 1) all.back().backward();
      for (std::size_t i = 0; i <= n; ++i) {
        // In strides of a prime; a position that it does not meet goes with the list.
        const std::size_t at = order == 0 ? i : order == 1 ? n - i : i * 7919 % (n + 1);
        all[at] = Tensor();
      }
    }
  });
}

// The gradient of a long chain is a longer one, and has a gradient itself: y = x^(n + 1) at 1.
BOOST_AUTO_TEST_CASE(gradients_of_gradients) {
  const std::int64_t n = chain_ops() / 50;
  double first = 0, second = 0;
  on_small_stack([&] {
    const Tensor x = scalar(1.0);
    Tensor y = x;
    for (std::int64_t i = 0; i < n; ++i) y = y * x;
    const Tensor d = grad({y}, {x}, {.create_graph = true})[0];
    y = Tensor();
    first = d.item<double>();
    second = grad({d}, {x})[0].item<double>();
  });
  const double k = static_cast<double>(n + 1);
  BOOST_TEST(first == k);
  BOOST_TEST(second == k * (k - 1));
}

// .grad holds a graph of its own as long as the chain, and is dropped with it.
BOOST_AUTO_TEST_CASE(create_graph_dropped_with_the_gradient) {
  on_small_stack([n = chain_ops() / 20] {
    Tensor x = scalar(0.5), y = x;
    for (std::int64_t i = 0; i < n; ++i) y = y.sin();
    y.backward({.create_graph = true});
    y = Tensor();
    x.zero_grad();
  });
}

// autograd::grad finds what leads to its inputs without recursion as well.
BOOST_AUTO_TEST_CASE(inner_nodes_of_a_chain) {
  const std::int64_t n = chain_ops() / 10;
  std::vector<double> gradients;
  on_small_stack([&] {
    const Tensor x = scalar(1.5), unused = scalar(2);
    Tensor y = x, middle;
    for (std::int64_t i = 0; i < n; ++i) {
      y = -y;
      if (i == n / 2) middle = y;
    }
    for (const Tensor& g : grad({y}, {x, middle, unused}, {.allow_unused = true}))
      gradients.push_back(g.defined() ? g.item<double>() : 7);
  });
  const std::vector<double> expected = {n % 2 == 0 ? 1. : -1., (n - n / 2 - 1) % 2 == 0 ? 1. : -1., 7.};
  BOOST_TEST((gradients == expected));
}

// The last node of a long walk fails: nothing has changed, and the whole walk can be done again.
BOOST_AUTO_TEST_CASE(failure_at_the_far_end) {
  const std::int64_t n = chain_ops() / 10;
  bool threw = false, untouched = false;
  double gradient = 0;
  on_small_stack([&] {
    Tensor x = scalar(1.5), other = scalar(1);
    bool fail = true;
    x.register_hook([&](const Tensor&) {
      if (fail) throw Failure();
    });
    Tensor y = x;
    for (std::int64_t i = 0; i < n; ++i) y = y.tanh() + other;
    const LiveCounts before = live_counts();
    try {
      y.backward();
    } catch (const Failure&) {
      threw = true;
    }
    untouched = !x.grad().defined() && !other.grad().defined() && before == live_counts();
    fail = false;
    y.backward();
    gradient = other.grad().item<double>();
  });
  BOOST_TEST(threw);
  BOOST_TEST(untouched);
  BOOST_TEST(gradient > 1);
}

// A node that many others feed: the frontier is as wide as the graph.
BOOST_AUTO_TEST_CASE(as_wide_as_long) {
  const std::int64_t n = chain_ops() / 10;
  double gradient = 0;
  on_small_stack([&] {
    Tensor x = scalar(2), total = scalar(0);
    std::vector<Tensor> terms;
    for (std::int64_t i = 0; i < n; ++i) terms.push_back(x * 3.0);
    for (const Tensor& term : terms) total = total + term;
    terms.clear();
    total.backward();
    gradient = x.grad().item<double>();
  });
  BOOST_TEST(gradient == 3.0 * static_cast<double>(n));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
