// A method is its function by another name.
#include <cmath>

#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(methods)

namespace {

using namespace descent::testing;

/// Two ways to one result; the second one is right.
void same(const char* name, const Tensor& method, const Tensor& function) {
  BOOST_TEST(same_bits(method, function), name);
}
void same(const char* name, const ValuesAndIndices& method, const ValuesAndIndices& function) {
  same(name, method.values, function.values);
  same(name, method.indices, function.indices);
}

struct Inputs {
  Tensor a = random_tensor({3, 4}, 1), b = random_tensor({3, 4}, 2), square = random_tensor({4, 4}, 3);
  Tensor batch = random_tensor({2, 4, 3}, 4), positive = a.square() + 0.5;
  Tensor index = tensor({{0, 2, 1, 0}, {1, 1, 0, 2}});
};

}  // namespace

BOOST_AUTO_TEST_CASE(arithmetic) {
  const auto [a, b, square, batch, positive, index] = Inputs();
  same("add", a.add(b), a + b);
  same("sub", a.sub(b), a - b);
  same("mul", a.mul(b), a * b);
  same("div", a.div(b), a / b);
  same("add", a.add(2), a + 2);
  same("sub", a.sub(2), a - 2);
  same("mul", a.mul(2), a * 2);
  same("div", a.div(2), a / 2);
  same("neg", a.neg(), -a);
  same("maximum", a.maximum(b), maximum(a, b));
  same("minimum", a.minimum(b), minimum(a, b));
  same("mm", a.mm(square), mm(a, square));
  same("bmm", batch.bmm(batch.transpose(1, 2)), bmm(batch, batch.transpose(1, 2)));
  same("to", to(a, float32), a.to(float32));
  require_throws<DTypeError>([] { tensor({1, 2}).pow(-1); }, "pow: integers cannot be raised to the negative power -1");
}

BOOST_AUTO_TEST_CASE(pointwise) {
  const auto [a, b, square, batch, positive, index] = Inputs();
  same("floor", a.floor(), floor(a));
  same("ceil", a.ceil(), ceil(a));
  same("trunc", a.trunc(), trunc(a));
  same("frac", a.frac(), frac(a));
  same("round", a.round(), descent::round(a));
  same("remainder", a.remainder(b), remainder(a, b));
  same("remainder", a.remainder(0.3), remainder(a, 0.3));
  same("fmod", a.fmod(b), fmod(a, b));
  same("fmod", a.fmod(0.3), fmod(a, 0.3));
  same("floor_divide", a.floor_divide(b), floor_divide(a, b));
  same("floor_divide", a.floor_divide(0.3), floor_divide(a, 0.3));
  same("exp2", a.exp2(), exp2(a));
  same("log2", positive.log2(), log2(positive));
  same("log10", positive.log10(), log10(positive));
  same("tan", a.tan(), tan(a));
  same("acos", a.tanh().acos(), acos(a.tanh()));
  same("cosh", a.cosh(), cosh(a));
  same("erfc", a.erfc(), erfc(a));
  same("lgamma", positive.lgamma(), lgamma(positive));
  same("digamma", positive.digamma(), digamma(positive));
  same("polygamma", positive.polygamma(1), polygamma(1, positive));
  same("clamp_min", a.clamp_min(0.1), clamp_min(a, 0.1));
  same("clamp_max", a.clamp_max(0.1), clamp_max(a, 0.1));
}

BOOST_AUTO_TEST_CASE(logic) {
  const auto [a, b, square, batch, positive, index] = Inputs();
  const Tensor wild = tensor({1.0, INFINITY, -INFINITY, NAN, 0.0});
  same("isinf", wild.isinf(), isinf(wild));
  same("isfinite", wild.isfinite(), isfinite(wild));
  same("isclose", a.isclose(a + 1e-9), isclose(a, a + 1e-9));
  const Tensor x = a > 0, y = b > 0;
  same("logical_and", x.logical_and(y), logical_and(x, y));
  same("logical_or", x.logical_or(y), logical_or(x, y));
  same("logical_xor", x.logical_xor(y), logical_xor(x, y));
  same("logical_not", x.logical_not(), logical_not(x));
  same("any", x.any({1}), any(x, {1}));
  same("count_nonzero", x.count_nonzero({1}), count_nonzero(x, {1}));
  same("nonzero", x.nonzero(), nonzero(x));
}

