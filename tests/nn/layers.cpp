// The layers one by one.
#include <cmath>

#include "../fixture.h"
#include "autograd/gradcheck.h"
#include "nn/nn.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(layers)
namespace {

using namespace testing;

const autograd::GradCheckOptions kTight{.eps = 2e-4, .atol = 1e-9, .rtol = 1e-9, .stencil = 5};

BOOST_AUTO_TEST_CASE(linear_starts_as_pytorchs) {
  nn::Linear layer(100, 400);
  BOOST_TEST((layer.weight.shape() == Shape{400, 100}));
  BOOST_TEST((layer.bias.shape() == Shape{400}));
  const double bound = 0.1;  // 1/√100
  BOOST_TEST(layer.weight.abs().max().item<double>() <= bound);
  BOOST_TEST(layer.weight.abs().max().item<double>() > 0.999 * bound);
  BOOST_TEST(layer.bias.abs().max().item<double>() <= bound);
  BOOST_TEST(layer.bias.abs().max().item<double>() > 0.97 * bound);
  // U(−b, b): mean 0 ± b/√(3n), mean square b²/3 ± 0.9·b²/3/√n; five sigmas
  BOOST_TEST(std::abs(layer.weight.mean().item<double>()) < 5 * bound / std::sqrt(3.0 * 40000));
  BOOST_TEST(std::abs(layer.weight.square().mean().item<double>() * 3 / (bound * bound) - 1) < 5 * 0.9 / 200);

  const Tensor first = layer.weight.detach().clone();
  layer.reset_parameters();
  BOOST_TEST(!equal(first, layer.weight));
  manual_seed(3);
  nn::Linear a(3, 4);
  manual_seed(3);
  nn::Linear b(3, 4);
  BOOST_TEST(same_bits(a.weight, b.weight));
  BOOST_TEST(same_bits(a.bias, b.bias));
  BOOST_TEST(nn::Linear(2, 2, {.dtype = float64}).weight.dtype() == float64);
}

BOOST_AUTO_TEST_CASE(linear_takes_any_leading_dims) {
  nn::Linear layer(3, 2);
  layer.to(float64);
  for (const Shape& shape : {Shape{3}, Shape{4, 3}, Shape{2, 5, 3}, Shape{0, 3}}) {
    const Tensor x = random_tensor(shape, 1);
    const Tensor y = layer(x);
    const Tensor expected = (x.unsqueeze(-2) * layer.weight).sum({-1}) + layer.bias;
    BOOST_TEST(max_relative_error(y, expected) < 1e-14, shape);
  }
  autograd::gradcheck(
      [&](const Tensor& x, const Tensor& w, const Tensor& b) {
        layer.weight.detach().copy_(w.detach());
        return linear(x, w, b);
      },
      {random_tensor({4, 3}, 1), random_tensor({2, 3}, 2), random_tensor({2}, 3)}, kTight);
  BOOST_TEST((nn::Linear(0, 2)(zeros({3, 0})).shape() == Shape{3, 2}));
  BOOST_TEST(nn::Linear(0, 2).bias.abs().sum().item<double>() == 0);
  BOOST_TEST((nn::Linear(2, 0)(zeros({3, 2})).shape() == Shape{3, 0}));
}

BOOST_AUTO_TEST_CASE(linear_errors) {
  require_throws<std::invalid_argument>([] { nn::Linear(-1, 2); }, "Linear: in_features and out_features must be >= 0");
  require_throws<std::invalid_argument>([] { nn::Linear(1, 2, {.dtype = int64}); }, "Linear: dtype must be floating");
  nn::Linear layer(3, 2);
  BOOST_CHECK_THROW(layer(ones({2, 4})), ShapeError);
  BOOST_CHECK_THROW(layer(ones({2, 3}, {.dtype = int64})), DTypeError);
}

BOOST_AUTO_TEST_CASE(activations) {
  const Tensor x = tensor({-2.0, 0.0, 0.5}, {.dtype = float64});
  BOOST_TEST(max_relative_error(nn::ReLU()(x), {0, 0, 0.5}) == 0);
  BOOST_TEST(max_relative_error(nn::Tanh()(x), {std::tanh(-2.0), 0, std::tanh(0.5)}) < 1e-15);
  BOOST_TEST(max_relative_error(nn::Sigmoid()(x), {1 / (1 + std::exp(2.0)), 0.5, 1 / (1 + std::exp(-0.5))}) < 1e-15);
  BOOST_TEST(nn::Identity()(x).impl() == x.impl());
}

BOOST_AUTO_TEST_CASE(flatten) {
  const Tensor x = random_tensor({2, 3, 4, 5}, 1);
  BOOST_TEST((nn::Flatten()(x).shape() == Shape{2, 60}));
  BOOST_TEST((nn::Flatten(0, 2)(x).shape() == Shape{24, 5}));
  BOOST_TEST((nn::Flatten(-2)(x).shape() == Shape{2, 3, 20}));
  BOOST_TEST(same_bits(nn::Flatten()(x).reshape(x.shape()), x));
  BOOST_CHECK_THROW(nn::Flatten()(ones({3})), IndexError);
  BOOST_CHECK_THROW(nn::Flatten(0, 4)(x), IndexError);
}

BOOST_AUTO_TEST_CASE(dropout_follows_its_own_mode) {
  nn::Dropout layer(0.25);
  const Tensor x = ones({100, 100}, {.requires_grad = true});
  const Tensor y = layer(x);
  const double kept = (y != 0.0).sum().item<double>() / 10000;
  BOOST_TEST(std::abs(kept - 0.75) < 5 * std::sqrt(0.25 * 0.75 / 10000));
  for (const float v : y.to_vector<float>()) BOOST_REQUIRE(v == 0 || v == 1 / 0.75f);
  y.sum().backward();
  BOOST_TEST(same_bits(x.grad(), y));  // of ones, output and gradient are both the mask
  layer.eval();
  BOOST_TEST(same_bits(layer(x), x));
  layer.train();
  BOOST_TEST(!same_bits(layer(x), x));
  BOOST_TEST(nn::Dropout(1.0)(x).abs().sum().item<double>() == 0);
  BOOST_TEST(same_bits(nn::Dropout(0.0)(x), x));

  require_throws<std::invalid_argument>([] { nn::Dropout(-0.1); }, "Dropout: p must be in [0, 1], got -0.1");
  require_throws<std::invalid_argument>([] { nn::Dropout(std::nan("")); }, "Dropout: p must be in [0, 1], got nan");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
