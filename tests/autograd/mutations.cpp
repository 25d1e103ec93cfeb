// Every row of the table of ops with a deliberately wrong backward pass: the walk's checks of gradients must fail.
#include <algorithm>
#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <set>

#include "autograd/gradcheck.h"
#include "mutant.h"
#include "ops/properties.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(mutations)

namespace {

namespace ut = boost::unit_test;
using namespace descent::testing;

std::vector<Row> differentiable_rows() {
  std::vector<Row> all;
  for (const auto& rows :
       {pointwise_rows(), binary_rows(),        compare_rows(),  reduce_rows(),     shape_rows(),
        index_rows(),     matmul_rows(),        softmax_rows(),  random_rows(),     create_rows(),
        special_rows(),   rounding_rows(),      logic_rows(),    activation_rows(), statistics_rows(),
        scan_rows(),      product_rows(),       diagonal_rows(), linalg_rows(),     repeat_rows(),
        pad_rows(),       scatter_rows(),       masks_rows(),    sorting_rows(),    convolution_rows(),
        pooling_rows(),   normalization_rows(), distance_rows(), attention_rows(),  embedding_rows(),
        sparse_rows(),    recurrent_rows(),     ctc_rows()}) {
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(all),
                 [](const Row& row) { return row.traits.differentiable; });
  }
  return all;
}

/// The names of the rows that the walk checks the gradients of, from the tree of test cases that it has built.
std::set<std::string> walked_rows() {
  std::set<std::string> names;
  const auto& master = ut::framework::master_test_suite();
  const auto& ops = ut::framework::get<ut::test_suite>(master.get("ops"));
  struct Names : ut::test_tree_visitor {
    void visit(const ut::test_case& one) override {
      if (one.p_name.get() == "first_order") found->insert(ut::framework::get(one.p_parent_id, ut::TUT_SUITE).p_name);
    }
    std::set<std::string>* found = nullptr;
  } visitor;
  visitor.found = &names;
  ut::traverse_test_tree(ops, visitor, true);
  return names;
}

/// The gradients of all inputs that require grad, for an uneven cotangent.
List gradients(const Sample& sample, const List& inputs) {
  List roots, cotangents, leaves;
  for (const Tensor& t : inputs) {
    if (t.requires_grad()) leaves.push_back(t);
  }
  for (const Tensor& out : sample.f(inputs)) {
    if (!out.requires_grad()) continue;
    roots.push_back(out);
    cotangents.push_back(random_tensor(out.shape(), 5 + roots.size(), {.low = 0.5, .high = 1.5}));
  }
  if (roots.empty()) return {};
  return autograd::grad(roots, leaves, {.grad_outputs = cotangents, .allow_unused = true});
}

/// What the mutation makes of the gradients differs from them by far more than a check allows.
bool changes(Mutation mutation, const List& right) {
  const List wrong = mutated(mutation, right);
  return !std::equal(right.begin(), right.end(), wrong.begin(),
                     [](const Tensor& a, const Tensor& b) { return !a.defined() || max_relative_error(a, b) < 1e-4; });
}

/// A sample with what is known of it.
struct Subject {
  const Sample* sample;
  List inputs, right;
  std::int64_t size;
};

/// The samples, smallest first.
std::vector<Subject> subjects_of(const Row& row) {
  std::vector<Subject> all;
  for (const Sample& sample : row.samples) {
    if (sample.constant) continue;
    Subject subject{&sample, inputs_of(sample), {}, 0};
    for (const Tensor& t : subject.inputs) subject.size += t.numel();
    all.push_back(std::move(subject));
  }
  std::stable_sort(all.begin(), all.end(), [](const Subject& a, const Subject& b) { return a.size < b.size; });
  return all;
}

/// The options of the walk.
autograd::GradCheckOptions options(int order, const Row& row) {
  const double tolerance = order == 1 ? 1e-9 : 1e-8;
  return {.eps = 2e-4,
          .atol = tolerance,
          .rtol = tolerance,
          .stencil = 5,
          .allow_zero = order == 1 ? row.traits.zero_gradient : row.traits.zero_second};
}

bool passes(int order, const Function& f, const List& inputs, const Row& row) {
  try {
    return order == 1 ? autograd::gradcheck_list(f, inputs, options(order, row))
                      : autograd::gradgradcheck_list(f, inputs, options(order, row));
  } catch (const autograd::GradCheckError&) {
    return false;
  }
}

/// Their gradient is zero everywhere: too much can be added, there is nothing else to spoil.
const std::set<std::string> kZeroGradient = {"sign", "floor", "ceil", "trunc", "round"};

/// Every row with every mutation, on the smallest sample that shows it.
void mutate_all_rows(int order) {
  for (const Row& row : differentiable_rows()) {
    std::vector<Subject> subjects = subjects_of(row);
    bool controlled = false;
    for (const Mutation mutation : kMutations) {
      bool applied = false;
      for (Subject& subject : subjects) {
        if (subject.right.empty()) subject.right = gradients(*subject.sample, subject.inputs);
        if (!changes(mutation, subject.right)) continue;
        BOOST_TEST_CONTEXT(row.name << ", sample " << subject.sample - row.samples.data()) {
          BOOST_TEST(!passes(order, mutant(subject.sample->f, mutation, order), subject.inputs, row),
                     "the mutation \"" << name_of(mutation) << "\" has not been noticed");
          if (!controlled) BOOST_TEST(passes(order, unmutated(subject.sample->f), subject.inputs, row), "control");
          controlled = applied = true;
        }
        break;
      }
      BOOST_TEST((applied || (kZeroGradient.contains(row.name) && mutation != Mutation::Extra)),
                 "no sample of " << row.name << " shows the mutation \"" << name_of(mutation) << '"');
    }
  }
}

}  // namespace

// A family that the walk has and this file has not would be noticed.
BOOST_AUTO_TEST_CASE(every_row_is_here) {
  std::set<std::string> names;
  for (const Row& row : differentiable_rows()) names.insert(row.name);
  BOOST_TEST(names == walked_rows(), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(first_order) { mutate_all_rows(1); }
BOOST_AUTO_TEST_CASE(second_order) { mutate_all_rows(2); }

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
