// The multiply-adds that summary counts: of every product, whichever layer runs
// it.
#include "../fixture.h"
#include "nets.h"
#include "nn/rnn.h"
#include "nn/summary.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(multiply_adds)
namespace {

using namespace testing;

std::int64_t counted(nn::Module&& net, const Shape& input, const nn::SummaryOptions& options = {}) {
  return nn::summary(net, input, options).multiply_adds;
}

BOOST_AUTO_TEST_CASE(of_layers) {
  BOOST_TEST(counted(nn::Linear(7, 3), 7) == 7 * 3);
  BOOST_TEST(counted(nn::Linear(7, 3), {5, 7}, {.batch_size = 2}) == 2 * 5 * 7 * 3);
  BOOST_TEST(counted(nn::Conv2d(3, 8, 3, {.padding = 1}), {3, 10, 12}) == 8 * 3 * 9 * 120);
  BOOST_TEST(counted(nn::Conv2d(4, 8, {3, 1}, {.stride = 2, .groups = 4}), {4, 9, 9}, {.batch_size = 3}) ==
             3 * 8 * 1 * 3 * 4 * 5);
  BOOST_TEST(counted(nn::Conv1d(2, 6, 5), {2, 20}) == 6 * 2 * 5 * 16);
  BOOST_TEST(counted(nn::ConvTranspose2d(3, 5, 2, {.stride = 2}), {3, 6, 7}) == 3 * 5 * 4 * 42);
  BOOST_TEST(counted(nn::Embedding(50, 4), 9, {.dtype = int64}) == 0);
  BOOST_TEST(counted(nn::LayerNorm({4, 6}), {4, 6}) == 0);
  BOOST_TEST(counted(nn::MaxPool2d(2), {3, 8, 8}) == 0);
}

BOOST_AUTO_TEST_CASE(of_recurrent_layers) {
  nn::LSTM lstm(3, 5);
  const Tensor x = ones({7, 2, 3});
  BOOST_TEST(nn::summary(lstm, [&] { lstm.forward(x); }).multiply_adds == 7 * 2 * 4 * 5 * (3 + 5));
  nn::GRU gru(3, 5, {.bidirectional = true});
  BOOST_TEST(nn::summary(gru, [&] { gru.forward(x); }).multiply_adds == 2 * 7 * 2 * 3 * 5 * (3 + 5));
}

BOOST_AUTO_TEST_CASE(belong_to_the_module_that_multiplies) {
  struct Attends : nn::Module {
    nn::Linear value = register_module("value", nn::Linear(4, 4));
    Tensor forward(const Tensor& x) override { return matmul(matmul(x, x.transpose(1, 2)), value(x)); }
  } net;
  const nn::Summary s = nn::summary(net, {6, 4});
  BOOST_TEST(s.rows.size() == 2u);
  BOOST_TEST(s.rows[0].type == "Attends");
  BOOST_TEST(s.rows[0].multiply_adds == 2 * 6 * 6 * 4);
  BOOST_TEST(s.rows[1].multiply_adds == 6 * 4 * 4);
  BOOST_TEST(s.multiply_adds == s.rows[0].multiply_adds + s.rows[1].multiply_adds);

  nn::Linear shared(3, 3);
  nn::Sequential twice{shared, shared};
  BOOST_TEST(nn::summary(twice, 3).rows[0].multiply_adds == 2 * 9);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
