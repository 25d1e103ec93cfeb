// jacobian, hessian, vjp, jvp, vhp and hvp against closed forms; what they leave alone; what they refuse.
#include "autograd/functional.h"

#include <cmath>

#include "../fixture.h"
#include "autograd/gradcheck.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(functional)

namespace {

using namespace descent::testing;
using List = std::vector<Tensor>;

Tensor vec(const std::vector<double>& values) { return from_vector(values); }

/// Rosenbrock's function of two variables, as one tensor.
Tensor rosenbrock(const Tensor& p) {
  const Tensor x = p[0], y = p[1];
  return square(1.0 - x) + 100.0 * square(y - x * x);
}

const auto softmax_of = [](const Tensor& x) { return softmax(x, -1); };

}  // namespace

BOOST_AUTO_TEST_CASE(jacobian_of_softmax) {
  for (const DType dtype : {float64, float32}) {
    const Tensor x = random_tensor({4}, 1, {.dtype = dtype});
    const Tensor J = jacobian(softmax_of, x), s = softmax_of(x);
    const Tensor expected = diag(s) - outer(s, s);
    BOOST_TEST(J.dtype() == dtype);
    BOOST_TEST(J.shape() == Shape({4, 4}));
    BOOST_TEST(max_relative_error(J, expected) < (dtype == float64 ? 1e-15 : 1e-7));
    BOOST_TEST(!J.requires_grad());
    BOOST_TEST(J.is_contiguous());
  }
}

BOOST_AUTO_TEST_CASE(jacobian_has_the_dims_of_output_and_input) {
  const Tensor A = random_tensor({3, 2}, 1), x = random_tensor({2, 5}, 2);
  const auto product = [&](const Tensor& t) { return matmul(A, t); };
  const Tensor J = jacobian(product, x);  // ∂(Ax)[i, j]/∂x[k, l] = A[i, k] δ[j, l]
  BOOST_TEST(J.shape() == Shape({3, 5, 2, 5}));
  BOOST_TEST(max_relative_error(J, einsum("ik,jl->ijkl", {A, eye(5, {.dtype = float64})})) == 0);

  BOOST_TEST(jacobian([](const Tensor& t) { return t.sum(); }, x).shape() == Shape({2, 5}));
  const Tensor zero_dim = full({}, 3.0, {.dtype = float64});
  const Tensor d = jacobian([](const Tensor& t) { return t * t; }, zero_dim);
  BOOST_TEST(d.shape() == Shape());
  BOOST_TEST(d.item<double>() == 6);
  // a column, stored with gaps and backwards from its parent's order
  const Tensor column = x.t().select(1, 1);
  BOOST_TEST(max_relative_error(jacobian(softmax_of, column), jacobian(softmax_of, column.clone())) == 0);
}

BOOST_AUTO_TEST_CASE(jacobian_of_several) {
  const Tensor x = vec({1, 2}), y = vec({3, 4, 5});
  const auto f = [](const Tensor& a, const Tensor& b) { return outer(a, b); };
  const List J = jacobian(f, {x, y});
  BOOST_TEST_REQUIRE(J.size() == 2);
  BOOST_TEST(max_relative_error(J[0], einsum("ik,j->ijk", {eye(2, {.dtype = float64}), y})) == 0);
  BOOST_TEST(max_relative_error(J[1], einsum("i,jk->ijk", {x, eye(3, {.dtype = float64})})) == 0);

  const auto g = [](const Tensor& a, const Tensor& b) { return List{a.sum() * b, a * a}; };
  const std::vector<List> all = jacobian(g, {x, y});
  BOOST_TEST_REQUIRE(all.size() == 2);
  BOOST_TEST(max_relative_error(all[0][0], einsum("i,j->ij", {y, ones({2}, {.dtype = float64})})) == 0);
  BOOST_TEST(max_relative_error(all[0][1], eye(3, {.dtype = float64}) * 3.0) == 0);
  BOOST_TEST(max_relative_error(all[1][0], diag(x) * 2.0) == 0);
  BOOST_TEST(same_bits(all[1][1], zeros({2, 3}, {.dtype = float64})));

  const auto one_input = [](const Tensor& a) { return List{a * a, a.sum()}; };
  const List of_one = jacobian(one_input, x);
  BOOST_TEST(max_relative_error(of_one[0], diag(x) * 2.0) == 0);
  BOOST_TEST(same_bits(of_one[1], ones({2}, {.dtype = float64})));

  const auto whole = [](const List& in) { return in[0].sum() + in[1].sum(); };
  BOOST_TEST(jacobian(whole, {x, y})[1].shape() == Shape({3}));
}

