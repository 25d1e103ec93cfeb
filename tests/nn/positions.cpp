// Sinusoidal and rotary positions.
#include "nn/positions.h"

#include <cmath>

#include "sequence.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(positions)
namespace {

using namespace testing;

BOOST_AUTO_TEST_CASE(sinusoidal_values) {
  for (const int64_t dim : {4, 5}) {
    const Tensor p = nn::sinusoidal_positions(7, dim, {.dtype = float64});
    BOOST_TEST_REQUIRE((p.shape() == Shape{7, dim}));
    for (int64_t t = 0; t < 7; ++t) {
      for (int64_t i = 0; i < dim; ++i) {
        const double angle =
            static_cast<double>(t) / std::pow(10000.0, static_cast<double>(i / 2 * 2) / static_cast<double>(dim));
        const double expected = i % 2 == 0 ? std::sin(angle) : std::cos(angle);
        BOOST_TEST(std::abs(p[t][i].item<double>() - expected) < 1e-14);
      }
    }
  }
  BOOST_TEST((nn::sinusoidal_positions(0, 4).shape() == Shape{0, 4}));
  BOOST_TEST(nn::sinusoidal_positions(2, 4).dtype() == float32);
}

BOOST_AUTO_TEST_CASE(encoding_adds_them_along_time) {
  nn::PositionalEncoding first(4, {.max_len = 6}), last(4, {.max_len = 6, .batch_first = true});
  first.eval(), last.eval();
  const Tensor x = random_tensor({3, 2, 4}, 1), p = nn::sinusoidal_positions(3, 4, {.dtype = float64});
  BOOST_TEST(same_bits(first(x), x + p.unsqueeze(1)));
  BOOST_TEST(same_bits(last(x.transpose(0, 1)), x.transpose(0, 1) + p));
  BOOST_TEST(same_bits(last(x[0].slice(0, 0, 2)), x[0] + p.slice(0, 0, 2)));
  BOOST_TEST(first.state_dict().empty());
  first.train();
  manual_seed(1);
  BOOST_TEST(!same_bits(first(x), x + p.unsqueeze(1)));
}

BOOST_AUTO_TEST_CASE(rotary_turns_pairs) {
  const Tensor x = random_tensor({2, 3, 4}, 1);
  for (const bool interleaved : {true, false}) {
    nn::RotaryPositionalEmbeddings rotary(4, {.max_seq_len = 10, .interleaved = interleaved});
    const Tensor y = rotary(x, {.offset = 2});
    for (int64_t t = 0; t < 3; ++t) {
      for (int64_t i = 0; i < 2; ++i) {
        const int64_t a = interleaved ? 2 * i : i, b = interleaved ? 2 * i + 1 : i + 2;
        const double angle = static_cast<double>(t + 2) / std::pow(10000.0, static_cast<double>(i) / 2);
        const double u = x[1][t][a].item<double>(), v = x[1][t][b].item<double>();
        BOOST_TEST(std::abs(y[1][t][a].item<double>() - (u * std::cos(angle) - v * std::sin(angle))) < 1e-14);
        BOOST_TEST(std::abs(y[1][t][b].item<double>() - (u * std::sin(angle) + v * std::cos(angle))) < 1e-14);
      }
    }
    BOOST_TEST(autograd::gradcheck([&](const Tensor& in) { return rotary(in); }, {x}, kSequenceCheck));
    BOOST_TEST(same_bits(static_cast<nn::Module&>(rotary)(x), rotary(x)));
  }
}

BOOST_AUTO_TEST_CASE(rotary_products_depend_on_the_distance) {
  nn::RotaryPositionalEmbeddings rotary(6, {.seq_dim = 0});
  const Tensor q = random_tensor({1, 6}, 1), k = random_tensor({1, 6}, 2);
  const auto product = [&](int64_t i, int64_t j) {
    return (rotary(q, {.offset = i}) * rotary(k, {.offset = j})).sum().item<double>();
  };
  BOOST_TEST(std::abs(product(3, 1) - product(12, 10)) < 1e-12);
  BOOST_TEST(std::abs(product(3, 1) - product(3, 2)) > 1e-3);
  BOOST_TEST(same_bits(rotary(q), q));  // position 0
}

BOOST_AUTO_TEST_CASE(errors) {
  using Wrong = std::invalid_argument;
  require_throws<Wrong>([] { nn::sinusoidal_positions(-1, 4); }, "sinusoidal_positions: sizes must be >= 0");
  require_throws<Wrong>([] { nn::sinusoidal_positions(1, 4, {.base = 0}); }, "base must be positive and finite");
  require_throws<Wrong>([] { nn::sinusoidal_positions(1, 4, {.dtype = int64}); }, "dtype must be floating");
  require_throws<Wrong>([] { nn::PositionalEncoding(4, {.dropout = 2}); }, "PositionalEncoding: dropout must be");
  require_throws<Wrong>([] { nn::RotaryPositionalEmbeddings(5); }, "dim must be even, got 5");
  nn::PositionalEncoding encoding(4, {.max_len = 2});
  require_throws<ShapeError>([&] { encoding(zeros({3, 1, 4})); }, "must not be longer than max_len = 2, got 3");
  require_throws<ShapeError>([&] { encoding(zeros({2, 1, 5})); }, "PositionalEncoding: x must be [T, N, 4]");
  require_throws<DTypeError>([&] { encoding(zeros({2, 4}, {.dtype = int64})); }, "takes floats");
  nn::RotaryPositionalEmbeddings rotary(4, {.max_seq_len = 3});
  require_throws<ShapeError>([&] { rotary(zeros({4, 4})); }, "positions must lie below max_seq_len = 3, got 4 from 0");
  require_throws<ShapeError>([&] { rotary(zeros({2, 4}), {.offset = 2}); }, "max_seq_len = 3");
  require_throws<ShapeError>([&] { rotary(zeros({2, 4}), {.offset = -1}); }, "max_seq_len = 3");
  require_throws<ShapeError>([&] { rotary(zeros({2, 5})); }, "x must be […, T, 4], got [2, 5]");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
