// Checkpointed functions: the same gradients to the bit, with less kept.
#include <thread>

#include "../fixture.h"
#include "autograd/checkpoint.h"
#include "autograd/gradcheck.h"
#include "autograd/memory_report.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(checkpoints)

namespace {

using namespace descent::testing;

int64_t saved_bytes() {
  int64_t sum = 0;
  for (const auto& entry : autograd::memory_report().saved) sum += entry.bytes;
  return sum;
}

struct Block {
  Tensor w = random_tensor({4, 4}, 1).requires_grad_();
  int calls = 0;
  Tensor operator()(const Tensor& x) {
    ++calls;
    return dropout((x.matmul(w)).tanh().exp().sin(), 0.5);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_same_bits_as_without) {
  const Tensor x = random_tensor({3, 4}, 2).requires_grad_();
  Block block;
  manual_seed(5);
  const Tensor plain = (block(x) * x).sum() + block(x).sum();
  const Tensor after = rand({2});
  const auto expected = autograd::grad({plain}, {x, block.w});

  manual_seed(5);
  block.calls = 0;
  const auto f = [&block](const Tensor& a) { return block(a); };
  const Tensor loss = (autograd::checkpoint(f, {x}) * x).sum() + autograd::checkpoint(f, {x}).sum();
  BOOST_TEST(same_bits(loss, plain));
  BOOST_TEST(block.calls == 2);
  const auto gradients = autograd::grad({loss}, {x, block.w});
  BOOST_TEST(block.calls == 4);
  BOOST_TEST(same_bits(rand({2}), after));  // the stream goes on where forward left it
  BOOST_TEST(max_relative_error(gradients[0], expected[0]) < 1e-15);
  BOOST_TEST(max_relative_error(gradients[1], expected[1]) < 1e-15);
}

BOOST_AUTO_TEST_CASE(parameters_alone_may_need_the_gradient) {
  const Tensor x = random_tensor({3, 4}, 2);
  Block block;
  manual_seed(1);
  const Tensor loss = autograd::checkpoint([&block](const Tensor& a) { return block(a); }, {x}).sum();
  loss.backward();
  const Tensor through = block.w.grad();
  manual_seed(1);
  const auto expected = autograd::grad({block(x).sum()}, {block.w});
  BOOST_TEST(same_bits(through, expected[0]));
  BOOST_TEST(!autograd::checkpoint([](const Tensor& a) { return a.exp(); }, {x}).requires_grad());
}

BOOST_AUTO_TEST_CASE(intermediate_results_are_not_kept) {
  const Tensor x = random_tensor({100}, 2).requires_grad_();
  const auto f = [](const Tensor& a) { return a.exp().sin().exp().sin().tanh(); };
  const int64_t before = saved_bytes();
  const Tensor plain = f(x);
  const int64_t kept = saved_bytes() - before;
  const Tensor checkpointed = autograd::checkpoint(f, {x});
  BOOST_TEST(saved_bytes() - before - kept == 800);  // the input
  BOOST_TEST(kept == 4000);
}

BOOST_AUTO_TEST_CASE(twice_differentiable) {
  const Tensor x = random_tensor({3}, 2), y = random_tensor({3}, 3);
  const auto f = [](const Tensor& a, const Tensor& b) {
    return autograd::checkpoint([](const Tensor& p, const Tensor& q) { return (p * q).sin() * p.exp(); }, {a, b}) * a;
  };
  BOOST_TEST(autograd::gradcheck(f, {x, y}, {.eps = 2e-4, .atol = 1e-9, .rtol = 1e-9, .stencil = 5}));
  BOOST_TEST(autograd::gradgradcheck(f, {x, y}, {.eps = 2e-4, .atol = 1e-8, .rtol = 1e-8, .stencil = 5}));
}

BOOST_AUTO_TEST_CASE(nested_and_with_several_outputs) {
  const Tensor x = random_tensor({3}, 2).requires_grad_(), p = random_tensor({3}, 3).requires_grad_();
  const auto inner = [&p](const Tensor& a) { return (a * p).sin(); };
  const auto outer = [&](const Tensor& a) -> std::vector<Tensor> {
    const Tensor h = autograd::checkpoint(inner, {a});
    return {h.exp(), autograd::checkpoint(inner, {h}) * a};
  };
  const auto plain = [&](const Tensor& a) -> std::vector<Tensor> {
    const Tensor h = inner(a);
    return {h.exp(), inner(h) * a};
  };
  const auto expected_outputs = plain(x), outputs = autograd::checkpoint(outer, {x});
  BOOST_TEST_REQUIRE(outputs.size() == 2u);
  const auto total = [](const std::vector<Tensor>& o) { return (o[0] * o[1]).sum() + o[1].sum(); };
  const auto expected = autograd::grad({total(expected_outputs)}, {x, p});
  const auto gradients = autograd::grad({total(outputs)}, {x, p});
  BOOST_TEST(max_relative_error(gradients[0], expected[0]) < 1e-15);
  BOOST_TEST(max_relative_error(gradients[1], expected[1]) < 1e-15);
  const auto one_used = autograd::checkpoint(outer, {x});
  BOOST_TEST(max_relative_error(autograd::grad({one_used[0].sum()}, {p})[0],
                                autograd::grad({plain(x)[0].sum()}, {p})[0]) < 1e-15);
}

BOOST_AUTO_TEST_CASE(the_rules_of_graphs_hold) {
  const Tensor x = random_tensor({3}, 2).requires_grad_();
  const auto f = [](const Tensor& a) { return a.exp().sin(); };
  const Tensor loss = autograd::checkpoint(f, {x}).sum();
  loss.backward({.retain_graph = true});
  const Tensor once = x.grad().clone();
  loss.backward();
  BOOST_TEST(same_bits(x.grad(), once * 2.0));
  require_throws<AutogradError>([&] { loss.backward(); }, "retain_graph");
  const Tensor changed = autograd::checkpoint(f, {x}).sum();
  x.detach().add_(1.0);
  require_throws<AutogradError>([&] { changed.backward(); }, "checkpoint: input 0 of shape [3] was saved");
  int calls = 0;
  const Tensor moody =
      autograd::checkpoint([&calls](const Tensor& a) { return calls++ == 0 ? a.exp() : a.exp().sum(); }, {x}).sum();
  require_throws<AutogradError>([&] { moody.backward(); }, "the second time");
  NoGradGuard no_grad;
  BOOST_TEST(!autograd::checkpoint(f, {x}).requires_grad());
}

// What f draws the second time does not come from the stream, nor does it move it.
BOOST_AUTO_TEST_CASE(other_draws_between_do_not_matter) {
  const Tensor x = full({50}, 3.0, {.dtype = float64, .requires_grad = true});
  manual_seed(3);
  int calls = 0;
  const auto f = [&calls](const Tensor& a) {
    if (calls++ == 0) std::thread([] { rand({7}); }).join();  // of another thread: not drawn again
    const Tensor once = autograd::checkpoint([](const Tensor& b) { return dropout(b, 0.5); }, {a});
    manual_seed(9);
    return dropout(once, 0.5);
  };
  const Tensor y = autograd::checkpoint(f, {x});
  const auto stands = rng_state();
  const Tensor g = autograd::grad({y.sum()}, {x}, {.create_graph = true})[0];
  BOOST_TEST(same_bits(g.detach() * 3.0, y.detach()));
  BOOST_TEST((rng_state() == stands));
  int draws = 0;
  const auto more = [&draws](const Tensor& a) { return ++draws == 1 ? a.exp() : dropout(a, 0.5); };
  const Tensor z = autograd::checkpoint(more, {x}).sum();
  require_throws<AutogradError>([&] { z.backward(); }, "checkpoint: the function drew more random numbers");
}

BOOST_AUTO_TEST_CASE(any_kind_of_result) {
  const Tensor x = tensor({1.0, 2.0}, {.dtype = float64, .requires_grad = true});
  const Tensor w = tensor({3.0, 4.0}, {.dtype = float64, .requires_grad = true});
  const auto f = [&w](const Tensor& a) {
    return std::vector<Tensor>{a, w, a * w, a.detach() * 2.0, a > 1.0, a.argmax()};
  };
  const auto out = autograd::checkpoint(f, {x});
  std::string wants;
  for (const Tensor& t : out) wants += t.requires_grad() ? '1' : '0';
  BOOST_TEST(wants == "111000");
  const auto g = autograd::grad({(out[0] * 10.0 + out[1] * 100.0 + out[2]).sum()}, {x, w});
  BOOST_TEST((g[0].to_vector<double>() == std::vector<double>{13, 14}));
  BOOST_TEST((g[1].to_vector<double>() == std::vector<double>{101, 102}));
  BOOST_TEST(autograd::checkpoint([](const std::vector<Tensor>&) { return std::vector<Tensor>(); }, {x}).empty());
  const Tensor alone = autograd::checkpoint([&w](const std::vector<Tensor>&) { return w * w; }, {}).sum();
  BOOST_TEST((autograd::grad({alone}, {w})[0].to_vector<double>() == std::vector<double>{6, 8}));
  require_throws<AutogradError>([&] { autograd::checkpoint([](const Tensor&) { return Tensor(); }, {x}); },
                                "returned an undefined tensor");
}

// The gradient of an inner tensor that goes into a checkpoint and is captured by it as well.
BOOST_AUTO_TEST_CASE(an_inner_tensor_as_input_of_grad) {
  const Tensor x = tensor({2.0}, {.dtype = float64, .requires_grad = true}), h = x * 3.0;
  const auto y = [&] { return autograd::checkpoint([&h](const Tensor& a) { return a * a * h; }, {h}).sum(); };
  const auto g = autograd::grad({y()}, {h, x});
  BOOST_TEST(g[0].item<double>() == 108);
  BOOST_TEST(g[1].item<double>() == 324);
  const Tensor loss = y();
  const NoGradGuard no_grad;  // of the caller: the function is recorded all the same
  BOOST_TEST(autograd::grad({loss}, {x})[0].item<double>() == 324);
}

BOOST_AUTO_TEST_CASE(derivatives_inside_and_around) {
  const Tensor x = tensor({2.0, 3.0}, {.dtype = float64, .requires_grad = true}), v = ones({2}, {.dtype = float64});
  const auto cubes = [](const Tensor& a) { return (a * a * a).sum(); };
  // Hv = 6x, so the result is 6x² and its gradient 12x.
  const auto inside = [&](const Tensor& a) { return autograd::hvp(cubes, a, v, {.create_graph = true}).second * a; };
  const Tensor y = autograd::checkpoint(inside, {x});
  BOOST_TEST((y.to_vector<double>() == std::vector<double>{24, 54}));
  BOOST_TEST((autograd::grad({y.sum()}, {x})[0].to_vector<double>() == std::vector<double>{24, 36}));
  const auto around = [&](const Tensor& a) {
    return autograd::checkpoint(
        [&](const Tensor& b) { return autograd::checkpoint([](const Tensor& c) { return c * c; }, {b}) * b; }, {a});
  };
  const Tensor h = autograd::hessian([&](const Tensor& a) { return around(a).sum(); }, x);
  BOOST_TEST((h.to_vector<double>() == std::vector<double>{12, 0, 0, 18}));
  BOOST_TEST((autograd::jvp(around, x, v).second.to_vector<double>() == std::vector<double>{12, 27}));
  // A plain grad would find nothing to read.
  for (const bool nested : {false, true}) {
    const auto refused = [&](const Tensor& a) {
      const Tensor s = nested ? autograd::checkpoint(cubes, {a}) : cubes(a);
      return autograd::grad({s}, {a}, {.create_graph = true})[0];
    };
    require_throws<AutogradError>([&] { autograd::checkpoint(refused, {x}); }, "use vjp, jacobian, hvp");
  }
}

BOOST_AUTO_TEST_CASE(an_input_changed_in_place_is_refused) {
  const Tensor x = random_tensor({3}, 2).requires_grad_(), h = x * 1.0;
  const auto f = [](const Tensor& a) { return Tensor(a).mul_(2.0).square(); };
  require_throws<AutogradError>([&] { autograd::checkpoint(f, {h}); }, "changed input 0 in place");
  const auto clones = [&](const Tensor& a) { return f(a.clone()); };
  BOOST_TEST(autograd::gradcheck([&](const Tensor& a) { return autograd::checkpoint(clones, {a}); }, {x}));
}

BOOST_AUTO_TEST_CASE(an_exception_the_second_time_changes_nothing) {
  const Tensor x = random_tensor({3}, 2).requires_grad_();
  bool fail = false;
  const Tensor loss = autograd::checkpoint(
                          [&fail](const Tensor& a) {
                            if (fail) throw std::runtime_error("on purpose");
                            return a.exp();
                          },
                          {x})
                          .sum();
  fail = true;
  require_throws<std::runtime_error>([&] { loss.backward(); }, "on purpose");
  BOOST_TEST(!x.grad().defined());
  fail = false;
  loss.backward();
  BOOST_TEST(same_bits(x.grad(), x.detach().exp()));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
