// What the losses of the vocabulary refuse, and in which words.
#include <cmath>

#include "../fixture.h"
#include "losses/losses.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(losses)
BOOST_AUTO_TEST_SUITE(vocabulary_errors)
namespace {

using namespace testing;

using Pairwise = Tensor (*)(const Tensor&, const Tensor&);
struct Named {
  const char* name;
  Pairwise loss;
};

BOOST_AUTO_TEST_CASE(pairs) {
  const Named all[] = {
      {"smooth_l1_loss", [](const Tensor& x, const Tensor& t) { return losses::smooth_l1_loss(x, t); }},
      {"huber_loss", [](const Tensor& x, const Tensor& t) { return losses::huber_loss(x, t); }},
      {"log_cosh_loss", [](const Tensor& x, const Tensor& t) { return losses::log_cosh_loss(x, t); }},
      {"quantile_loss", [](const Tensor& x, const Tensor& t) { return losses::quantile_loss(x, t); }},
      {"binary_cross_entropy", [](const Tensor& x, const Tensor& t) { return losses::binary_cross_entropy(x, t); }},
      {"kl_div", [](const Tensor& x, const Tensor& t) { return losses::kl_div(x, t); }},
      {"poisson_nll_loss", [](const Tensor& x, const Tensor& t) { return losses::poisson_nll_loss(x, t); }},
      {"gaussian_nll_loss", [](const Tensor& x, const Tensor& t) { return losses::gaussian_nll_loss(x, t, x); }},
      {"multilabel_soft_margin_loss",
       [](const Tensor& x, const Tensor& t) { return losses::multilabel_soft_margin_loss(x, t); }},
      {"dice_loss", [](const Tensor& x, const Tensor& t) { return losses::dice_loss(x, t); }}};
  const Tensor x = ones({4, 1});
  for (const auto& [name, loss] : all) {
    const std::string p = std::string(name) + ": ";
    const auto call = [loss = loss](const Tensor& a, const Tensor& b) { return [=] { loss(a, b); }; };
    require_throws<ShapeError>(call(x, ones({4})), p + "input and target must have the same shape, got [4, 1] and [4]");
    require_throws<DTypeError>(call(x, ones({4, 1}, {.dtype = int64})), p + "target must be floating, got int64");
    require_throws<DTypeError>(call(ones({4, 1}, {.dtype = uint8}), x), p + "input must be floating, got uint8");
    require_throws<Error>(call(Tensor(), x), p + "input is undefined");
    require_throws<Error>(call(x, Tensor()), p + "target is undefined");
  }
}

BOOST_AUTO_TEST_CASE(probabilities) {
  const Tensor good = full({2, 2}, 0.5);
  struct Bad {
    Tensor value;
    std::string words;
  };
  const Bad bad[] = {{tensor({{0.5, 1.5}, {-1.0, 0.5}}), "must be in [0, 1], got 1.5 at position [0, 1]"},
                     {tensor({{0.5, 1.0}, {-0.25, 0.5}}), "must be in [0, 1], got -0.25 at position [1, 0]"},
                     {tensor({{0.5, 1.0}, {0.5, NAN}}), "must be in [0, 1], got nan at position [1, 1]"}};
  for (const auto& [value, words] : bad) {
    const Tensor v = value;
    require_throws<Error>([&] { losses::binary_cross_entropy(v, good); }, "binary_cross_entropy: input " + words);
    require_throws<Error>([&] { losses::binary_cross_entropy(good, v); }, "target " + words);
    require_throws<Error>([&] { losses::binary_cross_entropy_with_logits(good, v); }, "target " + words);
    require_throws<Error>([&] { losses::multilabel_soft_margin_loss(good, v); }, "target " + words);
    require_throws<Error>([&] { losses::focal_loss(good, v); }, "focal_loss: target " + words);
    require_throws<Error>([&] { losses::dice_loss(v, good); }, "dice_loss: input " + words);
    require_throws<Error>([&] { losses::dice_loss(good, v); }, "dice_loss: target " + words);
  }
  require_throws<Error>(
      [&] {
        losses::gaussian_nll_loss(good, good, tensor({{1.0, 0.0}, {-2.0, 1.0}}));
      },
      "gaussian_nll_loss: var must not be negative, got -2 at position [1, 0]");
  require_throws<ShapeError>([&] { losses::gaussian_nll_loss(good, good, ones({3})); },
                             "var must have the input's shape [2, 2], or that with 1 for or without its last dim, got");
  require_throws<ShapeError>([&] { losses::gaussian_nll_loss(tensor(1.0), tensor(1.0), ones({1})); }, "got [1]");
  require_throws<DTypeError>([&] { losses::gaussian_nll_loss(good, good, ones({2}, {.dtype = int64})); },
                             "var must be floating");
}

BOOST_AUTO_TEST_CASE(signs) {
  const Tensor x = ones({2, 3}), y = ones({2, 3});
  const auto hinge = [](const Tensor& a, const Tensor& t) { losses::hinge_embedding_loss(a, t); };
  const auto soft = [](const Tensor& a, const Tensor& t) { losses::soft_margin_loss(a, t); };
  const auto ranking = [](const Tensor& a, const Tensor& t) { losses::margin_ranking_loss(a, a, t); };
  const auto refuse = [&](const std::string& name, auto loss) {
    const Tensor bad = tensor({{1, -1, 0}, {2, 1, 1}});
    require_throws<IndexError>([&] { loss(x, bad); }, name + ": target must be 1 or -1, got 0 at position [0, 2]");
    require_throws<ShapeError>([&] { loss(x, ones({3})); }, name + ": target must have shape [2, 3], got [3]");
    require_throws<DTypeError>([&] { loss(x, ones({2, 3}, {.dtype = boolean})); }, "floating or int64, got bool");
    require_throws<Error>([&] { loss(x, Tensor()); }, name + ": target is undefined");
    loss(x, ones({2, 3}, {.dtype = int64}));  // integers are fine
  };
  refuse("hinge_embedding_loss", hinge);
  refuse("soft_margin_loss", soft);
  refuse("margin_ranking_loss", ranking);
  require_throws<ShapeError>([&] { losses::margin_ranking_loss(x, ones({3}), y); }, "got [2, 3] and [3]");
  require_throws<ShapeError>([&] { losses::cosine_embedding_loss(x, x, y); }, "target must have shape [2], got [2, 3]");
  require_throws<IndexError>([&] { losses::cosine_embedding_loss(x, x, tensor({1, 5})); }, "got 5 at position [1]");
  require_throws<ShapeError>(
      [&] {
        losses::cosine_embedding_loss(ones({1, 2, 3}), ones({1, 2, 3}), ones({1}));
      },
      "inputs must be [D] or [N, D], got [1, 2, 3]");
}

BOOST_AUTO_TEST_CASE(classes) {
  const Tensor x = ones({2, 3}), good = tensor({0, 2});
  require_throws<IndexError>(
      [&] {
        losses::multi_margin_loss(x, tensor({0, 3}));
      },
      "multi_margin_loss: class 3 at position [1] of the target is out of range [0, 3)");
  require_throws<IndexError>([&] { losses::multi_margin_loss(x, tensor({-100, 1})); }, "class -100 at position [0]");
  require_throws<ShapeError>(
      [&] {
        losses::multi_margin_loss(ones({2, 3, 4}), good);
      },
      "input must be [C] or [N, C], got [2, 3, 4]");
  require_throws<ShapeError>([&] { losses::multi_margin_loss(x, good, {.weight = ones({2})}); },
                             "weight must have one element a class, got [2] for 3 classes");
  require_throws<std::invalid_argument>([&] { losses::multi_margin_loss(x, good, {.p = 3}); }, "p must be 1 or 2");
  require_throws<IndexError>(
      [&] {
        losses::multilabel_margin_loss(x, tensor({{0, 1, -1}, {1, -1, 3}}));
      },
      "multilabel_margin_loss: class 3 at position [1, 2] of the target is out of range [-1, 3)");
  require_throws<IndexError>(
      [&] {
        losses::multilabel_margin_loss(x, tensor({{0, 1, -2}, {1, -1, 0}}));
      },
      "class -2 at position [0, 2]");
  require_throws<DTypeError>([&] { losses::multilabel_margin_loss(x, x); }, "class indices must be int64, got float32");
  require_throws<ShapeError>([&] { losses::multilabel_margin_loss(x, good); }, "got [2, 3] and [2]");
  require_throws<ShapeError>([&] { losses::multilabel_soft_margin_loss(x, x, {.weight = ones({2})}); },
                             "weight must have one element a class, got [2] for 3 classes");
  require_throws<IndexError>([&] { losses::focal_loss(x, tensor({0, 3})); }, "focal_loss: class 3 at position [1]");
  require_throws<ShapeError>([&] { losses::focal_loss(x, tensor({0})); }, "class indices must have shape [2], got [1]");
}

BOOST_AUTO_TEST_CASE(embeddings) {
  const Tensor x = ones({2, 3}), other = ones({3});
  require_throws<ShapeError>([&] { losses::triplet_margin_loss(x, other, x); },
                             "triplet_margin_loss: anchor and positive must have the same shape, got [2, 3] and [3]");
  require_throws<ShapeError>([&] { losses::triplet_margin_with_distance_loss(x, x, other); },
                             "anchor and negative must have the same shape");
  require_throws<DTypeError>([&] { losses::triplet_margin_loss(x, x, x.to(float64)); },
                             "anchor and negative must be of one dtype, got float32 and float64");
  require_throws<ShapeError>([&] { losses::triplet_margin_loss(tensor(1.0), tensor(1.0), tensor(1.0)); }, "got []");
  require_throws<ShapeError>([&] { losses::info_nce_loss(other, other); }, "query and key must be [N, D], got [3]");
  require_throws<ShapeError>(
      [&] {
        losses::info_nce_loss(x, x, {.negatives = ones({4, 2})});
      },
      "negatives must be [M, 3] or [2, M, 3], got [4, 2]");
}

BOOST_AUTO_TEST_CASE(options) {
  const Tensor x = full({2, 3}, 0.5), y = ones({2, 3});
  const auto refuse = [](auto f, const std::string& words) { require_throws<std::invalid_argument>(f, words); };
  refuse([&] { losses::smooth_l1_loss(x, x, {.beta = -1}); }, "smooth_l1_loss: beta must be finite and at least 0");
  refuse([&] { losses::huber_loss(x, x, {.delta = 0}); }, "huber_loss: delta must be finite and above 0, got 0");
  refuse([&] { losses::huber_loss(x, x, {.delta = NAN}); }, "delta must be finite and above 0, got nan");
  refuse([&] { losses::quantile_loss(x, x, {.quantile = 1}); }, "quantile must be in (0, 1), got 1");
  refuse([&] { losses::hinge_embedding_loss(x, y, {.margin = NAN}); }, "margin must be finite, got nan");
  refuse([&] { losses::margin_ranking_loss(x, x, y, {.margin = INFINITY}); }, "margin must be finite, got inf");
  refuse([&] { losses::triplet_margin_loss(x, x, x, {.margin = 0}); }, "margin must be finite and above 0, got 0");
  refuse([&] { losses::triplet_margin_loss(x, x, x, {.p = -1}); }, "p must be at least 0, got -1");
  refuse([&] { losses::cosine_embedding_loss(x, x, ones({2}), {.margin = 2}); }, "margin must be in [-1, 1], got 2");
  refuse([&] { losses::info_nce_loss(x, x, {.temperature = 0}); }, "temperature must be finite and above 0");
  refuse([&] { losses::focal_loss(x, x, {.gamma = -1}); }, "gamma must be finite and at least 0, got -1");
  refuse([&] { losses::focal_loss(x, x, {.alpha = 1.5}); }, "alpha must be at most 1, got 1.5");
  refuse([&] { losses::dice_loss(x, x, {.smooth = -1}); }, "smooth must be finite and at least 0, got -1");
  require_throws<IndexError>([&] { losses::dice_loss(x, x, {.start_dim = 2}); }, "start_dim 2 is out of range [0, 2)");
  refuse([&] { losses::poisson_nll_loss(x, x, {.eps = -1}); }, "eps must be finite and at least 0, got -1");
  refuse([&] { losses::gaussian_nll_loss(x, x, x, {.eps = 0}); }, "eps must be finite and above 0, got 0");
}

BOOST_AUTO_TEST_CASE(ctc) {
  const Tensor x = zeros({4, 2, 3}), t = tensor({{1, 2}, {1, 0}}), in = tensor({4, 4}), len = tensor({2, 1});
  losses::ctc_loss(x, t, in, len);
  require_throws<ShapeError>([&] { losses::ctc_loss(zeros({4}), t, in, len); },
                             "ctc_loss: log_probs must be [T, N, C] or [T, C], got [4]");
  require_throws<DTypeError>(
      [&] {
        losses::ctc_loss(zeros({4, 2, 3}, {.dtype = int64}), t, in, len);
      },
      "log_probs must be floating, got int64");
  require_throws<DTypeError>([&] { losses::ctc_loss(x, t, in.to(float32), len); }, "input_lengths must be int64");
  require_throws<IndexError>(
      [&] {
        losses::ctc_loss(x, t, tensor({4, 5}), len);
      },
      "input_lengths 5 of sample 1 is out of range [0, 4]");
  require_throws<IndexError>(
      [&] {
        losses::ctc_loss(x, t, in, tensor({3, 1}));
      },
      "target_lengths 3 of sample 0 is out of range [0, 2]");
  require_throws<IndexError>(
      [&] {
        losses::ctc_loss(x, t, in, tensor({2, 2}));
      },
      "class 0 at position 1 of target 1 is the blank");
  require_throws<IndexError>(
      [&] {
        losses::ctc_loss(x, tensor({1, 2, 3}), in, len);
      },
      "class 3 at position 0 of target 1 is out of range [0, 3)");
  require_throws<ShapeError>([&] { losses::ctc_loss(x, tensor({1, 2}), in, len); }, "got 2 for 3");
  require_throws<ShapeError>(
      [&] {
        losses::ctc_loss(zeros({4, 3}), t, tensor(4), tensor(2));
      },
      "targets of one sample must be [S], got [2, 2]");
  require_throws<ShapeError>(
      [&] {
        losses::ctc_loss(zeros({4, 3}), tensor({1, 2}), in, len);
      },
      "lengths of one sample must have one element, got [2] and [2]");
  require_throws<std::invalid_argument>([&] { losses::ctc_loss(x, t, in, len, {.blank = -1}); },
                                        "blank must be in [0, 3), got -1");
  require_throws<Error>([&] { losses::ctc_loss(x, Tensor(), in, len); }, "targets is undefined");
  require_throws<Error>([&] { losses::ctc_loss(Tensor(), t, in, len); }, "log_probs is undefined");
}

BOOST_AUTO_TEST_CASE(class_weights) {
  require_throws<Error>(
      [&] {
        losses::balanced_class_weights(tensor({3, 0, 2}));
      },
      "balanced_class_weights: class 1 must have a positive count, got 0");
  require_throws<ShapeError>([&] { losses::balanced_class_weights(ones({2, 2})); }, "counts must be [C]");
  require_throws<ShapeError>([&] { losses::effective_number_class_weights(zeros({0})); }, "at least one class");
  require_throws<Error>([&] { losses::effective_number_class_weights(Tensor()); }, "counts are undefined");
  require_throws<std::invalid_argument>([&] { losses::effective_number_class_weights(ones({2}), {.beta = 1}); },
                                        "beta must be in [0, 1), got 1");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
