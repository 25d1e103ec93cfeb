// Values and gradients of every loss, option and reduction against PyTorch in float64.
#include "../fixture.h"
#include "../table.h"
#include "losses/losses.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(losses)
BOOST_AUTO_TEST_SUITE(values)
namespace {

using namespace testing;

constexpr double kTolerance = 2e-15;
const std::pair<const char*, Reduction> kReductions[] = {
    {"none", Reduction::None}, {"mean", Reduction::Mean}, {"sum", Reduction::Sum}};

/// Compares the loss, and the gradient of <loss, cotangent> (cotangent only counts for an unreduced loss).
void compare(const StateDict& table, const std::string& name, const Tensor& loss, const Tensor& cotangent,
             const std::vector<std::pair<std::string, Tensor>>& leaves) {
  BOOST_TEST_CONTEXT(name) {
    BOOST_TEST(max_relative_error(loss, table.at(name + "/value")) < kTolerance);
    const Tensor total = loss.shape() == cotangent.shape() ? (loss * cotangent).sum() : loss;
    for (const auto& [leaf, tensor] : leaves) {
      const Tensor gradient = autograd::grad({total}, {tensor}, {.retain_graph = true})[0];
      BOOST_TEST(max_relative_error(gradient, table.at(name + "/grad_" + leaf)) < kTolerance, leaf);
    }
  }
}

Tensor leaf(const Tensor& values) { return values.clone().requires_grad_(); }

BOOST_AUTO_TEST_CASE(classes) {
  const StateDict table = read_table("losses/losses.txt");
  for (const std::string shape : {"rows", "single", "images"}) {
    const Tensor x = leaf(table.at(shape + "/x")), t = leaf(table.at(shape + "/probabilities"));
    const Tensor weight = table.at(shape + "/weight"), cotangent = table.at(shape + "/cotangent");
    const Tensor target = table.at(shape + "/target"), ignored = table.at(shape + "/ignored");
    struct Ignore {
      const char* name;
      Tensor target;
      std::int64_t index;
    };
    for (const auto& [reduction_name, reduction] : kReductions) {
      for (const int w : {0, 1}) {
        const Tensor class_weight = w ? weight : Tensor();
        const std::string options = shape + "/" + reduction_name + "/weight" + std::to_string(w);
        for (const auto& [ignore, labels, index] :
             {Ignore{"all", target, -100}, Ignore{"some", ignored, -100}, Ignore{"class1", target, 1}}) {
          if (shape == "single" && index != -100) continue;
          if (shape == "single" && std::string(ignore) != "all") continue;
          const std::string name = options + "/" + ignore;
          compare(table, "nll/" + name,
                  losses::nll_loss(x, labels, {.weight = class_weight, .ignore_index = index, .reduction = reduction}),
                  cotangent, {{"x", x}});
          for (const int s : {0, 1}) {
            const Tensor loss = losses::cross_entropy(
                x, labels,
                {.weight = class_weight, .ignore_index = index, .reduction = reduction, .label_smoothing = 0.1 * s});
            compare(table, "ce/" + name + "/smooth" + std::to_string(s), loss, cotangent, {{"x", x}});
          }
        }
        for (const int s : {0, 1}) {
          const Tensor loss =
              losses::cross_entropy(x, t, {.weight = class_weight, .reduction = reduction, .label_smoothing = 0.1 * s});
          compare(table, "ce_prob/" + options + "/smooth" + std::to_string(s), loss, cotangent, {{"x", x}, {"t", t}});
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(elements) {
  const StateDict table = read_table("losses/losses.txt");
  const Tensor x = leaf(table.at("elements/x")), t = leaf(table.at("elements/t"));
  const Tensor cotangent = table.at("elements/cotangent");
  const std::vector<std::pair<std::string, Tensor>> weights = {
      {"none", Tensor()}, {"full", table.at("elements/weight_full")}, {"row", table.at("elements/weight_row")}};
  for (const auto& [name, reduction] : kReductions) {
    const auto check = [&](const std::string& loss_name, const Tensor& loss) {
      compare(table, loss_name, loss, cotangent, {{"x", x}, {"t", t}});
    };
    check(std::string("mse/") + name, losses::mse_loss(x, t, {.reduction = reduction}));
    check(std::string("l1/") + name, losses::l1_loss(x, t, {.reduction = reduction}));
    for (const auto& [weight_name, weight] : weights) {
      for (const int p : {0, 1}) {
        const Tensor pos_weight = p ? table.at("elements/pos_weight") : Tensor();
        check(std::string("bce/") + name + "/" + weight_name + "/pos" + std::to_string(p),
              losses::binary_cross_entropy_with_logits(
                  x, t, {.weight = weight, .reduction = reduction, .pos_weight = pos_weight}));
      }
    }
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
