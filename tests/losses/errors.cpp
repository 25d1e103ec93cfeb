// What the losses refuse, and in which words.
#include <cmath>

#include "../fixture.h"
#include "losses/losses.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(losses)
BOOST_AUTO_TEST_SUITE(errors)
namespace {

using namespace testing;

using Pairwise = Tensor (*)(const Tensor&, const Tensor&, Reduction);
struct Named {
  const char* name;
  Pairwise loss;
};
const Named kPairwise[] = {
    {"mse_loss",
     [](const Tensor& x, const Tensor& t, Reduction r) { return losses::mse_loss(x, t, {.reduction = r}); }},
    {"l1_loss", [](const Tensor& x, const Tensor& t, Reduction r) { return losses::l1_loss(x, t, {.reduction = r}); }},
    {"binary_cross_entropy_with_logits", [](const Tensor& x, const Tensor& t, Reduction r) {
       return losses::binary_cross_entropy_with_logits(x, t, {.reduction = r});
     }}};

BOOST_AUTO_TEST_CASE(pairwise) {
  for (const auto& [name, loss] : kPairwise) {
    const std::string prefix = std::string(name) + ": ";
    const auto call = [&, loss = loss](const Tensor& x, const Tensor& t, Reduction r = Reduction::Mean) {
      return [=] { loss(x, t, r); };
    };
    const Tensor x = ones({4, 1});
    // what would broadcast in a plain op
    require_throws<ShapeError>(call(x, ones({4})),
                               prefix + "input and target must have the same shape, got [4, 1] and [4]");
    require_throws<ShapeError>(call(x, tensor(1.0)), "got [4, 1] and []");
    require_throws<DTypeError>(call(x, ones({4, 1}, {.dtype = int64})),
                               prefix + "target must be floating, got int64: convert it with .to(float32)");
    require_throws<DTypeError>(call(x, ones({4, 1}, {.dtype = uint8})), "target must be floating, got uint8");
    require_throws<DTypeError>(call(ones({4, 1}, {.dtype = boolean}), x), prefix + "input must be floating");
    require_throws<Error>(call(Tensor(), x), prefix + "input is undefined");
    require_throws<Error>(call(x, Tensor()), prefix + "target is undefined");
    require_throws<std::invalid_argument>(call(x, x, Reduction::BatchMean),
                                          prefix + "reduction must be None, Mean or Sum, got BatchMean");
    require_throws<std::invalid_argument>(call(x, x, static_cast<Reduction>(9)), "got 9");
  }
}

BOOST_AUTO_TEST_CASE(bce_weights) {
  const Tensor x = ones({2, 3});
  const auto call = [&](const losses::BCEWithLogitsLossOptions& options) {
    return [=] { losses::binary_cross_entropy_with_logits(x, x, options); };
  };
  require_throws<ShapeError>(call({.weight = ones({2})}),
                             "weight of shape [2] must broadcast to the input's shape [2, 3]");
  require_throws<ShapeError>(call({.weight = ones({4, 2, 3})}), "weight of shape [4, 2, 3]");
  require_throws<ShapeError>(call({.pos_weight = ones({2, 2})}), "pos_weight of shape [2, 2]");
  require_throws<DTypeError>(call({.pos_weight = ones({3}, {.dtype = int64})}), "pos_weight must be floating");
}

BOOST_AUTO_TEST_CASE(class_targets) {
  const auto ce = [](const Tensor& x, const Tensor& t, losses::CrossEntropyLossOptions o = {}) {
    losses::cross_entropy(x, t, o);
  };
  const auto nll = [](const Tensor& x, const Tensor& t, losses::CrossEntropyLossOptions o = {}) {
    losses::nll_loss(x, t, {.weight = o.weight, .ignore_index = o.ignore_index, .reduction = o.reduction});
  };
  const auto refuse = [](const std::string& name, auto loss) {
    const Tensor x = ones({3, 4}), good = tensor({0, 1, 2}), images = ones({1, 2, 2, 3});
    const std::string p = name + ": ";
    require_throws<ShapeError>(
        [&] {
          loss(x, tensor({0, 1}));
        },
        p + "for an input of shape [3, 4] class indices must have shape [3], got [2]");
    require_throws<ShapeError>([&] { loss(x, tensor({{0}, {1}, {2}})); }, "must have shape [3], got [3, 1]");
    require_throws<ShapeError>([&] { loss(ones({4}), tensor({0})); }, "must have shape [], got [1]");
    require_throws<ShapeError>([&] { loss(tensor(1.0), tensor(0)); },
                               p + "input must be [C], [N, C] or [N, C, ...], got []");
    require_throws<DTypeError>([&] { loss(x, ones({3})); },
                               p + "class indices must be int64, got float32: convert them with .to(int64)");
    require_throws<DTypeError>([&] { loss(x, ones({3}, {.dtype = uint8})); }, "got uint8");
    require_throws<DTypeError>(
        [&] {
          loss(ones({3, 4}, {.dtype = int64}), good);
        },
        p + "input must be floating, got int64");
    require_throws<IndexError>(
        [&] {
          loss(x, tensor({0, 4, 9}));
        },
        p + "class 4 at position [1] of the target is out of range [0, 4)");
    require_throws<IndexError>([&] { loss(x, tensor({0, 1, -1})); }, "class -1 at position [2]");
    require_throws<IndexError>(
        [&] {
          loss(images, tensor({{{0, 1, 0}, {1, 2, 0}}}));
        },
        "class 2 at position [0, 1, 1]");
    require_throws<IndexError>(
        [&] {
          loss(x, tensor({-100, 0, 0}), {.ignore_index = -1});
        },
        "class -100 at position [0]");
    require_throws<ShapeError>([&] { loss(x, good, {.weight = ones({3})}); },
                               p + "weight must have one element a class, got [3] for 4 classes");
    require_throws<ShapeError>([&] { loss(x, good, {.weight = ones({4, 1})}); }, "got [4, 1] for 4 classes");
    require_throws<DTypeError>([&] { loss(x, good, {.weight = ones({4}, {.dtype = int64})}); },
                               "weight must be floating");
    require_throws<AutogradError>([&] { loss(x, good, {.weight = ones({4}, {.requires_grad = true})}); },
                                  p + "weight has no gradient");
    require_throws<Error>([&] { loss(x, Tensor()); }, p + "target is undefined");
    require_throws<Error>([&] { loss(Tensor(), good); }, p + "input is undefined");
    require_throws<std::invalid_argument>([&] { loss(x, good, {.reduction = Reduction::BatchMean}); }, "got BatchMean");
  };
  refuse("cross_entropy", ce);
  refuse("nll_loss", nll);
}

BOOST_AUTO_TEST_CASE(cross_entropy_options) {
  const Tensor x = ones({3, 4});
  require_throws<std::invalid_argument>(
      [&] {
        losses::cross_entropy(x, tensor({0, 1, 2}), {.label_smoothing = 1.5});
      },
      "label_smoothing must be in [0, 1], got 1.5");
  require_throws<std::invalid_argument>(
      [&] {
        losses::cross_entropy(x, tensor({0, 1, 2}), {.label_smoothing = NAN});
      },
      "label_smoothing must be in [0, 1], got nan");
  require_throws<std::invalid_argument>([&] { losses::cross_entropy(x, x, {.ignore_index = 1}); },
                                        "ignore_index does not apply to a target of probabilities, got 1");
  require_throws<DTypeError>(
      [&] {
        losses::cross_entropy(x, ones({3, 4}, {.dtype = int64}));
      },
      "holds probabilities and must be floating, got int64");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
