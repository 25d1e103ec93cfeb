#include "data/dataset.h"

#include "../fixture.h"

using namespace descent;
using namespace descent::data;
using namespace descent::testing;

BOOST_AUTO_TEST_SUITE(data)
BOOST_AUTO_TEST_SUITE(tensor_dataset)

BOOST_AUTO_TEST_CASE(gathers_rows_of_every_type) {
  const Tensor x = arange(12).reshape({4, 3});
  for (const DType dtype : {float32, float64, int64, uint8}) {
    const TensorDataset set{x.to(dtype), arange(4)};
    BOOST_TEST(set.size() == 4);
    const auto [rows, index] = set.get_batch({3, 0, 3});
    BOOST_TEST(rows.dtype() == dtype);
    BOOST_TEST((rows.shape() == Shape{3, 3}));
    BOOST_TEST((rows.to_vector<int>() == std::vector<int>{9, 10, 11, 0, 1, 2, 9, 10, 11}));
    BOOST_TEST((index.to_vector<int>() == std::vector<int>{3, 0, 3}));
  }
  const TensorDataset flags{x > 4};
  BOOST_TEST((flags.get_batch({1})[0].to_vector<int>() == std::vector<int>{0, 0, 1}));
}

BOOST_AUTO_TEST_CASE(one_two_or_three_tensors) {
  const Tensor a = arange(2);
  const TensorDataset one{a}, three{a, a + 10, a + 20};
  const auto [x, none] = one.get_batch({0});
  BOOST_TEST(x.defined());
  BOOST_TEST(!none.defined());
  BOOST_TEST(one.get_batch({0}).size() == 1u);
  const Batch batch = three.get_batch({1});
  BOOST_TEST(batch.size() == 3u);
  BOOST_TEST(batch[2].item<int>() == 21);
  const auto [first, second] = batch;
  BOOST_TEST(second.item<int>() == 11);
  require_throws<IndexError>([&] { (void)batch[3]; }, "tensor 3 of a batch that holds 3");
}

BOOST_AUTO_TEST_CASE(items_have_no_batch_dim) {
  const TensorDataset set{arange(6).reshape({3, 2}), arange(3)};
  const auto [x, y] = set[2];
  BOOST_TEST((x.to_vector<int>() == std::vector<int>{4, 5}));
  BOOST_TEST(y.dim() == 0);
  require_throws<IndexError>([&] { set[3]; }, "index 3 is not in [0, 3)");
}

BOOST_AUTO_TEST_CASE(any_layout_and_no_tape) {
  const Tensor x = arange(6.0).reshape({2, 3}).requires_grad_();
  const TensorDataset set{x.t()};
  const Tensor row = set.get_batch({1})[0];
  BOOST_TEST((row.to_vector<int>() == std::vector<int>{1, 4}));
  BOOST_TEST(!row.requires_grad());
}

BOOST_AUTO_TEST_CASE(zero_sizes) {
  const TensorDataset none{zeros({0, 3})}, flat{zeros({2, 0})};
  BOOST_TEST(none.size() == 0);
  BOOST_TEST((none.get_batch({})[0].shape() == Shape{0, 3}));
  BOOST_TEST((flat.get_batch({1, 1, 0})[0].shape() == Shape{3, 0}));
}

BOOST_AUTO_TEST_CASE(wrong_tensors) {
  require_throws<std::invalid_argument>([] { TensorDataset(std::vector<Tensor>{}); }, "at least one");
  require_throws<ShapeError>([] { TensorDataset{zeros({2, 3}), zeros({3})}; }, "got [2, 3] and [3]");
  require_throws<ShapeError>([] { TensorDataset{tensor(1.0)}; }, "0-dim");
  require_throws<Error>([] { TensorDataset{Tensor()}; }, "");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
