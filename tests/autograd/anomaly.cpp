// AnomalyGuard names the op, its input shapes and the lines; memory_report adds up.
#include "autograd/anomaly.h"

#include <sstream>

#include "../fixture.h"
#include "autograd/function.h"
#include "autograd/memory_report.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(anomaly)

namespace {

using namespace descent::testing;

[[gnu::noinline]] Tensor the_guilty_function(const Tensor& x) { return x.log(); }
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
