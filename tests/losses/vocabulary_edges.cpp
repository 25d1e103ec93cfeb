// Extreme inputs, nothing to average, a batch of one, for the losses of the vocabulary.
#include <algorithm>
#include <cmath>
#include <limits>

#include "../table.h"
#include "cases.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(losses)
BOOST_AUTO_TEST_SUITE(vocabulary_edges)
namespace {

using namespace testing;

constexpr Reduction kNone = Reduction::None;

bool finite(const Tensor& t) { return isfinite(t).to(float64).sum().item<double>() == static_cast<double>(t.numel()); }

/// Value and gradients are finite, in both dtypes.
template <class F>
void stays_finite(const char* name, F f, const Tensor& input) {
  for (const DType dtype : {float32, float64}) {
    BOOST_TEST_CONTEXT(name << " " << name_of(dtype)) {
      Tensor x = input.detach().clone().to(dtype).requires_grad_();
      const Tensor loss = f(x);
      BOOST_TEST(finite(loss));
      loss.sum().backward();
      BOOST_TEST(finite(x.grad()));
    }
  }
}

BOOST_AUTO_TEST_CASE(logits_of_ten_thousand) {
  const Tensor far = tensor({1e4, -1e4, 1e4, -1e4, 0.0}), y = tensor({1, 1, -1, -1, 1});
  const Tensor t = tensor({1.0, 1.0, 0.0, 0.0, 0.5});
  const auto same = [](const Tensor& x, const Tensor& like) { return x.to(like.dtype()); };
  stays_finite(
      "soft_margin", [&](const Tensor& x) { return losses::soft_margin_loss(x, y, {.reduction = kNone}); }, far);
  for (const double gamma : {0.0, 0.5, 1.0, 2.0}) {
    stays_finite(
        "focal", [&](const Tensor& x) { return losses::focal_loss(x, same(t, x), {.gamma = gamma}); }, far);
    stays_finite(
        "class focal",
        [&](const Tensor& x) { return losses::focal_loss(x.unsqueeze(0), tensor({1}), {.gamma = gamma}); }, far);
    stays_finite(
        "class focal",
        [&](const Tensor& x) { return losses::focal_loss(x.unsqueeze(0), tensor({0}), {.gamma = gamma}); }, far);
  }
  stays_finite(
      "multilabel_soft_margin", [&](const Tensor& x) { return losses::multilabel_soft_margin_loss(x, same(t, x)); },
      far);
  stays_finite(
      "multi_margin", [&](const Tensor& x) { return losses::multi_margin_loss(x, tensor(1), {.p = 2}); }, far);
  stays_finite(
      "smooth_l1", [&](const Tensor& x) { return losses::smooth_l1_loss(x, same(t, x)); }, far);
  stays_finite(
      "huber", [&](const Tensor& x) { return losses::huber_loss(x, same(t, x)); }, far);
  stays_finite(
      "log_cosh", [&](const Tensor& x) { return losses::log_cosh_loss(x, same(t, x)); }, far);
  stays_finite(
      "quantile", [&](const Tensor& x) { return losses::quantile_loss(x, same(t, x)); }, far);
  stays_finite(
      "gauss", [&](const Tensor& x) { return losses::gaussian_nll_loss(x, same(t, x), zeros_like(x)); }, far);
  const Tensor rows = far.unsqueeze(0);
  stays_finite(
      "cosine", [&](const Tensor& x) { return losses::cosine_embedding_loss(x, -x, tensor({-1})); }, rows);
  stays_finite(
      "info_nce", [&](const Tensor& x) { return losses::info_nce_loss(x, x, {.temperature = 1e-3}); }, rows);
  stays_finite(
      "ctc",
      [&](const Tensor& x) {
        return losses::ctc_loss(log_softmax(x.unsqueeze(0).expand({4, 1, 5}), 2), tensor({{1, 3}}), tensor({4}),
                                tensor({2}));
      },
      far);
}

BOOST_AUTO_TEST_CASE(far_values_are_exact) {
  const Tensor far = tensor({1e4, -1e4}, {.dtype = float64}), zero = zeros({2}, {.dtype = float64});
  const auto none = [](const Tensor& loss, const std::vector<double>& expected) {
    BOOST_TEST(max_relative_error(loss, expected) < 1e-15);
  };
  none(losses::soft_margin_loss(far, tensor({1, 1}), {.reduction = kNone}), {0, 1e4});
  none(losses::focal_loss(far, ones({2}, {.dtype = float64}), {.alpha = -1, .reduction = kNone}), {0, 1e4});
  none(losses::log_cosh_loss(far, zero, {.reduction = kNone}), {1e4 - std::log(2.0), 1e4 - std::log(2.0)});
  const Tensor tiny = full({1}, 1e-9, {.dtype = float64});  // relative to the tiny value itself
  const double near = losses::log_cosh_loss(tiny, zeros_like(tiny)).item<double>();
  BOOST_TEST(std::abs(near / 0.5e-18 - 1) < 1e-12);
  const double soft = losses::soft_margin_loss(full({1}, 40.0, {.dtype = float64}), ones({1})).item<double>();
  BOOST_TEST(std::abs(soft / std::exp(-40.0) - 1) < 1e-12);
  const double right =
      losses::focal_loss(full({1}, 40.0, {.dtype = float64}), ones({1}, {.dtype = float64}), {.alpha = -1, .gamma = 1})
          .item<double>();
  BOOST_TEST(std::abs(right / std::exp(-80.0) - 1) < 1e-12);
  const Tensor huge = full({1, 3}, 1e200, {.dtype = float64});
  BOOST_TEST(std::abs(losses::cosine_embedding_loss(huge, huge, ones({1})).item<double>()) < 1e-15);
}

BOOST_AUTO_TEST_CASE(probabilities_of_zero_and_one) {
  const Tensor p = tensor({0.0, 0.0, 1.0, 1.0}), t = tensor({0.0, 1.0, 0.0, 1.0});
  const auto same = [](const Tensor& x, const Tensor& like) { return x.to(like.dtype()); };
  stays_finite(
      "binary", [&](const Tensor& x) { return losses::binary_cross_entropy(x, same(t, x)); }, p);
  stays_finite(
      "binary target", [&](const Tensor& x) { return losses::binary_cross_entropy(same(p, x), x); }, t);
  stays_finite(
      "dice", [&](const Tensor& x) { return losses::dice_loss(x, same(t, x), {.start_dim = 0}); }, p);
  stays_finite(
      "dice of nothing",
      [&](const Tensor& x) { return losses::dice_loss(x, zeros_like(x), {.smooth = 0, .start_dim = 0}); }, zeros({3}));
  BOOST_TEST(losses::dice_loss(zeros({1, 3}), zeros({1, 3}), {.smooth = 0}).item<double>() == 0);
  BOOST_TEST(losses::dice_loss(ones({1, 3}), ones({1, 3}), {.smooth = 0}).item<double>() == 0);
  stays_finite(
      "kl target", [&](const Tensor& x) { return losses::kl_div(full_like(x, -2.0), x); }, p);
  stays_finite(
      "poisson", [&](const Tensor& x) { return losses::poisson_nll_loss(x, same(t, x), {.log_input = false}); }, p);
  stays_finite(
      "poisson target", [&](const Tensor& x) { return losses::poisson_nll_loss(x, x, {.full = true}); }, p);

  const double inf = std::numeric_limits<double>::infinity();
  Tensor x = tensor({-inf, -1.0}, {.dtype = float64});
  x.requires_grad_();
  const Tensor plain = losses::kl_div(x, tensor({0.0, 1.0}, {.dtype = float64}), {.reduction = Reduction::Sum});
  const Tensor log =
      losses::kl_div(x, tensor({-inf, 0.0}, {.dtype = float64}), {.reduction = Reduction::Sum, .log_target = true});
  BOOST_TEST(plain.item<double>() == 1);
  BOOST_TEST(log.item<double>() == 1);
  (plain + log).backward();
  BOOST_TEST(max_relative_error(x.grad(), {0, -2}) == 0);
}

BOOST_AUTO_TEST_CASE(second_order_where_probabilities_are_saturated) {
  const Tensor x = tensor({0.0, 1.0, 0.5}, {.dtype = float64, .requires_grad = true});
  const Tensor loss =
      losses::binary_cross_entropy(x, tensor({1.0, 1.0, 1.0}, {.dtype = float64}), {.reduction = Reduction::Sum});
  const Tensor first = autograd::grad({loss}, {x}, {.create_graph = true})[0];
  const Tensor second = autograd::grad({first.sum()}, {x})[0];
  BOOST_TEST(max_relative_error(second, {1e12, 1e12, 4}) < 1e-7);
}

BOOST_AUTO_TEST_CASE(a_kink_inside_an_infinite_distance) {
  const double inf = std::numeric_limits<double>::infinity();
  Tensor x = tensor({inf, -inf, 0.0}, {.dtype = float64});
  x.requires_grad_();
  const Tensor zero = zeros({3}, {.dtype = float64});
  losses::huber_loss(x, zero, {.reduction = Reduction::Sum}).backward();
  BOOST_TEST(max_relative_error(x.grad(), {1, -1, 0}) == 0);
  const Tensor nan = full({1}, NAN);
  BOOST_TEST(std::isnan(losses::smooth_l1_loss(nan, ones({1})).item<double>()));
  BOOST_TEST(std::isnan(losses::log_cosh_loss(nan, ones({1})).item<double>()));
  BOOST_TEST(std::isnan(losses::quantile_loss(nan, ones({1})).item<double>()));
}

BOOST_AUTO_TEST_CASE(classes_that_are_switched_off) {
  const double inf = std::numeric_limits<double>::infinity();
  Tensor x = tensor({0.5, -inf, 2.0, -0.25}, {.dtype = float64});
  x.requires_grad_();
  const Tensor loss = losses::multilabel_margin_loss(x, tensor({2, 0, -1, 0}));  // only 1 − 0.5 − 0.25 is missed
  BOOST_TEST(loss.item<double>() == 0.25 / 4);
  loss.backward();
  BOOST_TEST(max_relative_error(x.grad(), {-0.25, 0, 0, 0.25}) == 0);
  BOOST_TEST(std::isnan(losses::multilabel_margin_loss(full({2}, NAN), tensor({0, -1})).item<double>()));
}

BOOST_AUTO_TEST_CASE(many_classes_far_from_zero) {
  // Only differences of the inputs count: an offset that loses no digit of them changes nothing, in float32 either.
  const Tensor x = (random_tensor({4, 600}, 3, {.dtype = float32}) * 1024.0).floor() / 1024.0;
  const Tensor target = arange(600).expand({4, 600}) * 7 % 600 - (arange(600) == 5).to(int64) * 36;  // 5 classes
  const auto loss = [&](const Tensor& at) {
    return losses::multilabel_margin_loss(at, target, {.reduction = Reduction::None});
  };
  BOOST_TEST(loss(x).dtype() == float32);
  BOOST_TEST(max_relative_error(loss(x + 8192.0), loss(x)) < 1e-7);
}

BOOST_AUTO_TEST_CASE(nothing_and_one_sample) {
  const StateDict table = read_table("losses/vocabulary.txt");
  const std::vector<std::string> batched = {"real",    "prob", "logits",  "masks", "signs",    "classes",
                                            "triplet", "kl",   "poisson", "gauss", "elements", "some"};
  for (const LossCase& c : loss_cases()) {
    if (std::find(batched.begin(), batched.end(), c.set) == batched.end()) continue;
    BOOST_TEST_CONTEXT(c.name) {
      const StateDict in = inputs_of(c, table);
      const std::int64_t n = in.at(c.leaves[0]).size(0);
      const auto cut = [&](std::int64_t samples) {
        StateDict part;
        for (const auto& [name, tensor] : in) {
          const bool per_sample = tensor.dim() > 0 && tensor.size(0) == n && name != "weight";
          part[name] = per_sample ? tensor.detach().slice(0, 0, samples) : tensor.detach();
          for (const std::string& leaf : c.leaves) {
            if (leaf == name) part[name] = part[name].clone().requires_grad_();
          }
        }
        return part;
      };
      const StateDict empty = cut(0), one = cut(1);
      const Tensor nothing = c.f(empty, Reduction::None, Tensor());
      BOOST_TEST(nothing.numel() == 0);
      BOOST_TEST(std::isnan(c.f(empty, Reduction::Mean, Tensor()).item<double>()));
      const Tensor sum = c.f(empty, Reduction::Sum, Tensor());
      BOOST_TEST(sum.item<double>() == 0);
      sum.backward();
      if (c.name != "info_nce/batch") {  // there the others of the batch count
        const Tensor first = c.f(one, Reduction::None, Tensor()), all = c.f(in, Reduction::None, Tensor());
        BOOST_TEST(max_relative_error(first, all.slice(0, 0, 1)) < 1e-14);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(ctc_of_little) {
  const auto ints = [](std::vector<std::int64_t> values) { return from_vector(values); };
  Tensor x = random_tensor({2, 1, 3}, 1, {.low = -2, .high = -1, .requires_grad = true});
  // nothing fits: one step for two labels
  const Tensor too_long = losses::ctc_loss(x, tensor({{1, 2}}), ints({1}), ints({2}));
  BOOST_TEST(std::isinf(too_long.item<double>()));
  too_long.backward();
  BOOST_TEST(x.grad().abs().sum().item<double>() == 0);
  // a repeated label needs a blank between
  BOOST_TEST(std::isinf(losses::ctc_loss(x, tensor({{1, 1}}), ints({2}), ints({2})).item<double>()));
  BOOST_TEST(losses::ctc_loss(x, tensor({{1, 1}}), ints({2}), ints({2}), {.zero_infinity = true}).item<double>() == 0);
  // an empty target: all blanks, and the mean divides by 1
  const Tensor blanks = losses::ctc_loss(x, zeros({0}, {.dtype = int64}), ints({2}), ints({0}));
  const std::vector<double> values = x.to_vector<double>();
  BOOST_TEST(std::abs(blanks.item<double>() + values[0] + values[3]) < 1e-15);
  // no steps: certain for an empty target, else impossible
  BOOST_TEST(losses::ctc_loss(x, tensor({{1}}), ints({0}), ints({0})).item<double>() == 0);
  BOOST_TEST(std::isinf(losses::ctc_loss(x, tensor({{1}}), ints({0}), ints({1})).item<double>()));
  // no samples
  const Tensor none = losses::ctc_loss(zeros({2, 0, 3}), zeros({0}, {.dtype = int64}), zeros({0}, {.dtype = int64}),
                                       zeros({0}, {.dtype = int64}));
  BOOST_TEST(std::isnan(none.item<double>()));
  // mean over samples of loss / target length
  const Tensor two = random_tensor({4, 2, 3}, 2, {.low = -2, .high = -1});
  const Tensor targets = tensor({{1, 2}, {2, 0}}), lengths = ints({2, 1}), inputs = ints({4, 3});
  const std::vector<double> each =
      losses::ctc_loss(two, targets, inputs, lengths, {.reduction = kNone}).to_vector<double>();
  BOOST_TEST(std::abs(losses::ctc_loss(two, targets, inputs, lengths).item<double>() - (each[0] / 2 + each[1]) / 2) <
             1e-15);
  // a long input neither under- nor overflows
  const Tensor steps = full({3000, 1, 3}, -std::log(3.0), {.dtype = float32});
  const double nll =
      losses::ctc_loss(steps, tensor({{1, 2}}), ints({3000}), ints({2}), {.reduction = kNone}).item<double>();
  BOOST_TEST(nll > 3000 * std::log(3.0) - 40);
  BOOST_TEST(nll < 3000 * std::log(3.0));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