BOOST_AUTO_TEST_CASE(hessian_of_rosenbrock) {
  const Tensor p = vec({-1.2, 1.0});
  const double x = -1.2, y = 1.0;
  const Tensor H = hessian(rosenbrock, p);
  BOOST_TEST(H.shape() == Shape({2, 2}));
  BOOST_TEST(max_relative_error(H, {1200 * x * x - 400 * y + 2, -400 * x, -400 * x, 200}) < 1e-14);
  BOOST_TEST(!H.requires_grad());
  BOOST_TEST(max_relative_error(hessian(rosenbrock, p.to(float32)), H) < 1e-6);
  BOOST_TEST(hessian(rosenbrock, p.to(float32)).dtype() == float32);
}

BOOST_AUTO_TEST_CASE(hessian_of_a_quadratic_form) {
  const Tensor A = random_tensor({3, 3}, 5), x = random_tensor({3}, 6), y = random_tensor({3}, 7);
  const Tensor H = hessian([&](const Tensor& t) { return dot(t, mv(A, t)); }, x);
  BOOST_TEST(max_relative_error(H, A + A.t()) < 1e-15);

  const auto bilinear = [&](const Tensor& a, const Tensor& b) { return dot(a, mv(A, b)).reshape({1, 1}); };
  const std::vector<List> blocks = hessian(bilinear, {x, y});
  BOOST_TEST(same_bits(blocks[0][0], zeros({3, 3}, {.dtype = float64})));
  BOOST_TEST(max_relative_error(blocks[0][1], A) < 1e-15);
  BOOST_TEST(max_relative_error(blocks[1][0], A.t()) < 1e-15);
  BOOST_TEST(same_bits(blocks[1][1], zeros({3, 3}, {.dtype = float64})));

  const Tensor linear = hessian([](const Tensor& t) { return t.sum(); }, x);
  BOOST_TEST(same_bits(linear, zeros({3, 3}, {.dtype = float64})));
  const Tensor cubic = hessian([](const Tensor& t) { return t * t * t; }, full({}, 2.0, {.dtype = float64}));
  BOOST_TEST(cubic.shape() == Shape());
  BOOST_TEST(cubic.item<double>() == 12);
}

BOOST_AUTO_TEST_CASE(products_of_one_input) {
  const Tensor x = random_tensor({4}, 1), v = random_tensor({4}, 2);
  const Tensor J = jacobian(softmax_of, x);
  {
    const auto [value, product] = vjp(softmax_of, x, v);
    static_assert(std::is_same_v<decltype(value), const Tensor> && std::is_same_v<decltype(product), const Tensor>);
    BOOST_TEST(same_bits(value, softmax_of(x)));
    BOOST_TEST(max_relative_error(product, mv(J.t(), v)) < 1e-15);
    BOOST_TEST((!value.requires_grad() && !product.requires_grad()));
  }
  {
    const auto [value, product] = jvp(softmax_of, x, v);
    BOOST_TEST(same_bits(value, softmax_of(x)));
    BOOST_TEST(max_relative_error(product, mv(J, v)) < 1e-15);
    BOOST_TEST((!value.requires_grad() && !product.requires_grad()));
  }
  const Tensor p = vec({-1.2, 1.0}), w = vec({0.5, -2.0}), H = hessian(rosenbrock, p);
  for (const bool reversed : {false, true}) {
    const auto [value, product] = reversed ? vhp(rosenbrock, p, w) : hvp(rosenbrock, p, w);
    BOOST_TEST(value.item<double>() == rosenbrock(p).item<double>());
    BOOST_TEST(max_relative_error(product, mv(H, w)) < 1e-14);
    BOOST_TEST((!value.requires_grad() && !product.requires_grad()));
  }
}

