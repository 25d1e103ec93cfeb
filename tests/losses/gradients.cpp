// First- and second-order gradients of every loss against finite differences.
#include "../fixture.h"
#include "autograd/gradcheck.h"
#include "losses/losses.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(losses)
BOOST_AUTO_TEST_SUITE(gradients)
namespace {

using namespace testing;

const autograd::GradCheckOptions kFirst{.eps = 2e-4, .atol = 1e-9, .rtol = 1e-9, .stencil = 5};
const autograd::GradCheckOptions kSecond{.eps = 2e-4, .atol = 1e-8, .rtol = 1e-8, .stencil = 5};
constexpr Reduction kReductions[] = {Reduction::None, Reduction::Mean, Reduction::Sum};

template <class F>
void check(const F& f, const std::vector<Tensor>& inputs) {
  BOOST_TEST(autograd::gradcheck(f, inputs, kFirst));
  BOOST_TEST(autograd::gradgradcheck(f, inputs, kSecond));
}

BOOST_AUTO_TEST_CASE(elements) {
  const Tensor x = random_tensor({3, 4}, 1, {.low = -3, .high = 3});
  const Tensor t = random_tensor({3, 4}, 2, {.low = 0.1, .high = 0.9});
  const Tensor weight = random_tensor({4}, 3, {.low = 0.5, .high = 2});
  const Tensor pos_weight = random_tensor({3, 4}, 4, {.low = 0.5, .high = 2});
  for (const Reduction r : kReductions) {
    check([&](const Tensor& a, const Tensor& b) { return losses::mse_loss(a, b, {.reduction = r}); }, {x, t});
    check([&](const Tensor& a, const Tensor& b) { return losses::l1_loss(a, b, {.reduction = r}); }, {x, t});
    check([&](const Tensor& a,
              const Tensor& b) { return losses::binary_cross_entropy_with_logits(a, b, {.reduction = r}); },
          {x, t});
    check(
        [&](const Tensor& a, const Tensor& b, const Tensor& w, const Tensor& p) {
          return losses::binary_cross_entropy_with_logits(a, b, {.weight = w, .reduction = r, .pos_weight = p});
        },
        {x, t, weight, pos_weight});
  }
}

BOOST_AUTO_TEST_CASE(bce_is_smooth_at_zero) {
  const Tensor x = zeros({2}, {.dtype = float64});
  const Tensor t = tensor({0.0, 1.0}, {.dtype = float64});
  check([&](const Tensor& a) { return losses::binary_cross_entropy_with_logits(a, t); }, {x});
}

BOOST_AUTO_TEST_CASE(classes) {
  const Tensor weight = random_tensor({4}, 3, {.low = 0.5, .high = 2});
  struct Case {
    Tensor x, target;
  };
  const Case cases[] = {{random_tensor({3, 4}, 1), tensor({3, -100, 1})},
                        {random_tensor({4}, 2), tensor(2)},
                        {random_tensor({2, 4, 2}, 3), tensor({{0, 1}, {-100, 3}})}};
  for (const Reduction r : kReductions) {
    for (const auto& [x, target] : cases) {
      const Tensor t = target;
      for (const Tensor& w : {Tensor(), weight}) {
        check([&](const Tensor& a) { return losses::nll_loss(a, t, {.weight = w, .reduction = r}); }, {x});
        for (const double s : {0.0, 0.2}) {
          check(
              [&](const Tensor& a) {
                return losses::cross_entropy(a, t, {.weight = w, .reduction = r, .label_smoothing = s});
              },
              {x});
          const Tensor p = softmax(random_tensor(x.shape(), 5), x.dim() == 1 ? 0 : 1);
          check(
              [&](const Tensor& a, const Tensor& b) {
                return losses::cross_entropy(a, b, {.weight = w, .reduction = r, .label_smoothing = s});
              },
              {x, p});
        }
      }
    }
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
