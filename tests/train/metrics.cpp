#include "train/metrics.h"

#include <cmath>

#include "../fixture.h"

using namespace descent;
using namespace descent::testing;
using descent::train::accuracy;
using descent::train::confusion_matrix;
using descent::train::precision_recall_f1;

BOOST_AUTO_TEST_SUITE(train)
BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(accuracy_counts_the_largest) {
  const Tensor logits = tensor({{1.0, 2.0, 0.0}, {5.0, 1.0, 2.0}, {0.0, 0.0, 1.0}, {0.0, 3.0, 1.0}});
  BOOST_TEST(accuracy(logits, tensor({1, 0, 2, 1})) == 1.0);
  BOOST_TEST(accuracy(logits, tensor({1, 0, 2, 0})) == 0.75);
  BOOST_TEST(accuracy(logits, tensor({0, 1, 0, 0})) == 0.0);
  BOOST_TEST(accuracy(logits.to(float64), tensor({1, 0, 0, 0})) == 0.5);
  BOOST_TEST(accuracy(logits.clone().requires_grad_(), tensor({1, 0, 2, 1})) == 1.0);
}

BOOST_AUTO_TEST_CASE(accuracy_of_positions) {
  // [n, classes, d]: the class is the second dim.
  const Tensor logits = tensor({{{1.0, 0.0}, {0.0, 1.0}}});
  BOOST_TEST(accuracy(logits, tensor({{0, 1}})) == 1.0);
  BOOST_TEST(accuracy(logits, tensor({{1, 1}})) == 0.5);
  BOOST_TEST(std::isnan(accuracy(zeros({0, 3}), zeros({0}, {.dtype = int64}))));
}

BOOST_AUTO_TEST_CASE(accuracy_refuses) {
  const Tensor logits = zeros({4, 3});
  require_throws<ShapeError>([&] { accuracy(logits, tensor({1, 2})); }, "got [4, 3] and [2]");
  require_throws<ShapeError>([&] { accuracy(zeros({4}), tensor({1, 2, 3, 0})); }, "accuracy: logits must be");
  require_throws<DTypeError>([&] { accuracy(logits, zeros({4})); }, "targets must be int64, got float32");
  require_throws<DTypeError>([&] { accuracy(logits.to(int64), tensor({1, 2, 3, 0})); }, "logits must be floats");
}

BOOST_AUTO_TEST_CASE(confusion) {
  const Tensor m = confusion_matrix(tensor({0, 1, 2, 2, 1, 1}), tensor({0, 1, 2, 1, 2, 2}), 4);
  BOOST_TEST(m.dtype() == int64);
  // rows: the true class, columns: the predicted one
  BOOST_TEST(equal(m, tensor({{1, 0, 0, 0}, {0, 1, 1, 0}, {0, 2, 1, 0}, {0, 0, 0, 0}})));
  const Tensor none = zeros({0}, {.dtype = int64});
  BOOST_TEST(confusion_matrix(none, none, 2).sum().item<int>() == 0);
}

BOOST_AUTO_TEST_CASE(confusion_refuses) {
  const Tensor a = tensor({0, 1});
  require_throws<IndexError>([&] { confusion_matrix(a, tensor({0, 2}), 2); }, "class 2 at position 1 is not in [0, 2)");
  require_throws<IndexError>([&] { confusion_matrix(tensor({0, -1}), a, 2); }, "class -1");
  require_throws<ShapeError>([&] { confusion_matrix(a, tensor({0}), 2); }, "got [2] and [1]");
  require_throws<DTypeError>([&] { confusion_matrix(a.to(float32), a, 2); }, "must be int64");
  require_throws<std::invalid_argument>([&] { confusion_matrix(a, a, 0); }, "classes");
}

// precision_recall_fscore_support of scikit-learn by hand: class 3 was never there, class 4 never predicted either
BOOST_AUTO_TEST_CASE(precision_recall) {
  const Tensor m = tensor({{6, 2, 0, 0, 0}, {1, 3, 0, 0, 0}, {1, 1, 2, 1, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}});
  const auto [precision, recall, f1, support] = precision_recall_f1(m);
  const auto is = [](const Tensor& got, const std::vector<double>& wanted) {
    BOOST_TEST((got.dtype() == float64));
    BOOST_TEST(allclose(got, from_vector(wanted), {.rtol = 1e-14, .atol = 0}));
  };
  is(precision, {6.0 / 8, 3.0 / 6, 1, 0, 0});
  is(recall, {6.0 / 8, 3.0 / 4, 2.0 / 5, 0, 0});
  is(f1, {0.75, 0.6, 4.0 / 7, 0, 0});
  is(support, {8, 4, 5, 0, 0});
  const auto ones = precision_recall_f1(m.to(float32), {.zero_division = 1});
  is(ones.precision, {6.0 / 8, 3.0 / 6, 1, 0, 1});
  is(ones.recall, {6.0 / 8, 3.0 / 4, 2.0 / 5, 1, 1});
  is(ones.f1, {0.75, 0.6, 4.0 / 7, 0, 1});
  // a transposed matrix, which is not contiguous, swaps the two
  const auto swapped = precision_recall_f1(m.transpose(0, 1));
  is(swapped.precision, recall.to_vector<double>());
  is(swapped.recall, precision.to_vector<double>());
}

BOOST_AUTO_TEST_CASE(precision_recall_refuses) {
  require_throws<ShapeError>([] { precision_recall_f1(zeros({2, 3})); }, "must be [classes, classes], got [2, 3]");
  require_throws<ShapeError>([] { precision_recall_f1(zeros({4})); }, "got [4]");
  require_throws<ShapeError>([] { precision_recall_f1(zeros({0, 0})); }, "got [0, 0]");
  require_throws<DTypeError>([] { precision_recall_f1(zeros({2, 2}) == 0.0); }, "must be numbers");
  require_throws<Error>([] { precision_recall_f1(tensor({{1, 2}, {-3, 4}})); }, "got -3 at [1, 0]");
  require_throws<Error>([] { precision_recall_f1(tensor({{1.0, NAN}, {3.0, 4.0}})); }, "at [0, 1]");
  require_throws<std::invalid_argument>(
      [] {
        precision_recall_f1(ones({2, 2}), {.zero_division = 2});
      },
      "zero_division");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
