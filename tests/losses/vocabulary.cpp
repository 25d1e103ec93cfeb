// Every loss of the vocabulary: PyTorch's values and gradients in float64, both orders against finite differences,
// sample weights, reductions.
#include <set>

#include "../table.h"
#include "autograd/gradcheck.h"
#include "cases.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(losses)
BOOST_AUTO_TEST_SUITE(vocabulary)
namespace {

using namespace testing;

constexpr double kTolerance = 4e-14;
const std::pair<const char*, Reduction> kReductions[] = {
    {"none", Reduction::None}, {"mean", Reduction::Mean}, {"sum", Reduction::Sum}};

/// Calls f(case, its inputs) for every case.
template <class F>
void each(F f) {
  const StateDict table = read_table("losses/vocabulary.txt");
  for (const LossCase& c : loss_cases()) {
    BOOST_TEST_CONTEXT(c.name) f(c, inputs_of(c, table), table);
  }
}

BOOST_AUTO_TEST_CASE(values_and_gradients_are_pytorchs) {
  std::set<std::string> tested;
  each([&](const LossCase& c, const StateDict& in, const StateDict& table) {
    tested.insert(c.name);
    for (const auto& [name, reduction] : kReductions) {
      BOOST_TEST_CONTEXT(name) {
        const std::string at = c.name + "/" + name + "/";
        const Tensor loss = c.f(in, reduction, Tensor());
        BOOST_TEST(max_relative_error(loss, table.at(at + "value")) < kTolerance);
        const Tensor total = reduction == Reduction::None ? (loss * table.at(c.name + "/v")).sum() : loss;
        for (const std::string& leaf : c.leaves) {
          const Tensor gradient = autograd::grad({total}, {in.at(leaf)}, {.retain_graph = true})[0];
          BOOST_TEST(max_relative_error(gradient, table.at(at + "grad_" + leaf)) < kTolerance, leaf);
        }
      }
    }
  });
  std::size_t recorded = 0;  // no case of the table is left out
  for (const auto& [name, values] : read_table("losses/vocabulary.txt")) {
    if (name.size() > 11 && name.substr(name.size() - 11) == "/none/value") {
      ++recorded;
      BOOST_TEST(tested.contains(name.substr(0, name.size() - 11)), name);
    }
  }
  BOOST_TEST(recorded == tested.size());
}

BOOST_AUTO_TEST_CASE(both_orders_of_gradient) {
  const autograd::GradCheckOptions first{.eps = 2e-4, .atol = 1e-8, .rtol = 1e-8, .stencil = 5};
  const autograd::GradCheckOptions second{.eps = 2e-4, .atol = 1e-7, .rtol = 1e-7, .stencil = 5, .allow_zero = true};
  each([&](const LossCase& c, const StateDict& in, const StateDict&) {
    if (!c.smooth) return;
    std::vector<Tensor> leaves;
    for (const std::string& leaf : c.leaves) leaves.push_back(in.at(leaf));
    const auto f = [&](const std::vector<Tensor>& x) {
      StateDict changed = in;
      for (std::size_t i = 0; i < x.size(); ++i) changed[c.leaves[i]] = x[i];
      return std::vector<Tensor>{c.f(changed, Reduction::None, Tensor())};
    };
    try {
      BOOST_TEST(autograd::gradcheck(f, leaves, first));
      BOOST_TEST(autograd::gradgradcheck(f, leaves, second));
    } catch (const Error& error) {
      BOOST_TEST(false, error.what());
    }
  });
}

BOOST_AUTO_TEST_CASE(sample_weights_multiply_elements_and_the_mean_stays_over_their_number) {
  each([&](const LossCase& c, const StateDict& in, const StateDict&) {
    const Tensor elements = c.f(in, Reduction::None, Tensor()).detach();
    for (const bool whole : {false, true}) {
      if (elements.dim() == 0 && !whole) continue;
      const Tensor w = random_tensor(whole ? elements.shape() : Shape{elements.size(0)}, 3, {.low = 0.5, .high = 2});
      Shape column = w.shape();
      while (column.size() < elements.shape().size()) column.push_back(1);
      const Tensor expected = elements * w.reshape(column);
      BOOST_TEST(max_relative_error(c.f(in, Reduction::None, w), expected) < 1e-15);
      BOOST_TEST(max_relative_error(c.f(in, Reduction::Sum, w.to(float32)), expected.sum()) < 1e-6);
      const Tensor mean = c.f(in, Reduction::Mean, w);
      if (c.plain_mean) BOOST_TEST(max_relative_error(mean, expected.mean()) < 1e-14);
      const Tensor doubled = c.f(in, Reduction::Mean, w * 2.0);
      BOOST_TEST(max_relative_error(doubled, mean * 2.0) < 1e-14);
    }
    if (elements.dim() > 0) {
      const std::string shape = Shape{elements.size(0) + 1}.str();
      require_throws<ShapeError>([&] { c.f(in, Reduction::Mean, ones({elements.size(0) + 1})); },
                                 "of the unreduced loss or of its first dims, got " + shape);
    }
    require_throws<DTypeError>([&] { c.f(in, Reduction::Mean, ones(elements.shape(), {.dtype = int64})); },
                               "sample_weight must be floating, got int64");
  });
}

BOOST_AUTO_TEST_CASE(reductions) {
  each([&](const LossCase& c, const StateDict& in, const StateDict& table) {
    require_throws<std::invalid_argument>([&] { c.f(in, static_cast<Reduction>(9), Tensor()); }, "reduction must be");
    const std::string batchmean = c.name + "/batchmean";
    if (table.contains(batchmean)) {
      const Tensor loss = c.f(in, Reduction::BatchMean, Tensor());
      BOOST_TEST(max_relative_error(loss, table.at(batchmean)) < kTolerance);
    } else if (c.name.rfind("kl", 0) != 0) {
      require_throws<std::invalid_argument>([&] { c.f(in, Reduction::BatchMean, Tensor()); }, "got BatchMean");
    }
  });
}

BOOST_AUTO_TEST_CASE(float32_follows_float64) {
  each([&](const LossCase& c, const StateDict& in, const StateDict&) {
    StateDict narrow, wide;
    for (const auto& [name, tensor] : in) {
      const bool leaf = tensor.requires_grad();
      narrow[name] = tensor.is_floating_point() ? tensor.detach().to(float32) : tensor;
      wide[name] = tensor.is_floating_point() ? narrow[name].to(float64) : tensor;
      if (leaf) narrow[name].requires_grad_(), wide[name].requires_grad_();
    }
    const Tensor a = c.f(narrow, Reduction::Mean, Tensor()), b = c.f(wide, Reduction::Mean, Tensor());
    BOOST_TEST(a.dtype() == float32);
    BOOST_TEST(max_relative_error(a, b) < 1e-5);
    a.backward();
    b.backward();
    for (const std::string& leaf : c.leaves) {
      if (c.smooth) BOOST_TEST(max_relative_error(narrow[leaf].grad(), wide[leaf].grad()) < 2e-5, leaf);
    }
  });
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
