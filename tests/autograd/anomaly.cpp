// AnomalyGuard names the op, its input shapes and the lines; memory_report adds up.
#include "autograd/anomaly.h"

#include <cmath>
#include <sstream>
#include <thread>

#include "../fixture.h"
#include "autograd/function.h"
#include "autograd/memory_report.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(anomaly)

namespace {

using namespace descent::testing;

[[gnu::noinline]] Tensor the_guilty_function(const Tensor& x) { return x.log(); }
[[gnu::noinline]] Tensor guilty_power(const Tensor& x) { return (x - 0.25).pow(1.5); }
[[gnu::noinline]] Tensor innocent_forward(const Tensor& x) { return x.sqrt(); }

struct Exploding : autograd::Function<Exploding> {
  static Tensor forward(autograd::Context&, const Tensor& x) { return x * 1.0; }
  static Tensor backward(autograd::Context&, const Tensor& g) { return g / 0.0; }
};

}  // namespace

BOOST_AUTO_TEST_CASE(forward_names_op_shapes_and_lines) {
  const Tensor x = tensor({1.0, 0.0, 2.0}).requires_grad_();
  const autograd::AnomalyGuard guard;
  const Tensor fine = x * 2.0;
  require_throws<AutogradError>([&] { the_guilty_function(fine); }, "log: inf in its result, of inputs float32 [3]");
  require_throws<AutogradError>([&] { the_guilty_function(fine); }, "the_guilty_function");
  require_throws<AutogradError>([&] { the_guilty_function(fine - 2.0); }, "log: nan in its result");
  NoGradGuard no_grad;  // what is not recorded is looked at too
  require_throws<AutogradError>([&] { x / x; }, "div: nan in its result, of inputs float32 [3], float32 [3]");
}

BOOST_AUTO_TEST_CASE(a_value_that_was_bad_before_is_said_so) {
  const Tensor bad = tensor({1.0, std::numeric_limits<double>::infinity()});
  const autograd::AnomalyGuard guard;
  require_throws<AutogradError>([&] { bad * 2.0; }, "input 0 held inf already");
}

BOOST_AUTO_TEST_CASE(backward_names_the_lines_of_forward) {
  const Tensor x = tensor({0.0, 1.0}).requires_grad_();
  const autograd::AnomalyGuard guard;
  const Tensor loss = innocent_forward(x).sum();
  require_throws<AutogradError>([&] { loss.backward(); }, "sqrt: inf in the gradient of input 0, of inputs [2]");
  require_throws<AutogradError>([&] { loss.backward(); }, "innocent_forward");
  BOOST_TEST(!x.grad().defined());
  require_throws<AutogradError>([&] { Exploding::apply(x + 1.0).sum().backward(); }, "Exploding: inf in the gradient");
}

BOOST_AUTO_TEST_CASE(without_a_guard_in_forward_it_says_so) {
  const Tensor x = tensor({0.0, 1.0}).requires_grad_();
  const Tensor loss = innocent_forward(x).sum();
  const autograd::AnomalyGuard guard;
  require_throws<AutogradError>([&] { loss.backward(); }, "the guard was not active in forward");
}

// The lines lie with the graph: another thread knows them too, and they go with it.
BOOST_AUTO_TEST_CASE(on_another_thread) {
  const Tensor x = tensor({0.0, 1.0}).requires_grad_();
  Tensor loss;
  {
    const autograd::AnomalyGuard guard;
    loss = innocent_forward(x).sum();
  }
  std::string found;
  std::thread([&] {
    const autograd::AnomalyGuard guard;
    try {
      loss.backward();
    } catch (const AutogradError& e) {
      found = e.what();
    }
  }).join();
  BOOST_TEST(found.find("innocent_forward") != std::string::npos, found);
}

BOOST_AUTO_TEST_CASE(the_gradient_of_a_gradient) {
  const Tensor x = full({2}, 0.25, {.requires_grad = true});
  const auto gradient = [&] {
    return autograd::grad({innocent_forward((x - 0.25).pow(3.0))}, {x},
                          {.grad_outputs = {ones({2})}, .create_graph = true});
  };
  const autograd::AnomalyGuard guard;
  require_throws<AutogradError>(gradient, "sqrt: inf in the gradient of input 0, of inputs [2]; called in forward by");
  const Tensor g = autograd::grad({guilty_power(x)}, {x}, {.grad_outputs = {ones({2})}, .create_graph = true})[0];
  const auto second = [&] { autograd::grad({g.sum()}, {x}, {.retain_graph = true}); };
  require_throws<AutogradError>(second, "called in the gradient of pow.scalar, in forward by");
  require_throws<AutogradError>(second, "guilty_power");
}