BOOST_AUTO_TEST_CASE(products_of_lists) {
  const Tensor x = vec({1, 2}), y = vec({3, 4, 5}), u = random_tensor({2, 3}, 1), w = random_tensor({2}, 2);
  const auto f = [](const Tensor& a, const Tensor& b) { return List{outer(a, b), a * a}; };
  {
    const auto [values, products] = vjp(f, {x, y}, {u, w});
    BOOST_TEST(same_bits(values[1], x * x));
    BOOST_TEST(max_relative_error(products[0], mv(u, y) + 2.0 * x * w) < 1e-15);
    BOOST_TEST(max_relative_error(products[1], mv(u.t(), x)) < 1e-15);
  }
  const Tensor a = random_tensor({2}, 3), b = random_tensor({3}, 4);
  {
    const auto [values, products] = jvp(f, {x, y}, {a, b});
    BOOST_TEST(same_bits(values[0], outer(x, y)));
    BOOST_TEST(max_relative_error(products[0], outer(a, y) + outer(x, b)) < 1e-15);
    BOOST_TEST(max_relative_error(products[1], 2.0 * x * a) < 1e-15);
  }
  const auto s = [](const Tensor& p, const Tensor& q) { return p.square().sum() * q.sum(); };
  for (const bool reversed : {false, true}) {
    const auto [value, products] = reversed ? vhp(s, {x, y}, {a, b}) : hvp(s, {x, y}, {a, b});
    BOOST_TEST(value.item<double>() == 60);
    // Σq·2a + 2p·Σb, and 2p·a for each entry of q
    BOOST_TEST(max_relative_error(products[0], a * 24.0 + x * (2.0 * b.sum())) < 1e-15);
    BOOST_TEST(max_relative_error(products[1], (dot(x, a) * 2.0).expand({3})) < 1e-15);
  }
}

BOOST_AUTO_TEST_CASE(v_may_be_left_out_for_scalars) {
  const Tensor x = vec({1, 2}), s = full({1}, 3.0, {.dtype = float64});
  BOOST_TEST(max_relative_error(vjp(rosenbrock, x).second, jacobian(rosenbrock, x)) == 0);
  BOOST_TEST(vjp(rosenbrock, x, {.create_graph = true}).second.requires_grad());
  BOOST_TEST(max_relative_error(vjp(rosenbrock, x, Tensor()).second, jacobian(rosenbrock, x)) == 0);
  const auto cube = [](const Tensor& t) { return t * t * t; };
  BOOST_TEST(jvp(cube, s).second.item<double>() == 27);
  BOOST_TEST(vhp(cube, s).second.item<double>() == 18);
  BOOST_TEST(hvp(cube, s).second.item<double>() == 18);
  require_throws<std::invalid_argument>([&] { vjp(softmax_of, x); },
                                        "vjp: v may be left out only for a single output with one element");
  require_throws<std::invalid_argument>([&] { jvp(rosenbrock, x); },
                                        "jvp: v may be left out only for a single input with one element");
  require_throws<std::invalid_argument>([&] { hvp(rosenbrock, x); }, "hvp: v may be left out");
}

