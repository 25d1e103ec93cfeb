// Weights computed before each call. Values and gradients against PyTorch are in layer_walk.cpp.
#include "nn/weight_norm.h"

#include "../fixture.h"
#include "nn/nn.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(weight_norm)
namespace {

using namespace testing;

std::string keys(const nn::Module& module) {
  std::string all;
  for (auto& [name, tensor] : module.state_dict()) all += name + " ";
  return all;
}

BOOST_AUTO_TEST_CASE(it_starts_with_the_same_weight_and_every_copy_sees_the_next) {
  nn::Linear layer(3, 2);
  const nn::Linear copy = layer;
  const Tensor before = layer.weight.detach().clone(), x = random_tensor({4, 3}, 1, {.dtype = float32});
  const Tensor y = layer(x).detach();
  nn::Linear same = nn::utils::weight_norm(layer);
  BOOST_TEST(keys(layer) == "bias weight_g weight_v ");
  BOOST_TEST(max_relative_error(copy.weight, before) < 1e-6);
  BOOST_TEST(max_relative_error(layer(x), y) < 1e-6);
  layer.get_parameter("weight_g").detach().mul_(2.0);
  same(x);
  BOOST_TEST(max_relative_error(copy.weight, before * 2.0) < 1e-6);
  BOOST_TEST(layer.weight.impl() == copy.weight.impl());
}

BOOST_AUTO_TEST_CASE(one_graph_may_hold_several_calls) {
  nn::Linear layer = nn::utils::weight_norm(nn::Linear(3, 3));
  layer.to(float64);
  const Tensor x = random_tensor({2, 3}, 1);
  layer(layer(x)).square().sum().backward();  // the second call computes the weight anew
  const Tensor g = layer.get_parameter("weight_g"), v = layer.get_parameter("weight_v");
  const Tensor w = v.detach() * (g.detach() / v.detach().norm(2, {1}, true));
  Tensor g2 = g.detach().clone().requires_grad_();
  const Tensor w2 = v.detach() * (g2 / v.detach().norm(2, {1}, true));
  linear(linear(x, w2, layer.bias.detach()), w2, layer.bias.detach()).square().sum().backward();
  BOOST_TEST(max_relative_error(g.grad(), g2.grad()) < 1e-12);
  BOOST_TEST(max_relative_error(layer.weight, w) < 1e-15);
}

BOOST_AUTO_TEST_CASE(a_call_without_recording_leaves_a_plain_weight) {
  nn::Linear layer = nn::utils::weight_norm(nn::Linear(3, 3));
  const Tensor x = ones({1, 3});
  layer(x);
  BOOST_TEST(layer.weight.requires_grad());
  BOOST_TEST(!layer.weight.is_leaf());
  const NoGradGuard no_grad;
  layer(x);
  BOOST_TEST(!layer.weight.requires_grad());
  BOOST_TEST(layer.parameters().size() == 3);
}

BOOST_AUTO_TEST_CASE(gradients_of_graphs_made_before_go_nowhere) {
  nn::Linear layer(2, 2);
  const Tensor loss = layer(ones({1, 2})).sum();
  nn::utils::weight_norm(layer);
  loss.backward();
  BOOST_TEST(!layer.weight.grad().defined());
  BOOST_TEST(layer.bias.grad().defined());
}

BOOST_AUTO_TEST_CASE(removing_makes_it_a_parameter_again) {
  for (const bool spectral : {false, true}) {
    nn::Conv1d layer(2, 3, 2);
    if (spectral)
      nn::utils::spectral_norm(layer);
    else
      nn::utils::weight_norm(layer, {.dim = 1});
    const Tensor x = random_tensor({1, 2, 4}, 1, {.dtype = float32});
    layer(x);
    layer.eval();
    const Tensor y = layer(x).detach();
    if (spectral)
      nn::utils::remove_spectral_norm(layer);
    else
      nn::utils::remove_weight_norm(layer);
    BOOST_TEST(keys(layer) == "bias weight ");
    BOOST_TEST(layer.weight.is_leaf());
    BOOST_TEST(same_bits(layer(x), y));
    layer(x).sum().backward();
    BOOST_TEST(layer.weight.grad().defined());
    nn::utils::weight_norm(layer);  // and again
    BOOST_TEST(max_relative_error(layer(x), y) < 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(spectral_norm_reaches_the_largest_singular_value) {
  nn::Linear layer(6, 4);
  layer.to(float64);
  const Tensor w = layer.weight.detach().clone();
  nn::utils::spectral_norm(layer, {.n_power_iterations = 200});
  BOOST_TEST(keys(layer) == "bias weight_orig weight_u weight_v ");
  layer(random_tensor({1, 6}, 1));
  BOOST_TEST(max_relative_error(layer.weight, w / svdvals(w)[0]) < 1e-9);
  const Tensor u = layer.get_buffer("weight_u").clone();
  layer.eval();
  layer(random_tensor({1, 6}, 1));
  BOOST_TEST(same_bits(layer.get_buffer("weight_u"), u));
}

BOOST_AUTO_TEST_CASE(states_load_and_types_follow) {
  nn::Linear a = nn::utils::weight_norm(nn::Linear(3, 2)), b = nn::utils::weight_norm(nn::Linear(3, 2));
  b.load_state_dict(a.state_dict());
  const Tensor x = random_tensor({2, 3}, 1);
  a.to(float64);
  b.to(float64);
  BOOST_TEST(same_bits(a(x), b(x)));
  BOOST_TEST(b.weight.dtype() == float64);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto bad = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  nn::Linear layer(3, 2, {.bias = false});
  bad([&] { nn::utils::weight_norm(layer, {.name = "wait"}); }, "weight_norm: Linear has no parameter 'wait'");
  bad([&] { nn::utils::weight_norm(layer, {.name = "bias"}); }, "has no parameter 'bias'");
  bad([&] { nn::utils::weight_norm(layer, {.dim = 2}); }, "weight_norm: dim 2 is out of range");
  bad([&] { nn::utils::spectral_norm(layer, {.n_power_iterations = 0}); }, "n_power_iterations must be at least 1");
  bad([&] { nn::utils::spectral_norm(layer, {.dim = 5}); }, "is no matrix along dim 5");
  bad([&] { nn::utils::remove_weight_norm(layer); }, "remove_weight_norm: 'weight' of Linear is not normalised");
  BOOST_TEST(keys(layer) == "weight ");
  nn::utils::weight_norm(layer);
  bad([&] { nn::utils::weight_norm(layer); }, "has no parameter 'weight'");
  bad([&] { nn::utils::remove_spectral_norm(layer); }, "is not normalised");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
