// Extreme logits, nothing to average, every sample ignored, other element types.
#include <cmath>

#include "../fixture.h"
#include "losses/losses.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(losses)
BOOST_AUTO_TEST_SUITE(edges)
namespace {

using namespace testing;

/// Largest |a − b| / |b|, elementwise, where b is not 0.
double worst(const Tensor& a, const std::vector<double>& b) {
  const std::vector<double> values = a.to_vector<double>();
  double error = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    error = std::max(error, std::abs(values[i] - b[i]) / (b[i] == 0 ? 1 : std::abs(b[i])));
  }
  return error;
}

BOOST_AUTO_TEST_CASE(bce_is_accurate_for_logits_of_any_size) {
  std::vector<double> xs, ts, values, gradients;
  for (const double x : {-1e4, -700.0, -40.0, -17.0, -1.0, -1e-9, 0.0, 1e-9, 1.0, 17.0, 40.0, 700.0, 1e4}) {
    for (const double t : {0.0, 1.0}) {
      const double s = t == 0 ? x : -x;  // l = log(1 + e^s), dl/dx = ±σ(s)
      xs.push_back(x);
      ts.push_back(t);
      values.push_back(std::max(s, 0.0) + std::log1p(std::exp(-std::abs(s))));
      gradients.push_back((t == 0 ? 1 : -1) * (s < 0 ? std::exp(s) / (1 + std::exp(s)) : 1 / (1 + std::exp(-s))));
    }
  }
  for (const DType dtype : {float64, float32}) {
    const double tolerance = dtype == float64 ? 4e-15 : 1e-6;
    for (const bool with_pos_weight : {false, true}) {
      const Tensor t = from_vector(ts).to(dtype);
      Tensor x = from_vector(xs).to(dtype).requires_grad_();
      losses::BCEWithLogitsLossOptions options{.reduction = Reduction::None};
      if (with_pos_weight) options.pos_weight = ones({1}, {.dtype = dtype});
      const Tensor loss = losses::binary_cross_entropy_with_logits(x, t, options);
      loss.sum().backward();
      BOOST_TEST_CONTEXT(name_of(dtype) << " " << with_pos_weight) {
        if (dtype == float64) {  // relative to each value, however small; exp(−700) is no float32
          BOOST_TEST(worst(loss, values) < tolerance);
          BOOST_TEST(worst(x.grad(), gradients) < tolerance);
        } else {
          BOOST_TEST(max_relative_error(loss, values) < tolerance);
          BOOST_TEST(max_relative_error(x.grad(), gradients) < tolerance);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(cross_entropy_is_finite_for_logits_of_any_size) {
  const Tensor x = tensor({{1e4, -1e4, 0.0}, {-1e4, 1e4, 0.0}}, {.requires_grad = true});
  const Tensor loss = losses::cross_entropy(x, tensor({0, 0}), {.reduction = Reduction::None});
  BOOST_TEST(max_relative_error(loss, {0, 2e4}) < 1e-6);
  loss.sum().backward();
  BOOST_TEST(max_relative_error(x.grad(), {0, 0, 0, -1, 1, 0}) < 1e-6);
}

BOOST_AUTO_TEST_CASE(a_mean_over_nothing_is_nan) {
  const Tensor none = zeros({0, 4}, {.requires_grad = true});
  const Tensor no_target = zeros({0}, {.dtype = int64});
  const auto nan = [](const Tensor& loss) { return std::isnan(loss.item<double>()); };
  BOOST_TEST(nan(losses::mse_loss(none, none)));
  BOOST_TEST(nan(losses::l1_loss(none, none)));
  BOOST_TEST(nan(losses::binary_cross_entropy_with_logits(none, none)));
  BOOST_TEST(nan(losses::nll_loss(none, no_target)));
  BOOST_TEST(nan(losses::cross_entropy(none, no_target)));
  BOOST_TEST(nan(losses::cross_entropy(none, zeros({0, 4}))));
  BOOST_TEST(losses::mse_loss(none, none, {.reduction = Reduction::Sum}).item<double>() == 0);
  BOOST_TEST(losses::cross_entropy(none, no_target, {.reduction = Reduction::Sum}).item<double>() == 0);
  BOOST_TEST((losses::cross_entropy(none, no_target, {.reduction = Reduction::None}).shape() == Shape{0}));
  BOOST_TEST(
      (losses::nll_loss(zeros({2, 3, 0}), zeros({2, 0}, {.dtype = int64}), {.reduction = Reduction::None}).shape() ==
       Shape{2, 0}));

  const Tensor ignored = tensor({-100, -100});
  for (const Tensor& weight : {Tensor(), ones({3})}) {  // all ignored: NaN, but no gradient, as in PyTorch
    for (const double smoothing : {0.0, 0.1}) {
      const Tensor x = random_tensor({2, 3}, 1, {.dtype = float32, .requires_grad = true});
      const Tensor loss = losses::cross_entropy(x, ignored, {.weight = weight, .label_smoothing = smoothing});
      BOOST_TEST(nan(loss));
      loss.backward();
      BOOST_TEST(x.grad().abs().sum().item<double>() == 0);
      const Tensor y = random_tensor({2, 3}, 2, {.dtype = float32, .requires_grad = true});
      const Tensor nll = losses::nll_loss(y, ignored, {.weight = weight});
      BOOST_TEST(nan(nll));
      nll.backward();
      BOOST_TEST(y.grad().abs().sum().item<double>() == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_ignored_row_may_hold_anything) {
  const Tensor x = tensor({{-INFINITY, 0.0}, {-1.0, -2.0}}, {.requires_grad = true});
  const Tensor loss = losses::nll_loss(x, tensor({0, 1}), {.ignore_index = 0});
  BOOST_TEST(loss.item<double>() == 2);
  loss.backward();
  BOOST_TEST(max_relative_error(x.grad(), {0, 0, 0, -1}) == 0);
  const Tensor kept = losses::nll_loss(x, tensor({1, 99}), {.ignore_index = 99});
  BOOST_TEST(kept.item<double>() == 0);
}

BOOST_AUTO_TEST_CASE(non_contiguous_inputs_and_targets) {
  const Tensor x = random_tensor({4, 3}, 1).transpose(0, 1);  // [3, 4]
  const Tensor target = tensor({{3, 0}, {1, 0}, {2, 0}}).select(1, 0);
  BOOST_TEST(max_relative_error(losses::cross_entropy(x, target),
                                losses::cross_entropy(x.contiguous(), tensor({3, 1, 2}))) < 1e-15);
  BOOST_TEST(max_relative_error(losses::nll_loss(x, target), losses::nll_loss(x.contiguous(), tensor({3, 1, 2}))) <
             1e-15);
}

BOOST_AUTO_TEST_CASE(types) {
  const Tensor x = random_tensor({3, 4}, 1, {.dtype = float32});
  const Tensor weight = ones({4}, {.dtype = float64});  // follows the input's type
  BOOST_TEST(losses::cross_entropy(x, tensor({0, 1, 2}), {.weight = weight}).dtype() == float32);
  BOOST_TEST(losses::nll_loss(x, tensor({0, 1, 2}), {.weight = weight}).dtype() == float32);
  BOOST_TEST(losses::cross_entropy(x, softmax(x, 1)).dtype() == float32);
  BOOST_TEST(losses::mse_loss(x, x).dtype() == float32);
  BOOST_TEST(losses::mse_loss(x, x.to(float64)).dtype() == float64);
  BOOST_TEST(losses::mse_loss(tensor(3.0), tensor(1.0)).item<double>() == 4);
  BOOST_TEST((losses::l1_loss(tensor(3.0), tensor(1.0), {.reduction = Reduction::None}).shape() == Shape{}));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
