// Walks every row of the table and every property: one named case each, as `--run_test=ops/tanh/first_order`.
#include <algorithm>
#include <set>

#include "autograd/op_list.h"
#include "properties.h"

namespace descent::testing {
namespace {

namespace ut = boost::unit_test;

std::vector<Row> all_rows() {
  std::vector<Row> all;
  for (const auto& rows :
       {pointwise_rows(), binary_rows(),        compare_rows(),  reduce_rows(),     shape_rows(),
        index_rows(),     matmul_rows(),        softmax_rows(),  random_rows(),     create_rows(),
        special_rows(),   rounding_rows(),      logic_rows(),    activation_rows(), statistics_rows(),
        scan_rows(),      product_rows(),       diagonal_rows(), linalg_rows(),     repeat_rows(),
        pad_rows(),       scatter_rows(),       masks_rows(),    sorting_rows(),    convolution_rows(),
        pooling_rows(),   normalization_rows(), distance_rows(), attention_rows(),  embedding_rows(),
        sparse_rows(),    recurrent_rows(),     ctc_rows()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

void add_case(ut::test_suite* suite, const char* name, std::function<void()> body) {
  suite->add(ut::make_test_case(boost::function<void()>(std::move(body)), name, __FILE__, __LINE__));
}

/// Every op of the library has a row, once, with what a row needs.
void check_rows_are_complete() {
  std::set<std::string> names;
  for (const Row& row : all_rows()) {
    BOOST_TEST(names.insert(row.name).second, "two rows for " << row.name);
    BOOST_TEST(row.samples.size() >= 3, row.name << " has fewer than 3 samples");
    BOOST_TEST(row.refusals.size() >= 2, row.name << " has fewer than 2 inputs that it must refuse");
    BOOST_TEST(bool(row.large.f), row.name << " has no large sample");
  }
  for (const autograd::OpInfo* op : autograd::all_ops()) {
    BOOST_TEST(names.contains(op->name), "no row in tests/autograd/ops for the op " << op->name);
  }
}

/// `differentiable` of the op and of its row agree.
void check_traits_agree() {
  for (const Row& row : all_rows()) {
    for (const autograd::OpInfo* op : autograd::all_ops()) {
      if (row.name != op->name) continue;
      BOOST_TEST(op->differentiable == row.traits.differentiable, row.name << ": the row and the op disagree");
    }
  }
}

/// Whatever the tape has recorded so far is in a list. Ops named test_… belong to the tests.
void check_recorded_ops_are_listed() {
  std::set<std::string> listed;
  for (const autograd::OpInfo* op : autograd::all_ops()) {
    BOOST_TEST(listed.insert(op->name).second, "two ops are named " << op->name);
  }
  for (const std::string& name : autograd::recorded_op_names()) {
    BOOST_TEST((listed.contains(name) || name.starts_with("test_")), "the recorded op " << name << " is in no list");
  }
}

/// Builds the tree ops/<row>/<property> before main.
const bool registered = [] {
  ut::test_suite* const ops = BOOST_TEST_SUITE("ops");
  add_case(ops, "every_op_has_a_row", check_rows_are_complete);
  add_case(ops, "rows_and_ops_agree", check_traits_agree);
  for (const Row& row : all_rows()) {
    ut::test_suite* const suite = BOOST_TEST_SUITE(row.name);
    const auto add = [&](const char* name, void (*property)(const Row&)) {
      add_case(suite, name, [row, property] { property(row); });
    };
    add("forward", check_forward);
    if (row.traits.differentiable) {
      add("first_order", check_first_order);
      add("second_order", check_second_order);
      add("needs", check_needs);
    } else {
      add("no_gradient", check_no_gradient);
    }
    add("layouts", check_layouts);
    add("edges", check_edges);
    add("unchanged", check_unchanged);
    add("refusals", check_refusals);
    add("threads", check_threads);
    ops->add(suite);
  }
  add_case(ops, "recorded_ops_are_listed", check_recorded_ops_are_listed);
  ut::framework::master_test_suite().add(ops);
  return true;
}();

}  // namespace
}  // namespace descent::testing