BOOST_AUTO_TEST_CASE(reductions_and_order) {
  const auto [a, b, square, batch, positive, index] = Inputs();
  same("prod", a.prod(), prod(a));
  same("amin", a.amin({1}), amin(a, {1}));
  same("min", a.min(1), min(a, 1));
  same("argmin", a.argmin(), argmin(a));
  same("median", a.median(), median(a));
  same("cummin", a.cummin(1), cummin(a, 1));
  same("det", square.det(), det(square));
  const auto [deviation, mean] = std_mean(a);
  same("std_mean", deviation, std(a));
  same("std_mean", mean, a.mean());
  for (const bool descending : {false, true}) {
    same("sort", a.sort(0, {.descending = descending}), sort(a, 0, {.descending = descending}));
    same("sort", a.sort({.descending = descending}), sort(a, -1, {.descending = descending}));
    same("argsort", a.argsort(0, {.descending = descending}), argsort(a, 0, {.descending = descending}));
    same("argsort", a.argsort({.descending = descending}), argsort(a, -1, {.descending = descending}));
    same("topk", a.topk(2, 0, {.largest = descending}), topk(a, 2, 0, {.largest = descending}));
    same("topk", a.topk(2, {.largest = descending}), topk(a, 2, -1, {.largest = descending}));
    same("topk", topk(a, 2, {.largest = descending}), topk(a, 2, -1, {.largest = descending}));
  }
  const Tensor rising = tensor({1.0, 2.0, 4.0});
  same("searchsorted", searchsorted(rising, 2.5), tensor(2));
}

BOOST_AUTO_TEST_CASE(shapes_and_indices) {
  const auto [a, b, square, batch, positive, index] = Inputs();
  same("diag", square.diag(1), diag(square, 1));
  same("broadcast_to", a.broadcast_to({2, 3, 4}), broadcast_to(a, {2, 3, 4}));
  same("scatter", a.scatter(0, index, b), scatter(a, 0, index, b));
  const std::vector<Tensor> rows = {tensor({2, 0})};
  const Tensor values = random_tensor({2, 4}, 9);
  same("index_put", a.index_put(rows, values), index_put(a, rows, values));
  same("index_put", a.index_put(rows, values, {.accumulate = true}), index_put(a, rows, values, {.accumulate = true}));
  BOOST_TEST((empty_like(a).shape() == a.shape()));
  BOOST_TEST((empty_like(a, {.dtype = int64}).dtype() == int64));
}

BOOST_AUTO_TEST_CASE(short_forms_in_place) {
  const auto [a, b, square, batch, positive, index] = Inputs();
  same("addcmul_", a.clone().addcmul_(b, positive), addcmul(a, b, positive));
  same("leaky_relu_", a.clone().leaky_relu_(), leaky_relu(a));
  const Tensor wild = tensor({1.0, INFINITY, -INFINITY, NAN});
  same("nan_to_num_", wild.clone().nan_to_num_(), nan_to_num(wild));
}

BOOST_AUTO_TEST_CASE(drawn_anew) {
  Tensor x = ones({3}, {.requires_grad = true}), h = x * 2.0;
  require_throws<std::invalid_argument>([&] { h.detach().uniform_(2, 1); }, "uniform_: from must not exceed to");
  require_throws<AutogradError>([&] { h.normal_(0, 1); }, "normal_: a tensor on the tape cannot be drawn anew");
  NoGradGuard no_grad;
  h.uniform_(4, 5);
  BOOST_TEST(h.min().item<float>() >= 4);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
