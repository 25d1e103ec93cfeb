// Values and gradients of the activation functions against PyTorch's (tests/reference/activation.py).
#include <cmath>
#include <map>

#include "reference.h"

namespace descent::testing {
namespace {

Call one(std::function<Tensor(const Tensor&)> f) {
  return [f](const List& in) { return f(in[0]); };
}

std::map<std::string, Call> calls() {
  return {
      {"gelu/none", one([](const Tensor& a) { return gelu(a); })},
      {"gelu/tanh", one([](const Tensor& a) { return gelu(a, {.approximate = "tanh"}); })},
      {"silu", one(silu)},
      {"mish", one(mish)},
      {"elu", one([](const Tensor& a) { return elu(a); })},
      {"elu/0.7", one([](const Tensor& a) { return elu(a, 0.7); })},
      {"selu", one(selu)},
      {"celu/1.0", one([](const Tensor& a) { return celu(a); })},
      {"celu/2.5", one([](const Tensor& a) { return celu(a, {.alpha = 2.5}); })},
      {"softplus", one([](const Tensor& a) { return softplus(a); })},
      {"softplus/2", one([](const Tensor& a) { return softplus(a, {.beta = 2, .threshold = 3}); })},
      {"leaky_relu", one([](const Tensor& a) { return leaky_relu(a); })},
      {"leaky_relu/0.2", one([](const Tensor& a) { return leaky_relu(a, {.negative_slope = 0.2}); })},
      {"hardswish", one(hardswish)},
      {"hardsigmoid", one(hardsigmoid)},
      {"hardtanh", one([](const Tensor& a) { return hardtanh(a); })},
      {"hardtanh/wide", one([](const Tensor& a) { return hardtanh(a, {.min_val = -2, .max_val = 0.5}); })},
      {"relu6", one(relu6)},
      {"hardshrink", one([](const Tensor& a) { return hardshrink(a); })},
      {"hardshrink/1", one([](const Tensor& a) { return hardshrink(a, {.lambd = 1}); })},
      {"softshrink", one([](const Tensor& a) { return softshrink(a); })},
      {"softshrink/1", one([](const Tensor& a) { return softshrink(a, 1); })},
      {"softsign", one(softsign)},
      {"tanhshrink", one(tanhshrink)},
      {"threshold", one([](const Tensor& a) { return threshold(a, 0.5, -3); })},
      {"rrelu", one([](const Tensor& a) { return rrelu(a); })},
      {"prelu/one", [](const List& in) { return prelu(in[0], in[1]); }},
      {"prelu/channels", [](const List& in) { return prelu(in[0], in[1]); }},
      {"glu/-1", one([](const Tensor& a) { return glu(a); })},
      {"glu/1", one([](const Tensor& a) { return glu(a, 1); })},
      {"softmin/1", one([](const Tensor& a) { return softmin(a, 1); })},
  };
}

Call call_for(const std::string& name) {
  static const std::map<std::string, Call> known = calls();
  const auto found = known.find(name.substr(0, name.find('+')));
  if (found == known.end()) BOOST_FAIL("no op for the reference case " << name);
  return found->second;
}

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference_activation)

BOOST_AUTO_TEST_CASE(table) { check_table("ops/activation.txt", call_for); }

BOOST_AUTO_TEST_CASE(whole_numbers) {
  const Tensor a = tensor({-8, -1, 0, 3, 9});
  BOOST_TEST((relu6(a).to_vector<int64_t>() == std::vector<int64_t>{0, 0, 0, 3, 6}));
  BOOST_TEST((hardtanh(a).to_vector<int64_t>() == std::vector<int64_t>{-1, -1, 0, 1, 1}));
  BOOST_TEST((hardtanh(a, -2.5, 3.5).to_vector<int64_t>() == std::vector<int64_t>{-2, -1, 0, 3, 3}));
  BOOST_TEST((threshold(a, 0, -5).to_vector<int64_t>() == std::vector<int64_t>{-5, -5, -5, 3, 9}));
}

// PyTorch's choice.
BOOST_AUTO_TEST_CASE(the_second_derivative_is_zero_where_it_jumps) {
  const auto second = [](const auto& f, double at) {
    const Tensor x = full({1}, at, {.dtype = float64, .requires_grad = true});
    const Tensor slope = descent::autograd::grad({f(x)}, {x}, {.create_graph = true})[0];
    return descent::autograd::grad({slope}, {x})[0].item<double>();
  };
  const auto softplus_2_3 = [](const Tensor& x) { return softplus(x, {.beta = 2, .threshold = 3}); };
  for (const double x : {0.0, -0.0}) {
    BOOST_TEST(second([](const Tensor& a) { return elu(a); }, x) == 0);
    BOOST_TEST(second([](const Tensor& a) { return selu(a); }, x) == 0);
    BOOST_TEST(second([](const Tensor& a) { return celu(a, 2); }, x) == 0);
  }
  BOOST_TEST(second(softplus_2_3, 1.5) == 0);
  BOOST_TEST(second(softplus_2_3, 1.4) > 0);
  for (const double x : {-3.0, 3.0}) BOOST_TEST(second([](const Tensor& a) { return hardswish(a); }, x) == 0);
}

BOOST_AUTO_TEST_CASE(nan_stays) {
  const Tensor a = full({1}, std::nan(""));
  for (const Tensor& y : {gelu(a), gelu(a, {.approximate = "tanh"}), silu(a), mish(a), elu(a), selu(a), celu(a),
                          softplus(a), leaky_relu(a), hardswish(a), hardsigmoid(a), hardtanh(a), hardshrink(a),
                          softshrink(a), softsign(a), tanhshrink(a), threshold(a, 0, 1)}) {
    BOOST_TEST(std::isnan(y.item<double>()));
  }
}

// An infinite upstream gradient and a derivative of 0 give 0, as a choice would.
BOOST_AUTO_TEST_CASE(an_infinite_gradient_stops_where_the_derivative_is_zero) {
  const Tensor a = tensor({-5.0, 5.0}, {.requires_grad = true}), v = full({2}, INFINITY);
  const auto gradient = [&](const Tensor& y) {
    return descent::autograd::grad({y}, {a}, {.grad_outputs = {v}})[0].to_vector<double>();
  };
  BOOST_TEST((gradient(hardtanh(a)) == std::vector<double>{0, 0}));
  BOOST_TEST((gradient(hardswish(a)) == std::vector<double>{0, INFINITY}));
}

BOOST_AUTO_TEST_CASE(hard_gumbel_softmax_is_one_hot_with_the_soft_gradient) {
  const Tensor logits = randn({4, 5, 3}, {.dtype = float64, .requires_grad = true}), v = randn_like(logits);
  manual_seed(5);
  const Tensor soft = gumbel_softmax(logits, {.tau = 0.5, .dim = 1});
  manual_seed(5);
  const Tensor hard = gumbel_softmax(logits, {.tau = 0.5, .hard = true, .dim = 1});
  BOOST_TEST(allclose(hard.sum({1}), ones({4, 3}, {.dtype = float64})));
  BOOST_TEST(equal(hard.argmax(1), soft.argmax(1)));
  BOOST_TEST(allclose(hard * hard, hard));
  const Tensor a = descent::autograd::grad({soft}, {logits}, {.grad_outputs = {v}})[0];
  BOOST_TEST(equal(a, descent::autograd::grad({hard}, {logits}, {.grad_outputs = {v}})[0]));
  BOOST_TEST(gumbel_softmax(zeros({}), {.hard = true}).item<double>() == 1);
}

// The noise is Gumbel's: the classes of hard samples have the probabilities of softmax.
BOOST_AUTO_TEST_CASE(gumbel_softmax_draws_from_softmax) {
  manual_seed(3);
  const Tensor logits = tensor({0.0, 1.0, -1.0}), drawn = gumbel_softmax(logits.expand({20000, 3}), {.hard = true});
  BOOST_TEST(allclose(drawn.mean({0}), softmax(logits, 0), {.rtol = 0, .atol = 0.02}));
}

BOOST_AUTO_TEST_CASE(rrelu_draws_slopes) {
  manual_seed(3);
  const Tensor a = full({20000}, -1.0, {.requires_grad = true}),
               y = rrelu(a, {.lower = 0.2, .upper = 0.6, .training = true});
  const Tensor slope = -y.detach();
  BOOST_TEST(slope.min().item<double>() >= 0.2 - 1e-6);
  BOOST_TEST(slope.max().item<double>() <= 0.6 + 1e-6);
  BOOST_TEST(std::abs(slope.mean().item<double>() - 0.4) < 0.01);
  BOOST_TEST(allclose(descent::autograd::grad({y.sum()}, {a})[0], slope));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
