// The losses as modules: the same numbers, options kept, weights as buffers.
#include "../fixture.h"
#include "losses/losses.h"
#include "nn/nn.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(losses)
BOOST_AUTO_TEST_SUITE(modules)
namespace {

using namespace testing;

BOOST_AUTO_TEST_CASE(they_compute_what_the_functions_do) {
  const Tensor x = random_tensor({3, 4}, 1), t = random_tensor({3, 4}, 2, {.low = 0, .high = 1});
  const Tensor w = random_tensor({4}, 3, {.low = 1, .high = 2}), p = random_tensor({4}, 4, {.low = 1, .high = 2});
  const Tensor c = tensor({0, 7, 3});
  const Reduction sum = Reduction::Sum;
  BOOST_TEST(same_bits(losses::MSELoss()(x, t), losses::mse_loss(x, t)));
  BOOST_TEST(same_bits(losses::MSELoss({.reduction = sum})(x, t), losses::mse_loss(x, t, {.reduction = sum})));
  BOOST_TEST(same_bits(losses::L1Loss()(x, t), losses::l1_loss(x, t)));
  BOOST_TEST(same_bits(losses::L1Loss({.reduction = sum})(x, t), losses::l1_loss(x, t, {.reduction = sum})));
  const losses::NLLLossOptions nll{.weight = w, .ignore_index = 7, .reduction = sum};
  BOOST_TEST(same_bits(losses::NLLLoss(nll)(x, c), losses::nll_loss(x, c, nll)));
  const losses::CrossEntropyLossOptions ce{.weight = w, .ignore_index = 7, .reduction = sum, .label_smoothing = 0.3};
  BOOST_TEST(same_bits(losses::CrossEntropyLoss(ce)(x, c), losses::cross_entropy(x, c, ce)));
  const losses::BCEWithLogitsLossOptions bce{.weight = w, .reduction = sum, .pos_weight = p};
  BOOST_TEST(same_bits(losses::BCEWithLogitsLoss(bce)(x, t), losses::binary_cross_entropy_with_logits(x, t, bce)));
}

BOOST_AUTO_TEST_CASE(weights_are_buffers) {
  losses::CrossEntropyLoss criterion({.weight = ones({3})});
  BOOST_TEST(criterion.parameters().empty());
  BOOST_TEST(criterion.state_dict().contains("weight"));
  const losses::CrossEntropyLoss copy = criterion;
  criterion.to(float64);
  BOOST_TEST(copy.weight.dtype() == float64);
  BOOST_TEST(losses::CrossEntropyLoss().state_dict().empty());
  BOOST_TEST(losses::NLLLoss({.weight = ones({3})}).buffers().size() == 1u);
  BOOST_TEST(losses::BCEWithLogitsLoss({.weight = ones({3}), .pos_weight = ones({3})}).buffers().size() == 2u);
  BOOST_TEST(losses::CTCLoss({.sample_weight = ones({3})}).buffers().size() == 1u);
}

BOOST_AUTO_TEST_CASE(they_are_callables_and_children) {
  const std::function<Tensor(const Tensor&, const Tensor&)> criterion = losses::MSELoss();
  BOOST_TEST(criterion(tensor({3.0}), tensor({1.0})).item<double>() == 4);

  struct Halved : losses::Loss {  // a loss of one's own
    losses::L1Loss l1 = register_module("l1", losses::L1Loss());
    Tensor forward(const Tensor& input, const Tensor& target) const override { return l1(input, target) * 0.5; }
  } halved;
  const losses::Loss& loss = halved;
  BOOST_TEST(loss(tensor({3.0}), tensor({1.0})).item<double>() == 1);
  BOOST_TEST(halved.children().size() == 1u);
  nn::Module& module = halved;
  require_throws<Error>([&] { module(tensor({1.0})); }, "Halved does not override forward(const Tensor&)");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