BOOST_AUTO_TEST_CASE(a_gradient_that_was_bad_before_is_said_so) {
  const Tensor x = ones({2}, {.requires_grad = true}), h = x * 2.0;
  h.register_hook([](const Tensor& g) { return full(g.shape(), std::numeric_limits<double>::infinity()); });
  const autograd::AnomalyGuard guard;
  require_throws<AutogradError>([&] { h.sum().backward(); }, "(the gradient of output 0 held inf already)");
}

BOOST_AUTO_TEST_CASE(sparse_gradients_are_looked_at) {
  const Tensor w = ones({4, 2}, {.requires_grad = true});
  const autograd::AnomalyGuard guard;
  const Tensor rows = embedding(tensor({1, 2, 1}), w, {.sparse = true});
  rows.register_hook([](const Tensor& g) { return full(g.shape(), 3e38); });  // twice that is too much
  require_throws<AutogradError>([&] { rows.sum().backward(); }, "embedding: inf in the gradient");
}

BOOST_AUTO_TEST_CASE(writes_in_place_are_looked_at) {
  const autograd::AnomalyGuard guard;
  Tensor zero = zeros({2}), big = full({2}, 3e38);
  require_throws<AutogradError>([&] { zero.log_(); }, "log: inf in its result");
  require_throws<AutogradError>([&] { zero.reciprocal_(); }, "reciprocal: inf in its result");
  require_throws<AutogradError>([&] { zero.div_(0.0); }, "div.scalar: nan in its result");
  require_throws<AutogradError>([&] { big.add_(big); }, "add: inf in its result");
  BOOST_TEST((zero.to_vector<float>() == std::vector<float>{0, 0}));
  BOOST_TEST(big.to_vector<float>()[0] < std::numeric_limits<float>::infinity());
  big.mul_(0.5).sub_(big).exp_();
  BOOST_TEST((big.to_vector<float>() == std::vector<float>{1, 1}));
}

// What leaves collect is added up after all checks, and cannot throw half way.
BOOST_AUTO_TEST_CASE(collecting_gradients_throws_nothing) {
  Tensor a = ones({2}, {.requires_grad = true}), b = ones({2}, {.requires_grad = true});
  const autograd::AnomalyGuard guard;
  for (int i = 0; i < 2; ++i) (a * 3e38).backward(ones({2}));
  BOOST_TEST(std::isinf(a.grad().to_vector<float>()[0]));
  (a + b).sum().backward();
  BOOST_TEST(b.grad().to_vector<float>()[0] == 1);
}

BOOST_AUTO_TEST_CASE(it_ends_with_its_scope_and_nests) {
  const Tensor x = tensor({0.0}).requires_grad_();
  {
    const autograd::AnomalyGuard outer;
    { const autograd::AnomalyGuard inner; }
    require_throws<AutogradError>([&] { x.log(); }, "log");
  }
  BOOST_TEST(x.log().requires_grad());
  BOOST_TEST((1.0 / x).requires_grad());
}

BOOST_AUTO_TEST_CASE(what_is_finite_passes_with_the_same_bits) {
  const Tensor x = random_tensor({4, 3}, 1).requires_grad_(), w = random_tensor({3, 5}, 2).requires_grad_();
  const auto loss = [&] { return x.matmul(w).tanh().softmax(1).square().mean(); };
  const auto expected = autograd::grad({loss()}, {x, w});
  const autograd::AnomalyGuard guard;
  const auto gradients = autograd::grad({loss()}, {x, w}, {.create_graph = true});
  BOOST_TEST(same_bits(gradients[0].detach(), expected[0]));
  BOOST_TEST(same_bits(gradients[1].detach(), expected[1]));
  BOOST_TEST(gradients[0].requires_grad());
}

BOOST_AUTO_TEST_CASE(memory_report_adds_up) {
  const auto before = autograd::memory_report();
  {
    const Tensor x = random_tensor({10, 10}, 1).requires_grad_();
    const Tensor y = x.exp();
    const Tensor z = y.sin();
    const auto now = autograd::memory_report();
    BOOST_TEST(now.bytes - before.bytes == 3 * 800);
    BOOST_TEST(now.storages - before.storages == 3);
    BOOST_TEST(now.nodes - before.nodes == 3);
    const auto saved = [&](const char* op) {
      for (const auto& entry : now.saved) {
        if (entry.op == op) return entry.bytes;
      }
      return int64_t{0};
    };
    BOOST_TEST(saved("exp") == 800);
    BOOST_TEST(saved("sin") == 800);
    const Tensor row = random_tensor({10}, 2).requires_grad_();
    const Tensor product = row.expand({1000000, 10}) * 2.0;  // nothing to keep for a number
    std::ostringstream out;
    out << autograd::memory_report();
    BOOST_TEST(out.str().find("saved for backward: 1.6 KiB") != std::string::npos, out.str());
    BOOST_TEST(out.str().find("exp") != std::string::npos);
    z.sum().backward();
    BOOST_TEST(autograd::memory_report().saved.empty());
  }
  BOOST_TEST(autograd::memory_report().bytes == before.bytes);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
