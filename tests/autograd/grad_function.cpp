// autograd::grad, which touches no `.grad`.
#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(grad_function)

namespace {

using namespace descent::testing;

Tensor vector_of(std::vector<double> values) { return from_vector(values).requires_grad_(); }

}  // namespace

BOOST_AUTO_TEST_CASE(leaves_and_non_leaves) {
  const Tensor x = vector_of({1, 2}), h = x * 3.0, y = h.square().sum();
  const std::vector<Tensor> g = grad({y}, {h, x});
  BOOST_TEST((g[0].to_vector<double>() == std::vector<double>{6, 12}));
  BOOST_TEST((g[1].to_vector<double>() == std::vector<double>{18, 36}));
  BOOST_TEST(!x.grad().defined());
  BOOST_TEST(!g[0].requires_grad());
}

BOOST_AUTO_TEST_CASE(other_leaves_are_left_alone) {
  Tensor x = vector_of({1, 2}), w = vector_of({3, 4});
  w.set_grad(from_vector(std::vector<double>{7, 8}));
  const Tensor y = (x * w).sum();
  BOOST_TEST((grad({y}, {x})[0].to_vector<double>() == std::vector<double>{3, 4}));
  BOOST_TEST((w.grad().to_vector<double>() == std::vector<double>{7, 8}));
}

BOOST_AUTO_TEST_CASE(unused_inputs) {
  const Tensor x = vector_of({1, 2}), other = vector_of({3});
  const auto y = [&] { return (x * x).sum(); };
  require_throws<AutogradError>([&] { grad({y()}, {x, other}); }, "input 1");
  const std::vector<Tensor> g = grad({y()}, {other, x}, {.allow_unused = true});
  BOOST_TEST(!g[0].defined());
  BOOST_TEST((g[1].to_vector<double>() == std::vector<double>{2, 4}));
}

// A refused call frees nothing: the graph still works.
BOOST_AUTO_TEST_CASE(a_refused_call_keeps_the_graph) {
  const Tensor x = vector_of({1, 2}), other = vector_of({3}), y = (x * x).sum();
  require_throws<AutogradError>([&] { grad({y}, {x, other}); }, "input 1");
  BOOST_TEST((grad({y}, {x})[0].to_vector<double>() == std::vector<double>{2, 4}));
}

BOOST_AUTO_TEST_CASE(several_outputs_with_cotangents) {
  const Tensor x = vector_of({1, 2}), a = x.square(), b = x * 5.0, c = b.sum();
  const Tensor u = from_vector(std::vector<double>{1, 10}), v = from_vector(std::vector<double>{100, 1000});
  const std::vector<Tensor> g = grad({a, b, c}, {x}, {.grad_outputs = {u, v, Tensor()}});
  BOOST_TEST((g[0].to_vector<double>() == std::vector<double>{2 + 500 + 5, 40 + 5000 + 5}));
}

BOOST_AUTO_TEST_CASE(the_same_output_and_input_twice) {
  const Tensor x = vector_of({3}), y = x.square();
  const std::vector<Tensor> g = grad({y, y}, {x, x});
  BOOST_TEST(g[0].item<double>() == 12);
  BOOST_TEST(g[1].item<double>() == 12);
}

BOOST_AUTO_TEST_CASE(an_output_as_input) {
  const Tensor x = vector_of({3}), y = x.square();
  BOOST_TEST(grad({y}, {y})[0].item<double>() == 1);
  BOOST_TEST(grad({x}, {x})[0].item<double>() == 1);
}

BOOST_AUTO_TEST_CASE(retain_and_create) {
  const Tensor x = vector_of({2}), y = x.exp();
  grad({y}, {x}, {.retain_graph = true});
  const Tensor first = grad({y}, {x}, {.create_graph = true})[0];  // keeps the graph by default
  BOOST_TEST(first.requires_grad());
  grad({y}, {x});
  require_throws<AutogradError>([&] { grad({y}, {x}); }, "retain_graph");
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  const Tensor x = vector_of({1, 2}), y = x * 2.0, plain = ones({2}, {.dtype = float64});
  require_throws<ShapeError>([&] { grad({y}, {x}); }, "[2]");
  require_throws<ShapeError>([&] { grad({y}, {x}, {.grad_outputs = {ones({3}, {.dtype = float64})}}); }, "[3]");
  require_throws<AutogradError>([&] { grad({plain.sum()}, {x}); }, "does not require grad");
  require_throws<AutogradError>([&] { grad({y.sum()}, {plain}); }, "input 0");
  require_throws<std::invalid_argument>([&] { grad({}, {x}); }, "outputs");
  require_throws<std::invalid_argument>([&] { grad({y}, {x}, {.grad_outputs = {y, y}}); }, "grad_outputs");
  require_throws<Error>([&] { grad({Tensor()}, {x}); }, "grad: the tensor is undefined");
  require_throws<Error>([&] { grad({y.sum()}, {x, Tensor()}); }, "grad: input 1 is undefined");
}

// A graph may hold a leaf from before and after it was switched off: it is one leaf.
BOOST_AUTO_TEST_CASE(a_leaf_switched_off_and_on) {
  for (const bool create_graph : {false, true}) {
    Tensor x = vector_of({3});
    const Tensor before = x * 2.0;
    x.requires_grad_(false);
    BOOST_TEST(!(x * 2.0).requires_grad());
    x.requires_grad_(true);
    (before + x * 5.0).sum().backward({.create_graph = create_graph});
    BOOST_TEST(x.grad().item<double>() == 7);
  }
}

// Work behind an unwanted input is skipped: its hook never runs.
BOOST_AUTO_TEST_CASE(unwanted_branches_are_not_walked) {
  const Tensor x = vector_of({1}), w = vector_of({2}), left = x * 2.0, right = w * 3.0;
  int calls = 0;
  right.register_hook([&](const Tensor&) { ++calls; });
  grad({left * right}, {x});
  BOOST_TEST(calls == 0);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
