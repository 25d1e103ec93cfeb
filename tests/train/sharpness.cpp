#include "train/sharpness.h"

#include <cmath>

#include "../fixture.h"
#include "losses/losses.h"
#include "nn/nn.h"

using namespace descent;
using namespace descent::testing;
using descent::train::Sharpness;
using descent::train::sharpness;

namespace {

/// ½·xᵀ·diag(d)·x at ones.
std::pair<Tensor, Tensor> bowl(const std::vector<double>& d) {
  const Tensor curvature = from_vector(d);
  const Tensor x = ones(curvature.shape(), {.dtype = float64, .requires_grad = true});
  return {0.5 * (curvature * x * x).sum(), x};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(train)
BOOST_AUTO_TEST_SUITE(curvature)

BOOST_AUTO_TEST_CASE(of_quadratics) {
  const auto value = [](const std::vector<double>& d) {
    const auto [loss, x] = bowl(d);
    const Sharpness s = sharpness(loss, {x}, {.iterations = 500, .tolerance = 1e-12});
    BOOST_TEST(s.converged);
    return s.value;
  };
  BOOST_TEST(std::abs(value({1, 10, 3}) - 10) < 1e-9);
  BOOST_TEST(std::abs(value({1, -10, 3}) - 3) < 1e-9);  // the largest, not the largest in size
  BOOST_TEST(std::abs(value({-1, -10, -3}) + 1) < 1e-9);
  BOOST_TEST(std::abs(value({10, -10, 3}) - 10) < 1e-9);
  BOOST_TEST(std::abs(value({10, -9.99, 3}) - 10) < 1e-9);
  BOOST_TEST(std::abs(value({0, -2})) < 1e-9);
  BOOST_TEST(value({0, 0}) == 0);
}

BOOST_AUTO_TEST_CASE(of_a_saddle) {
  const Tensor x = tensor(0.0, {.dtype = float64, .requires_grad = true}), y = x.detach().clone();
  Tensor(y).requires_grad_();
  const Sharpness s = sharpness(x * y, {x, y});  // eigenvalues 1 and -1, along (1, 1) and (1, -1)
  BOOST_TEST(s.converged);
  BOOST_TEST(std::abs(s.value - 1) < 1e-3);
  BOOST_TEST(std::abs(s.share[0] - 0.5) < 1e-2);
}

BOOST_AUTO_TEST_CASE(says_where_and_when_it_stopped) {
  const Tensor flat = ones({3}, {.dtype = float64, .requires_grad = true}), steep = flat.detach().clone();
  Tensor(steep).requires_grad_();
  const Tensor unused = ones({2}, {.dtype = float64, .requires_grad = true});
  const Tensor loss = (flat.square() + 50.0 * steep.square()).sum();
  const Sharpness s = sharpness(loss, {flat, steep, unused});
  BOOST_TEST(s.converged);
  BOOST_TEST(s.iterations < 30);
  BOOST_TEST(std::abs(s.value - 100) < 0.01);
  BOOST_TEST(s.share.size() == 3u);
  BOOST_TEST(s.share[1] > 0.999);
  BOOST_TEST(s.share[2] == 0);
  BOOST_TEST(std::abs(s.share[0] + s.share[1] - 1) < 1e-12);
  BOOST_TEST(!sharpness(loss, {flat, steep}, {.iterations = 1}).converged);
  BOOST_TEST(sharpness(flat.sum(), {flat}).value == 0);  // linear
}

BOOST_AUTO_TEST_CASE(of_a_network_is_that_of_its_hessian) {
  manual_seed(3);
  nn::Linear first(3, 4, {.dtype = float64}), second(4, 2, {.dtype = float64});
  const Tensor x = random_tensor({6, 3}, 1), y = random_tensor({6, 2}, 2);
  const auto f = [&](const Tensor& w) {
    return losses::mse_loss(linear(tanh(linear(x, w, first.bias)), second.weight, second.bias), y);
  };
  const Tensor all = autograd::hessian(f, first.weight).reshape({12, 12});
  const auto [values, vectors] = eigh(all);
  const Tensor loss = f(first.weight);
  manual_seed(7);
  const Tensor drawn = rand({1});
  manual_seed(7);
  const Sharpness s = sharpness(loss, {first.weight}, {.iterations = 1000, .tolerance = 1e-13});
  BOOST_TEST(std::abs(s.value - values[-1].item<double>()) < 1e-7);
  BOOST_TEST(same_bits(rand({1}), drawn));  // draws nothing
  BOOST_TEST(!first.weight.grad().defined());
  loss.backward();  // the graph is whole
  BOOST_TEST(first.weight.grad().defined());
}

BOOST_AUTO_TEST_CASE(refuses) {
  const auto [loss, x] = bowl({1, 2});
  const Tensor& l = loss;
  const Tensor& p = x;
  require_throws<std::invalid_argument>([&] { sharpness(l, {p}, {.iterations = 0}); }, "sharpness: iterations");
  require_throws<std::invalid_argument>([&] { sharpness(l, {p}, {.tolerance = 0}); }, "sharpness: tolerance");
  require_throws<std::invalid_argument>([&] { sharpness(l, {}); }, "params must not be empty");
  require_throws<ShapeError>([&] { sharpness(p, {p}); }, "the loss must be one number, got [2]");
  require_throws<AutogradError>([&] { sharpness(l.detach(), {p}); }, "call it before backward");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
