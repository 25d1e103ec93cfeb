// Packed sequences, and the recurrent layers on them.
#include "nn/packed_sequence.h"

#include <cmath>

#include "nn/rnn.h"
#include "sequence.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(packed)
namespace {

using namespace testing;
using Numbers = std::vector<int64_t>;

Numbers values(const Tensor& t) { return t.to_vector<int64_t>(); }

BOOST_AUTO_TEST_CASE(the_example_of_pytorchs_manual) {
  const Tensor x = tensor({{1, 2, 0}, {3, 0, 0}, {4, 5, 6}});
  const auto p = nn::utils::pack_padded_sequence(x, {2, 1, 3}, {.batch_first = true, .enforce_sorted = false});
  BOOST_TEST((values(p.data) == Numbers{4, 1, 3, 5, 2, 6}));
  BOOST_TEST((values(p.batch_sizes) == Numbers{3, 2, 1}));
  BOOST_TEST((values(p.sorted_indices) == Numbers{2, 0, 1}));
  BOOST_TEST((values(p.unsorted_indices) == Numbers{1, 2, 0}));
  const auto [padded, lengths] = nn::utils::pad_packed_sequence(p, {.batch_first = true});
  BOOST_TEST(same_bits(padded, x));
  BOOST_TEST((values(lengths) == Numbers{2, 1, 3}));
  const auto [longer, same] =
      nn::utils::pad_packed_sequence(p, {.batch_first = true, .padding_value = 9, .total_length = 4});
  BOOST_TEST(same_bits(longer, tensor({{1, 2, 9, 9}, {3, 9, 9, 9}, {4, 5, 6, 9}})));
  const auto time_first = nn::utils::pack_padded_sequence(x.t(), tensor({2, 1, 3}), {.enforce_sorted = false});
  BOOST_TEST(same_bits(time_first.data, p.data));
}

BOOST_AUTO_TEST_CASE(lists_of_sequences) {
  const std::vector<Tensor> list = {random_tensor({2, 3}, 1), random_tensor({4, 3}, 2), random_tensor({1, 3}, 3)};
  const Tensor padded = nn::utils::pad_sequence(list, {.padding_value = -1});
  BOOST_TEST((padded.shape() == Shape{4, 3, 3}));
  BOOST_TEST(padded[3][0][1].item<double>() == -1);
  BOOST_TEST(same_bits(nn::utils::pad_sequence(list, {.batch_first = true, .padding_value = -1}),
                       padded.transpose(0, 1).contiguous()));
  const auto again = nn::utils::unpad_sequence(padded, tensor({2, 4, 1}));
  const auto unpacked = nn::utils::unpack_sequence(nn::utils::pack_sequence(list, {.enforce_sorted = false}));
  for (std::size_t i = 0; i < list.size(); ++i) {
    BOOST_TEST(same_bits(again[i], list[i]));
    BOOST_TEST(same_bits(unpacked[i], list[i]));
  }
}

BOOST_AUTO_TEST_CASE(packing_is_differentiable) {
  BOOST_TEST(autograd::gradcheck(
      [](const Tensor& x) {
        const auto p = nn::utils::pack_padded_sequence(x, {1, 3}, {.enforce_sorted = false});
        return std::vector<Tensor>{p.data, nn::utils::pad_packed_sequence(p).first};
      },
      {random_tensor({3, 2, 2}, 1)}, kSequenceCheck));
}

/// Packs x, runs the module, pads what comes out.
template <class M>
Call through(M m, const Numbers& lengths, bool batch_first, bool enforce_sorted) {
  return [=](const Named& in) mutable -> std::vector<Tensor> {
    const auto p = nn::utils::pack_padded_sequence(in.at("x"), lengths,
                                                   {.batch_first = batch_first, .enforce_sorted = enforce_sorted});
    const auto padded = [&](const auto& y) {
      return nn::utils::pad_packed_sequence(y, {.batch_first = batch_first}).first;
    };
    if constexpr (std::is_same_v<M, nn::LSTM>) {
      auto [y, s] = in.contains("h") ? m.forward(p, {in.at("h"), in.at("c")}) : m.forward(p);
      return {padded(y), s.first, s.second};
    } else {
      auto [y, h] = in.contains("h") ? m.forward(p, in.at("h")) : m.forward(p);
      return {padded(y), h};
    }
  };
}

BOOST_AUTO_TEST_CASE(layers_have_pytorchs_values) {
  const StateDict table = read_table("nn/sequence_recurrent.txt");
  const nn::LSTM lstm(2, 2, {.num_layers = 2, .batch_first = true, .bidirectional = true}), bare(2, 2, {.bias = false});
  check_case(table, "lstm_packed", lstm, through(lstm, {2, 4, 1}, true, false), true);
  check_case(table, "lstm_sorted", bare, through(bare, {3, 2, 2}, false, true));
  const nn::GRU gru(2, 2, {.bidirectional = true});
  check_case(table, "gru_packed", gru, through(gru, {1, 4, 2}, false, false), true);
  const nn::RNN rnn(2, 2, {.bidirectional = true});
  check_case(table, "rnn_packed", rnn, through(rnn, {2, 1, 3}, false, false), true);
}

BOOST_AUTO_TEST_CASE(padding_is_never_read) {
  nn::GRU gru(2, 3, {.bidirectional = true});
  const Tensor x = random_tensor({4, 2, 2}, 1, {.dtype = float32});
  Tensor spoiled = x.clone();
  spoiled.slice(0, 2, 4).select(1, 1).fill_(std::nan(""));
  const auto run = [&](const Tensor& in) {
    return gru.forward(nn::utils::pack_padded_sequence(in, {4, 2})).first.data;
  };
  BOOST_TEST(same_bits(run(x), run(spoiled)));
}

BOOST_AUTO_TEST_CASE(errors) {
  using Wrong = std::invalid_argument;
  namespace utils = nn::utils;
  const Tensor x = zeros({3, 2, 4});
  require_throws<Wrong>(
      [&] {
        utils::pack_padded_sequence(x, {2, 3});
      },
      "pack_padded_sequence: lengths must not increase, got 3 behind 2");
  require_throws<Wrong>([&] { utils::pack_padded_sequence(x, {3, 0}); }, "lengths must be in 1 … 3, got 0");
  require_throws<Wrong>([&] { utils::pack_padded_sequence(x, {4, 1}); }, "lengths must be in 1 … 3, got 4");
  require_throws<ShapeError>([&] { utils::pack_padded_sequence(x, {3, 2, 1}); }, "a length for each of 2 sequences");
  require_throws<ShapeError>([&] { utils::pack_padded_sequence(zeros({3}), {3}); }, "needs [T, N, …], got [3]");
  require_throws<DTypeError>([&] { utils::pack_padded_sequence(x, ones({2})); }, "lengths must be int64, got float32");
  require_throws<ShapeError>(
      [&] {
        utils::pack_padded_sequence(zeros({3, 0, 4}), Numbers{});
      },
      "at least one sequence");
  const auto p = utils::pack_padded_sequence(x, {3, 2});
  require_throws<Wrong>([&] { utils::pad_packed_sequence(p, {.total_length = 2}); },
                        "total_length must be at least the longest length, 3, got 2");
  require_throws<ShapeError>(
      [&] {
        utils::pad_packed_sequence({x.flatten(0, 1), tensor({2, 2})});
      },
      "batch_sizes must add up to the rows of data, 6, got 4");
  require_throws<Wrong>([&] { utils::pad_packed_sequence({x.flatten(0, 1), tensor({2, 4})}); }, "not increase");
  require_throws<Wrong>(
      [&] {
        utils::pad_packed_sequence({p.data, p.batch_sizes, tensor({0, 0}), tensor({0, 1})});
      },
      "sorted_indices must be a permutation of 0 … 1");
  require_throws<Error>([&] { utils::pad_packed_sequence({}); }, "pad_packed_sequence");
  require_throws<Wrong>([&] { utils::pad_sequence({}); }, "pad_sequence: needs at least one sequence");
  require_throws<ShapeError>([&] { utils::pad_sequence({zeros({2, 3}), zeros({2, 4})}); }, "all sizes but the first");
  require_throws<Wrong>([&] { utils::unpad_sequence(x, tensor({4, 1})); }, "lengths must be in 0 … 3, got 4");
  nn::GRU gru(3, 2);
  require_throws<ShapeError>([&] { gru.forward(p); }, "GRU: packed data must be [rows, 3], got [5, 4]");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
