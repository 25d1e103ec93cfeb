// The walk over the tape: shared sub-expressions, passing twice, higher orders.
#include <cmath>

#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(engine)

namespace {

using namespace descent::testing;

Tensor scalar(double value) { return full({}, value, {.dtype = float64, .requires_grad = true}); }

}  // namespace

BOOST_AUTO_TEST_CASE(shared_sub_expressions) {
  Tensor x = scalar(3);
  (x * x).backward();
  BOOST_TEST(x.grad().item<double>() == 6);
  x.zero_grad();
  (x + x).backward();
  BOOST_TEST(x.grad().item<double>() == 2);
  x.zero_grad();
  const Tensor a = x * 2.0, b = x * 5.0;
  (a * b + a).backward();  // d(10x² + 2x) = 20x + 2
  BOOST_TEST(x.grad().item<double>() == 62);
}

BOOST_AUTO_TEST_CASE(gradients_accumulate_until_zeroed) {
  Tensor x = scalar(3);
  for (int i = 1; i <= 3; ++i) {
    (x * 2.0).backward();
    BOOST_TEST(x.grad().item<double>() == 2 * i);
  }
  x.zero_grad();
  BOOST_TEST(!x.grad().defined());
}

BOOST_AUTO_TEST_CASE(fan_out) {
  Tensor x = scalar(0.5), total = scalar(0).detach();
  double expected = 0;
  for (int k = 0; k < 64; ++k) {
    total = total + x * static_cast<double>(k);
    expected += k;
  }
  total.backward();
  BOOST_TEST(x.grad().item<double>() == expected);
}

// A node is visited once however many paths lead to it: 2⁶⁰ here.
BOOST_AUTO_TEST_CASE(ladder) {
  Tensor x = scalar(1.25), y = x;
  for (int i = 0; i < 60; ++i) y = (y + y) * 0.5;
  y.backward();
  BOOST_TEST(x.grad().item<double>() == 1);
}

BOOST_AUTO_TEST_CASE(backward_twice_needs_retain_graph) {
  Tensor x = scalar(2);
  const Tensor y = x.exp() * x;
  y.backward();
  const std::string once = bytes_of(x.grad());
  require_throws<AutogradError>([&] { y.backward(); }, "retain_graph");
  BOOST_TEST(bytes_of(x.grad()) == once);

  x.zero_grad();
  const Tensor z = x.exp() * x;
  z.backward({.retain_graph = true});
  z.backward();
  BOOST_TEST(max_relative_error(x.grad(), {2 * 3 * std::exp(2.0)}) < 1e-15);
}

BOOST_AUTO_TEST_CASE(two_roots_share_a_trunk) {
  Tensor x = scalar(2);
  const Tensor trunk = x.exp(), first = trunk * 2.0, second = trunk.square();
  first.backward({.retain_graph = true});
  second.backward();
  BOOST_TEST(max_relative_error(x.grad(), {2 * std::exp(2.0) + 2 * std::exp(4.0)}) < 1e-15);
  require_throws<AutogradError>([&] { first.backward(); }, "retain_graph");
}

BOOST_AUTO_TEST_CASE(third_order) {
  const Tensor x = scalar(0.7);
  const auto derivative = [&](const Tensor& y) { return grad({y}, {x}, {.create_graph = true})[0]; };
  const Tensor y = x.square() * x.sin();
  const Tensor d3 = derivative(derivative(derivative(y)));
  // d³(x² sin x) = 6 cos x − 6x sin x − x² cos x
  BOOST_TEST(max_relative_error(d3.detach(), {6 * std::cos(0.7) - 4.2 * std::sin(0.7) - 0.49 * std::cos(0.7)}) < 1e-13);
}

// x.grad with a graph of its own: no cycle keeps it alive (the fixture counts).
BOOST_AUTO_TEST_CASE(create_graph_in_grad_leaks_nothing) {
  Tensor x = scalar(0.7);
  for (int i = 0; i < 3; ++i) {
    x.zero_grad();
    x.exp().backward({.create_graph = true});
    BOOST_TEST(x.grad().requires_grad());
    const Tensor second = grad({x.grad()}, {x})[0];
    BOOST_TEST(max_relative_error(second, {std::exp(0.7)}) < 1e-15);
  }
  const Tensor y = tanh(x) * tanh(x);  // saved outputs
  const Tensor g = grad({y}, {x}, {.create_graph = true})[0];
  BOOST_TEST(g.requires_grad());
}

BOOST_AUTO_TEST_CASE(several_outputs_of_one_op) {
  const Tensor x = tensor({{1.0, 5.0, 3.0}, {7.0, 2.0, 4.0}}, {.dtype = float64, .requires_grad = true});
  auto [values, indices] = x.max(1);
  BOOST_TEST(!indices.requires_grad());
  (values * tensor({10.0, 20.0}, {.dtype = float64})).sum().backward();
  BOOST_TEST((x.grad().to_vector<double>() == std::vector<double>{0, 10, 0, 20, 0, 0}));
}

BOOST_AUTO_TEST_CASE(zero_dim_and_zero_size) {
  Tensor x = scalar(2);
  x.reshape({1, 1, 1}).sum().backward();
  BOOST_TEST(x.grad().dim() == 0);
  Tensor e = zeros({0, 3}, {.dtype = float64, .requires_grad = true});
  (e * 2.0).sum().backward();
  BOOST_TEST((e.grad().shape() == Shape{0, 3}));
}

BOOST_AUTO_TEST_CASE(bad_roots) {
  const Tensor x = ones({2}, {.requires_grad = true});
  require_throws<ShapeError>([&] { (x * 2.0).backward(); }, "[2]");
  require_throws<ShapeError>([&] { (x * 2.0).backward(ones({3})); }, "[3]");
  require_throws<DTypeError>([&] { (x * 2.0).backward(ones({2}, {.dtype = float64})); }, "float64");
  require_throws<AutogradError>([&] { ones({}).backward(); }, "does not require grad");
  require_throws<Error>([&] { Tensor().backward(); }, "undefined");
  BOOST_TEST(!x.grad().defined());
}

// A graph from before does not give its gradient to memory of another shape; nor does it harm what it had.
BOOST_AUTO_TEST_CASE(a_leaf_that_has_changed) {
  Tensor x = ones({2}, {.requires_grad = true}), w = ones({2}, {.requires_grad = true});
  const Tensor y = (x * w).sum();
  x.set_data(zeros({5}));
  require_throws<AutogradError>([&] { y.backward(); },
                                "a leaf of the graph has since changed from float32 [2] to float32 [5]");
  BOOST_TEST(!w.grad().defined());
  require_throws<DTypeError>([&] { x.set_data(tensor({1, 2})); }, "set_data: a tensor that requires grad");
  require_throws<AutogradError>([&] { Tensor(x * 2.0).set_data(zeros({5})); }, "set_data: the tensor is no leaf");
  BOOST_TEST((x.shape() == Shape{5}));
  (x * 2.0).sum().backward();
  BOOST_TEST(x.grad().to_vector<float>()[4] == 2);
}

BOOST_AUTO_TEST_CASE(a_leaf_is_its_own_root) {
  Tensor x = scalar(2);
  x.backward();
  BOOST_TEST(x.grad().item<double>() == 1);
}

BOOST_AUTO_TEST_CASE(leaves_that_are_gone) {
  Tensor y;
  {
    const Tensor w = scalar(2), x = scalar(3);
    y = w * x;
  }
  y.backward();  // nobody is left to receive a gradient, and nothing leaks
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