BOOST_AUTO_TEST_CASE(zero_size) {
  const Tensor none = zeros({0, 3}, {.dtype = float64}), x = vec({1, 2});
  const auto square_of = [](const Tensor& t) { return t * t; };
  BOOST_TEST(jacobian(square_of, none).shape() == Shape({0, 3, 0, 3}));
  BOOST_TEST(jacobian([](const Tensor& t) { return t.slice(0, 0, 0); }, x).shape() == Shape({0, 2}));
  BOOST_TEST(jacobian([](const Tensor& t) { return t.slice(0, 0, 0); }, x, {.create_graph = true}).numel() == 0);
  BOOST_TEST(jacobian([](const Tensor& t) { return t.sum(); }, none).shape() == Shape({0, 3}));
  BOOST_TEST(hessian([](const Tensor& t) { return t.square().sum(); }, none).shape() == Shape({0, 3, 0, 3}));
  BOOST_TEST(vjp(square_of, none, none).second.shape() == none.shape());
  BOOST_TEST(jvp(square_of, none, none).second.shape() == none.shape());
}

BOOST_AUTO_TEST_CASE(independent_outputs_give_zeros) {
  const Tensor x = vec({1, 2}), y = vec({3, 4, 5});
  const auto second = [](const Tensor&, const Tensor& b) { return b * b; };
  BOOST_TEST(same_bits(jacobian(second, {x, y})[0], zeros({3, 2}, {.dtype = float64})));
  BOOST_TEST(same_bits(vjp(second, {x, y}, y).second[0], zeros({2}, {.dtype = float64})));
  BOOST_TEST(max_relative_error(jvp(second, {x, y}, {x, y}).second, 2.0 * y * y) == 0);
  const auto constant = [&](const Tensor&) { return y; };
  BOOST_TEST(same_bits(jacobian(constant, x), zeros({3, 2}, {.dtype = float64})));
  BOOST_TEST(same_bits(jvp(constant, x, x).second, zeros({3}, {.dtype = float64})));
  BOOST_TEST(same_bits(vjp(constant, x, y).second, zeros({2}, {.dtype = float64})));
  BOOST_TEST(same_bits(hvp([&](const Tensor&) { return y.sum(); }, x, x).second, zeros({2}, {.dtype = float64})));
  BOOST_TEST(same_bits(jacobian([](const Tensor& t) { return t.argmax(); }, x), zeros({2}, {.dtype = float64})));
}

BOOST_AUTO_TEST_CASE(strict_refuses_independence) {
  const Tensor x = vec({1, 2}), y = vec({3, 4, 5});
  const FunctionalOptions strict{.strict = true};
  const auto second = [](const Tensor&, const Tensor& b) { return b * b; };
  const auto scalar = [](const Tensor&, const Tensor& b) { return b.square().sum(); };
  const auto constant = [&](const Tensor&) { return y; };
  const auto linear = [](const Tensor& t) { return t.sum(); };
  require_throws<AutogradError>(
      [&] {
        jacobian(second, {x, y}, strict);
      },
      "jacobian: output 0 of the function is independent of input 0 (strict)");
  require_throws<AutogradError>([&] { jacobian(constant, x, strict); },
                                "jacobian: output 0 of the function is independent of all inputs (strict)");
  require_throws<AutogradError>(
      [&] {
        hessian(scalar, {x, y}, strict);
      },
      "hessian: the function is independent of input 0 (strict)");
  require_throws<AutogradError>([&] { hessian(linear, x, strict); },
                                "hessian: the gradient with respect to input 0 is independent of input 0 (strict)");
  require_throws<AutogradError>(
      [&] {
        vjp(second, {x, y}, y, strict);
      },
      "vjp: the outputs are independent of input 0 (strict)");
  require_throws<AutogradError>(
      [&] {
        jvp(second, {x, y}, {x, y}, strict);
      },
      "jvp: the outputs are independent of input 0 (strict)");
  require_throws<AutogradError>([&] { hvp(linear, x, x, strict); },
                                "hvp: the gradient with respect to input 0 is independent of the inputs (strict)");
  require_throws<AutogradError>(
      [&] {
        vhp(scalar, {x, y}, {x, y}, strict);
      },
      "vhp: the function is independent of input 0 (strict)");
  const FunctionalOptions both{.create_graph = true, .strict = true};
  require_throws<AutogradError>([&] { jacobian(linear, x, both); },
                                "jacobian: the derivative of output 0 of the function with respect to input 0 is a "
                                "constant that has no graph to create (strict)");
  require_throws<AutogradError>([&] { vjp(linear, x, {}, both); },
                                "vjp: the result for entry 0 is a constant that has no graph to create (strict)");
  const auto partial = hessian(scalar, {x, y});
  BOOST_TEST(same_bits(partial[0][1], zeros({2, 3}, {.dtype = float64})));
  BOOST_TEST(max_relative_error(partial[1][1], {2, 0, 0, 0, 2, 0, 0, 0, 2}) == 0);
  // what depends on everything passes
  BOOST_TEST(max_relative_error(jacobian(softmax_of, x, strict), jacobian(softmax_of, x)) == 0);
  BOOST_TEST(max_relative_error(hessian(rosenbrock, x, strict), hessian(rosenbrock, x)) == 0);
  BOOST_TEST(max_relative_error(vjp(softmax_of, x, x, strict).second, vjp(softmax_of, x, x).second) == 0);
  BOOST_TEST(max_relative_error(jvp(softmax_of, x, x, strict).second, jvp(softmax_of, x, x).second) == 0);
  BOOST_TEST(max_relative_error(hvp(rosenbrock, x, x, strict).second, hvp(rosenbrock, x, x).second) == 0);
}

