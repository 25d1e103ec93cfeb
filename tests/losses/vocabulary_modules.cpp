// The losses of the vocabulary as modules, weights of classes, and weights of tasks.
#include <cmath>
#include <sstream>

#include "../fixture.h"
#include "losses/losses.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(losses)
BOOST_AUTO_TEST_SUITE(vocabulary_modules)
namespace {

using namespace testing;

constexpr Reduction kSum = Reduction::Sum;

BOOST_AUTO_TEST_CASE(they_compute_what_the_functions_do) {
  const Tensor x = random_tensor({3, 4}, 1), t = random_tensor({3, 4}, 2, {.low = 0, .high = 1});
  const Tensor p = random_tensor({3, 4}, 3, {.low = 0, .high = 1}), w = random_tensor({4}, 4, {.low = 1, .high = 2});
  const Tensor y = tensor({{1, -1, 1, 1}, {-1, -1, 1, -1}, {1, 1, -1, 1}}), sign = tensor({1, -1, 1});
  const Tensor classes = tensor({0, 3, 1}), lists = tensor({{3, 0, -1, 1}, {1, -1, 2, 2}, {-1, 0, 0, 0}});
  const auto check = [&](auto module, auto function, auto options, const auto&... in) {
    using Module = decltype(module);
    options.reduction = kSum;
    options.sample_weight = tensor({1.0, 2.0, 0.5}, {.dtype = float64});
    BOOST_TEST(same_bits(module(in...), function(in..., decltype(options){})));
    BOOST_TEST(same_bits(Module(options)(in...), function(in..., options)));
    BOOST_TEST(!Module(options).state_dict().contains("sample_weight"));  // it belongs to the data
    const nn::Module& base = module;
    BOOST_TEST(module.parameters().empty());
    std::ostringstream out;
    out << base;
    BOOST_TEST(out.str() == module.name() + "()");
  };
  check(losses::SmoothL1Loss(), losses::smooth_l1_loss, losses::SmoothL1LossOptions{.beta = 0.3}, x, t);
  check(losses::HuberLoss(), losses::huber_loss, losses::HuberLossOptions{.delta = 0.3}, x, t);
  check(losses::LogCoshLoss(), losses::log_cosh_loss, losses::LogCoshLossOptions{}, x, t);
  check(losses::QuantileLoss(), losses::quantile_loss, losses::QuantileLossOptions{.quantile = 0.3}, x, t);
  check(losses::MSELoss(), losses::mse_loss, losses::MSELossOptions{}, x, t);
  check(losses::L1Loss(), losses::l1_loss, losses::L1LossOptions{}, x, t);
  check(losses::KLDivLoss(), losses::kl_div, losses::KLDivLossOptions{.log_target = true}, x, t);
  check(losses::PoissonNLLLoss(), losses::poisson_nll_loss, losses::PoissonNLLLossOptions{.full = true}, x, t);
  check(losses::GaussianNLLLoss(), losses::gaussian_nll_loss, losses::GaussianNLLLossOptions{.full = true}, x, t, p);
  check(losses::HingeEmbeddingLoss(), losses::hinge_embedding_loss, losses::HingeEmbeddingLossOptions{.margin = 2}, x,
        y);
  check(losses::SoftMarginLoss(), losses::soft_margin_loss, losses::SoftMarginLossOptions{}, x, y);
  check(losses::MarginRankingLoss(), losses::margin_ranking_loss, losses::MarginRankingLossOptions{.margin = 1}, x, t,
        y);
  check(losses::MultiMarginLoss(), losses::multi_margin_loss, losses::MultiMarginLossOptions{.p = 2, .weight = w}, x,
        classes);
  check(losses::MultiLabelMarginLoss(), losses::multilabel_margin_loss, losses::MultiLabelMarginLossOptions{}, x,
        lists);
  check(losses::MultiLabelSoftMarginLoss(), losses::multilabel_soft_margin_loss,
        losses::MultiLabelSoftMarginLossOptions{.weight = w}, x, t);
  check(losses::FocalLoss(), losses::focal_loss, losses::FocalLossOptions{.gamma = 1, .weight = w}, x, classes);
  check(losses::DiceLoss(), losses::dice_loss, losses::DiceLossOptions{.squared = true}, p, t);
  check(losses::TripletMarginLoss(), losses::triplet_margin_loss, losses::TripletMarginLossOptions{.swap = true}, x, t,
        p);
  check(losses::TripletMarginWithDistanceLoss(), losses::triplet_margin_with_distance_loss,
        losses::TripletMarginWithDistanceLossOptions{.margin = 2}, x, t, p);
  check(losses::CosineEmbeddingLoss(), losses::cosine_embedding_loss, losses::CosineEmbeddingLossOptions{.margin = 0.5},
        x, t, sign);
  check(losses::InfoNCELoss(), losses::info_nce_loss, losses::InfoNCELossOptions{.temperature = 1}, x, t);
  check(losses::CrossEntropyLoss(), losses::cross_entropy, losses::CrossEntropyLossOptions{.weight = w}, x, classes);
  check(losses::NLLLoss(), losses::nll_loss, losses::NLLLossOptions{.weight = w}, x, classes);
  const Tensor steps = random_tensor({5, 3, 4}, 9), in = tensor({5, 4, 5}), len = tensor({2, 1, 3});
  check(losses::CTCLoss(), losses::ctc_loss, losses::CTCLossOptions{.blank = 0}, steps,
        tensor({{1, 2, 0}, {3, 0, 0}, {1, 1, 2}}), in, len);
  check(losses::BCELoss(), losses::binary_cross_entropy, losses::BCELossOptions{.weight = w}, p, t);
  check(losses::BCEWithLogitsLoss(), losses::binary_cross_entropy_with_logits,
        losses::BCEWithLogitsLossOptions{.weight = w, .pos_weight = w}, x, t);
}

BOOST_AUTO_TEST_CASE(weights_follow_the_module) {
  losses::MultiMarginLoss multi({.weight = ones({4})});
  losses::FocalLoss focal({.weight = ones({4}), .sample_weight = ones({3})});
  BOOST_TEST(multi.state_dict().contains("weight"));
  BOOST_TEST(focal.state_dict().size() == 1u);
  multi.to(float64);
  focal.to(float64);
  BOOST_TEST(multi.weight.dtype() == float64);
  BOOST_TEST(focal.options().sample_weight.dtype() == float64);
  focal.weight.copy_(zeros({4}));  // what the loss computes with
  const Tensor x = random_tensor({3, 4}, 1);
  BOOST_TEST(focal.options().weight.abs().sum().item<double>() == 0);
  BOOST_TEST(multi(x, tensor({0, 1, 2})).dtype() == float64);
}

BOOST_AUTO_TEST_CASE(class_weights_from_counts) {
  // sklearn: compute_class_weight("balanced") of 10, 30, 60
  const Tensor balanced = losses::balanced_class_weights(tensor({10, 30, 60}));
  BOOST_TEST(max_relative_error(balanced, {10.0 / 3, 10.0 / 9, 5.0 / 9}) < 1e-7);
  BOOST_TEST(balanced.dtype() == float32);
  const Tensor labels = tensor({0, 1, 1, 2, 2, 2});
  BOOST_TEST(max_relative_error(losses::balanced_class_weights(bincount(labels)), {2, 1, 2.0 / 3}) < 1e-7);

  const double b = 0.9, raw[] = {(1 - b) / (1 - std::pow(b, 1)), (1 - b) / (1 - std::pow(b, 5))};
  const Tensor effective = losses::effective_number_class_weights(tensor({1, 5}), {.beta = b});
  BOOST_TEST(max_relative_error(effective, {2 * raw[0] / (raw[0] + raw[1]), 2 * raw[1] / (raw[0] + raw[1])}) < 1e-6);
  BOOST_TEST(max_relative_error(losses::effective_number_class_weights(tensor({1, 5}), {.beta = 0}), {1, 1}) == 0);
  // towards 1 it is the inverse frequency, also where βⁿ rounds to 1
  const Tensor inverse = losses::effective_number_class_weights(tensor({1, 3}), {.beta = 1 - 1e-15});
  BOOST_TEST(max_relative_error(inverse, {1.5, 0.5}) < 1e-6);
}

BOOST_AUTO_TEST_CASE(uncertainty_weighting) {
  losses::UncertaintyWeighting weigh(2, {.classification = {false, true}});
  weigh.to(float64);
  {
    const NoGradGuard no_grad;
    weigh.log_vars.copy_(tensor({0.4, -0.6}, {.dtype = float64}));
  }
  const Tensor a = full({}, 3.0, {.dtype = float64, .requires_grad = true}), b = full({1}, 2.0, {.dtype = float64});
  const Tensor loss = weigh({a, b});
  BOOST_TEST((loss.shape() == Shape{}));
  BOOST_TEST(std::abs(loss.item<double>() - (0.5 * std::exp(-0.4) * 3 + std::exp(0.6) * 2 + 0.2 - 0.3)) < 1e-14);
  loss.backward();
  BOOST_TEST(max_relative_error(weigh.log_vars.grad(), {0.5 - 0.5 * std::exp(-0.4) * 3, 0.5 - std::exp(0.6) * 2}) <
             1e-14);
  BOOST_TEST(std::abs(a.grad().item<double>() - 0.5 * std::exp(-0.4)) < 1e-15);
  BOOST_TEST(weigh.parameters().size() == 1u);
  require_throws<ShapeError>([&] { weigh({a}); }, "UncertaintyWeighting: needs one loss a task, got 1 for 2 tasks");
  require_throws<ShapeError>([&] { weigh({a, ones({2})}); }, "loss 1 must have one element, got shape [2]");
  require_throws<std::invalid_argument>([] { losses::UncertaintyWeighting(0); }, "tasks must be at least 1, got 0");
  require_throws<std::invalid_argument>([] { losses::UncertaintyWeighting(2, {.classification = {true}}); },
                                        "classification must have one entry a task, got 1 for 2");
}

BOOST_AUTO_TEST_CASE(grad_norm) {
  losses::GradNorm norm(2, {.alpha = 0.5});
  norm.to(float64);
  const Tensor w = tensor({1.0, 2.0}, {.dtype = float64, .requires_grad = true});
  const auto tasks = [&] { return std::vector<Tensor>{(w * w).sum(), (w * 3.0).sum()}; };  // 5 and 9
  const std::vector<Tensor> first = tasks();
  BOOST_TEST(norm(first).item<double>() == 14);
  // G = (2·√5, 3·√2), r = 1: Σ |G − Ḡ| = |G₁ − G₂|
  const double g1 = 2 * std::sqrt(5.0), g2 = 3 * std::sqrt(2.0);
  BOOST_TEST(std::abs(norm.balance(first, {w}).item<double>() - (g1 - g2)) < 1e-14);
  BOOST_TEST(max_relative_error(norm.initial_losses, {5, 9}) == 0);
  norm(first).backward();  // the graph is still there, and w has no part in it
  BOOST_TEST(!norm.weights.grad().defined());
  {
    const NoGradGuard no_grad;
    Tensor handle = w;
    handle.copy_(tensor({2.0, 4.0}, {.dtype = float64}));  // losses 20 and 18: L/L(0) = 4 and 2, r = 4/3 and 2/3
  }
  const Tensor balance = norm.balance(tasks(), {w});
  const double h1 = 2 * std::sqrt(20.0), mean = (h1 + g2) / 2;
  const double d1 = h1 - mean * std::sqrt(4.0 / 3), d2 = g2 - mean * std::sqrt(2.0 / 3);
  BOOST_TEST(std::abs(balance.item<double>() - std::abs(d1) - std::abs(d2)) < 1e-14);
  balance.backward();  // the target is constant
  BOOST_TEST(max_relative_error(norm.weights.grad(), {d1 > 0 ? h1 : -h1, d2 > 0 ? g2 : -g2}) < 1e-14);
  {
    const NoGradGuard no_grad;
    norm.weights.copy_(tensor({3.0, -1.0}, {.dtype = float64}));
  }
  norm.renormalize();
  const double least = 2 * 1e-4 / (3 + 1e-4);  // a weight below 0 is made a small one
  BOOST_TEST(max_relative_error(norm.weights, {2 - least, least}) < 1e-15);
  BOOST_TEST(norm.state_dict().size() == 2u);

  {
    const NoGradGuard no_grad;
    norm.weights.copy_(tensor({NAN, 1.0}, {.dtype = float64}));
  }
  require_throws<Error>([&] { norm.renormalize(); }, "GradNorm: the weights must be finite");

  losses::GradNorm fresh(2);
  require_throws<Error>(
      [&] {
        fresh.balance({(w * 0.0).sum(), w.sum()}, {w});
      },
      "the first loss of task 0 must be positive and finite, got 0");
  fresh.balance(tasks(), {w});
  require_throws<Error>(
      [&] {
        fresh.balance({w.sum(), (w * NAN).sum()}, {w});
      },
      "the loss of task 1 must be at least 0 and finite, got nan");
  BOOST_TEST(isfinite(fresh.balance({(w * 0.0).sum(), (w * 0.0).sum()}, {w})).item<bool>());  // all is learnt
  require_throws<std::invalid_argument>([&] { fresh.balance(tasks(), {}); }, "shared must hold at least one parameter");
  require_throws<std::invalid_argument>([&] { fresh.balance(tasks(), {ones({1})}); },
                                        "shared parameter 0 must require a gradient");
  require_throws<std::invalid_argument>([] { losses::GradNorm(2, {.alpha = -1}); }, "GradNorm: alpha must be finite");
}

BOOST_AUTO_TEST_CASE(grad_norm_finds_small_weights_with_long_steps) {
  // Two tasks of one parameter whose gradients differ a thousandfold: w₁·1 = w₂·1000 balances them. Steps of 0.1 carry
  // w₂ to 0 again and again; it must come back each time.
  losses::GradNorm norm(2, {.alpha = 0});
  const Tensor x = ones({1}, {.requires_grad = true});
  double w2 = 1, mean = 0;
  int returns = 0;
  for (int step = 0; step < 200; ++step) {
    norm.zero_grad();
    norm.balance({x.sum(), (x * 1000.0).sum()}, {x}).backward();
    {
      const NoGradGuard no_grad;
      norm.weights.copy_(norm.weights - 0.1 * sign(norm.weights.grad()));
    }
    norm.renormalize();
    const double now = norm.weights[1].item<double>();
    BOOST_TEST(now > 0);
    returns += now > w2;
    w2 = now;
    if (step >= 100) mean += now / 100;
  }
  BOOST_TEST(returns > 50);
  BOOST_TEST(mean < 0.1);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