BOOST_AUTO_TEST_CASE(results_with_a_graph) {
  const Tensor x = random_tensor({3}, 1), v = random_tensor({3}, 2);
  const auto f = [](const Tensor& t) { return t.exp() * t.sum() / (1.0 + t.square()); };
  const auto s = [](const Tensor& t) { return (t.exp() * t.sum() / (1.0 + t.square())).sum(); };
  const FunctionalOptions graph{.create_graph = true};
  const GradCheckOptions fine{.eps = 2e-4, .atol = 1e-8, .rtol = 1e-7, .stencil = 5};
  gradcheck([&](const Tensor& t) { return jacobian(f, t, graph); }, {x}, fine);
  gradcheck([&](const Tensor& t) { return hessian(s, t, graph); }, {x}, fine);
  gradcheck([&](const Tensor& t, const Tensor& u) { return vjp(f, t, u, graph).second; }, {x, v}, fine);
  gradcheck([&](const Tensor& t, const Tensor& u) { return jvp(f, t, u, graph).second; }, {x, v}, fine);
  gradcheck([&](const Tensor& t, const Tensor& u) { return hvp(s, t, u, graph).second; }, {x, v}, fine);
  gradcheck([&](const Tensor& t) { return vjp(f, t, v, graph).first; }, {x}, fine);
  gradgradcheck([&](const Tensor& t) { return jacobian(f, t, graph); }, {x}, fine);
  // also from inputs that need no gradient: the result then depends on leaves of its own
  BOOST_TEST(jacobian(f, x, graph).requires_grad());
  const NoGradGuard no_grad;
  BOOST_TEST(max_relative_error(jacobian(f, x), jacobian(f, x, graph).detach()) < 1e-15);
}

// The derivative is with respect to the argument, not to the same tensor where f reaches it in another way.
BOOST_AUTO_TEST_CASE(captured_tensors_are_constants) {
  Tensor x = vec({1, 2});
  x.requires_grad_();
  Tensor w = vec({3, 4});
  w.requires_grad_();
  const auto f = [&](const Tensor& t) { return t * x * w; };
  for (const bool create_graph : {false, true}) {
    const Tensor J = jacobian(f, x, {.create_graph = create_graph});
    BOOST_TEST(max_relative_error(J.detach(), diag(x * w).detach()) == 0);
    BOOST_TEST(J.requires_grad() == create_graph);
  }
  const auto [value, product] = vjp([&](const Tensor& t) { return (t * t * w).sum(); }, x);
  BOOST_TEST(max_relative_error(product, (x * w * 2.0).detach()) == 0);
  hessian([&](const Tensor& t) { return (t * t * w).sum(); }, x);
  BOOST_TEST((!x.grad().defined() && !w.grad().defined()));
  BOOST_TEST(x.requires_grad());
}

BOOST_AUTO_TEST_CASE(inputs_are_left_alone) {
  Tensor x = vec({1, 2}), v = vec({5, 6});
  x.requires_grad_();
  (x * 7.0).sum().backward();
  const std::string grad_before = bytes_of(x.grad());
  const auto itself = [](const Tensor& t) { return t; };
  auto [value, product] = vjp(itself, x, v);
  product.mul_(2.0);  // not v's memory
  auto [again, tangent] = jvp(itself, x, v);
  tangent.mul_(2.0);
  BOOST_TEST(max_relative_error(v, {5, 6}) == 0);
  BOOST_TEST(max_relative_error(x.detach(), {1, 2}) == 0);
  BOOST_TEST(bytes_of(x.grad()) == grad_before);
  BOOST_TEST((x.requires_grad() && !v.requires_grad() && !product.requires_grad()));
  BOOST_TEST(max_relative_error(jacobian(itself, x), {1, 0, 0, 1}) == 0);
  // a graph outside can still be used afterwards, and so can one that f reaches
  const Tensor h = x.exp();
  jacobian([&](const Tensor& t) { return t * h; }, v);
  h.sum().backward();
  BOOST_TEST(max_relative_error(x.grad(), {7 + std::exp(1), 7 + std::exp(2)}) < 1e-15);
}

// More rows than are stacked at once.
BOOST_AUTO_TEST_CASE(many_rows_with_a_graph) {
  const Tensor x = full({}, 2.0, {.dtype = float64, .requires_grad = true});
  const auto f = [](const Tensor& t) { return (t * t).expand({5000}); };
  const Tensor J = jacobian(f, x, {.create_graph = true});
  BOOST_TEST(J.shape() == Shape({5000}));
  BOOST_TEST(grad({J.sum()}, {x})[0].item<double>() == 10000);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const Tensor x = vec({1, 2}), y = vec({3, 4, 5}), whole = arange(3);
  const auto two = [](const Tensor& a, const Tensor& b) { return a.sum() * b; };
  require_throws<Error>([&] { jacobian(softmax_of, Tensor()); }, "jacobian: input 0 is undefined");
  require_throws<DTypeError>([&] { hessian(rosenbrock, whole); },
                             "hessian: inputs must be of a floating type, input 0 is int64");
  require_throws<DTypeError>([&] { vjp(two, {x, whole}, y); }, "vjp: inputs must be of a floating type, input 1");
  require_throws<std::invalid_argument>([&] { jacobian(two, List{}); }, "jacobian: inputs must not be empty");
  require_throws<std::invalid_argument>(
      [&] {
        jacobian(two, {x, y, y});
      },
      "jacobian: the function cannot be called with 3 tensors");
  require_throws<ShapeError>([&] { hessian(softmax_of, x); },
                             "hessian: the function must return one element, got shape [2]");
  require_throws<ShapeError>(
      [&] {
        hvp([](const Tensor& t) { return List{t.sum(), t.sum()}; }, x, x);
      },
      "hvp: the function must return one tensor with one element, got 2 tensors");
  require_throws<Error>([&] { jacobian([](const Tensor&) { return Tensor(); }, x); },
                        "jacobian: output 0 of the function is undefined");
  require_throws<Error>([&] { jacobian([](const Tensor&) { return List{}; }, x); },
                        "jacobian: the function returned no tensor");
  require_throws<ShapeError>([&] { vjp(softmax_of, x, y); },
                             "vjp: entry 0 of v must have the shape of output 0, got [3] for [2]");
  require_throws<DTypeError>([&] { jvp(softmax_of, x, x.to(float32)); },
                             "jvp: entry 0 of v must have the dtype of input 0, got float32 for float64");
  require_throws<std::invalid_argument>(
      [&] {
        jvp(two, {x, y}, x);
      },
      "jvp: v must have one entry per input, got 1 for 2");
  require_throws<Error>([&] { jvp(two, {x, y}, {x, Tensor()}); }, "jvp: entry 1 of v is undefined");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
