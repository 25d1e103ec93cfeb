// RNN, LSTM, GRU and their cells.
#include <cmath>
#include <sstream>

#include "autograd/ops/dropout.h"
#include "nn/rnn.h"
#include "nn/rnn_cell.h"
#include "sequence.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(recurrent)
namespace {

using namespace testing;

std::vector<Tensor> flat(const std::pair<Tensor, nn::LSTM::State>& result) {
  return {result.first, result.second.first, result.second.second};
}
std::vector<Tensor> flat(const std::pair<Tensor, Tensor>& result) { return {result.first, result.second}; }

/// With the state that the case has.
template <class M>
Call plain(M m) {
  return [m](const Named& in) mutable {
    if constexpr (std::is_same_v<M, nn::LSTM>)
      return in.contains("h") ? flat(m.forward(in.at("x"), {in.at("h"), in.at("c")})) : flat(m.forward(in.at("x")));
    else
      return in.contains("h") ? flat(m.forward(in.at("x"), in.at("h"))) : flat(m.forward(in.at("x")));
  };
}
template <class M>
Call cell(M m) {
  return [m](const Named& in) mutable -> std::vector<Tensor> {
    return {in.contains("h") ? m.forward(in.at("x"), in.at("h")) : m.forward(in.at("x"))};
  };
}

template <class M>
void check_plain(const StateDict& table, const std::string& name, M m, bool second_order = false) {
  check_case(table, name, m, plain(m), second_order);
}

BOOST_AUTO_TEST_CASE(lstm_has_pytorchs_values) {
  const StateDict table = read_table("nn/sequence_recurrent.txt");
  check_plain(table, "lstm_deep", nn::LSTM(2, 3, {.num_layers = 2}), true);
  check_plain(table, "lstm_both", nn::LSTM(2, 2, {.num_layers = 2, .batch_first = true, .bidirectional = true}));
  check_plain(table, "lstm_proj", nn::LSTM(2, 3, {.num_layers = 2, .bidirectional = true, .proj_size = 2}), true);
  check_plain(table, "lstm_one", nn::LSTM(3, 2));
  check_plain(table, "lstm_single", nn::LSTM(2, 2, {.bidirectional = true}), true);
}

BOOST_AUTO_TEST_CASE(gru_has_pytorchs_values) {
  const StateDict table = read_table("nn/sequence_recurrent.txt");
  check_plain(table, "gru_deep", nn::GRU(2, 3, {.num_layers = 2, .batch_first = true}), true);
  check_plain(table, "gru_both", nn::GRU(2, 2, {.num_layers = 2, .bidirectional = true}), true);
  check_plain(table, "gru_bare", nn::GRU(2, 2, {.bias = false}));
}

BOOST_AUTO_TEST_CASE(rnn_has_pytorchs_values) {
  const StateDict table = read_table("nn/sequence_recurrent.txt");
  check_plain(table, "rnn_tanh", nn::RNN(2, 3, {.num_layers = 2, .bidirectional = true}), true);
  check_plain(table, "rnn_relu", nn::RNN(2, 2, {.nonlinearity = "relu"}));
}

BOOST_AUTO_TEST_CASE(cells_have_pytorchs_values) {
  const StateDict table = read_table("nn/sequence_recurrent.txt");
  const nn::RNNCell rnn(2, 3), relu(2, 3, {.bias = false, .nonlinearity = "relu"});
  const nn::GRUCell gru(2, 3);
  check_case(table, "rnn_cell", rnn, cell(rnn), true);
  check_case(table, "rnn_cell_relu", relu, cell(relu));
  check_case(table, "gru_cell", gru, cell(gru), true);
  nn::LSTMCell lstm(2, 3);
  check_case(
      table, "lstm_cell", lstm,
      [&](const Named& in) {
        return flat(lstm.forward(in.at("x"), {in.at("h"), in.at("c")}));
      },
      true);
  check_case(table, "lstm_cell_single", lstm, [&](const Named& in) { return flat(lstm.forward(in.at("x"))); });
}

BOOST_AUTO_TEST_CASE(a_cell_is_one_step_of_the_layer) {
  nn::LSTM lstm(3, 4);
  nn::LSTMCell one(3, 4);
  StateDict state;
  for (const auto& [name, tensor] : lstm.state_dict()) state[name.substr(0, name.size() - 3)] = tensor;
  one.load_state_dict(state);
  const Tensor x = random_tensor({5, 2, 3}, 1, {.dtype = float32});
  const auto [y, last] = lstm.forward(x);
  Tensor h, c;
  for (int64_t t = 0; t < 5; ++t) {
    std::tie(h, c) = one.forward(x[t], {h, c});
    BOOST_TEST(max_relative_error(h, y[t]) < 1e-6);
  }
  BOOST_TEST(max_relative_error(c, last.second[0]) < 1e-6);
}

BOOST_AUTO_TEST_CASE(parameters_start_as_pytorchs) {
  nn::GRU gru(50, 100, {.num_layers = 2});
  BOOST_TEST(gru.all_weights.size() == 2u);
  for (const auto& [name, p] : gru.named_parameters()) {
    BOOST_TEST(p.abs().max().item<double>() <= 0.1, name);
    BOOST_TEST(p.abs().max().item<double>() > 0.097, name);
    BOOST_TEST(std::abs(p.mean().item<double>()) < 5 * 0.1 / std::sqrt(3.0 * static_cast<double>(p.numel())), name);
  }
  const nn::LSTMCell one(3, 4);
  BOOST_TEST(one.weight_hh.abs().max().item<double>() <= 0.5);
  BOOST_TEST(one.bias_hh.abs().max().item<double>() > 0.3);
}

BOOST_AUTO_TEST_CASE(dropout_between_layers_while_training) {
  nn::LSTM lstm(3, 4, {.num_layers = 2, .dropout = 0.5, .dtype = float64});
  const Tensor x = random_tensor({3, 2, 3}, 1);
  const auto run = [&](uint64_t seed) {
    manual_seed(seed);
    return lstm.forward(x).first;
  };
  BOOST_TEST(same_bits(run(1), run(1)));
  BOOST_TEST(!same_bits(run(1), run(2)));
  BOOST_TEST(autograd::gradcheck(
      [&](const Tensor& in) {
        manual_seed(5);
        return lstm.forward(in).first;
      },
      {x}, kSequenceCheck));
  lstm.eval();
  BOOST_TEST(same_bits(run(1), run(2)));
  BOOST_TEST(autograd::gradcheck([&](const Tensor& in) { return lstm.forward(in).first; }, {x}, kSequenceCheck));
  nn::GRU gone(3, 4, {.num_layers = 2, .dropout = 1.0});  // the second layer sees zeros alone
  const auto [y, h] = gone.forward(x.to(float32));
  const auto [zero, same] = gone.forward(x.to(float32) * 2.0);
  BOOST_TEST(same_bits(y, zero));
}

BOOST_AUTO_TEST_CASE(edges) {
  nn::LSTM lstm(3, 4, {.batch_first = true});
  auto [y, state] = lstm.forward(zeros({0, 5, 3}));
  auto& [h, c] = state;
  BOOST_TEST((y.shape() == Shape{0, 5, 4}));
  BOOST_TEST((h.shape() == Shape{1, 0, 4}));
  BOOST_TEST((c.shape() == Shape{1, 0, 4}));
  y.sum().backward();
  BOOST_TEST(lstm.all_weights[0].w_hh.grad().abs().sum().item<double>() == 0);
  lstm.zero_grad();
  BOOST_TEST((nn::GRUCell(3, 4).forward(zeros({0, 3})).shape() == Shape{0, 4}));
  BOOST_TEST((nn::RNN(0, 4).forward(zeros({2, 1, 0})).first.shape() == Shape{2, 1, 4}));
  BOOST_TEST((lstm(zeros({5, 3})).first.shape() == Shape{5, 4}));  // operator() as well
  NoGradGuard no_grad;
  BOOST_TEST(!lstm.forward(zeros({1, 5, 3})).first.requires_grad());
}

BOOST_AUTO_TEST_CASE(a_copy_shares_parameters_and_conversion) {
  nn::GRU gru(2, 2);
  nn::GRU copy = gru;
  copy.to(float64);
  const auto [y, h] = gru.forward(zeros({1, 1, 2}, {.dtype = float64}));
  BOOST_TEST(y.dtype() == float64);
}

BOOST_AUTO_TEST_CASE(errors) {
  using Wrong = std::invalid_argument;
  require_throws<Wrong>([] { nn::LSTM(-1, 2); }, "LSTM: input_size must be >= 0 and hidden_size >= 1, got -1 and 2");
  require_throws<Wrong>([] { nn::GRU(1, 0); }, "GRU: input_size must be >= 0 and hidden_size >= 1");
  require_throws<Wrong>([] { nn::GRU(1, 2, {.num_layers = 0}); }, "GRU: num_layers must be >= 1, got 0");
  require_throws<Wrong>([] { nn::GRU(1, 2, {.dropout = std::nan("")}); }, "GRU: dropout must be in [0, 1]");
  require_throws<Wrong>([] { nn::LSTM(1, 2, {.proj_size = 2}); }, "LSTM: proj_size must be >= 0 and below hidden_size");
  require_throws<Wrong>([] { nn::RNN(1, 2, {.nonlinearity = "gelu"}); }, "RNN: nonlinearity must be tanh or relu");
  require_throws<Wrong>([] { nn::RNNCell(1, 2, {.nonlinearity = ""}); }, "RNNCell: nonlinearity must be");
  require_throws<Wrong>([] { nn::LSTM(1, 2, {.dtype = int64}); }, "LSTM: dtype must be floating, got int64");
  require_throws<Wrong>([] { nn::GRUCell(1, 0); }, "GRUCell: input_size");

  nn::LSTM lstm(3, 4, {.num_layers = 2});
  const Tensor x = zeros({5, 2, 3}), h = zeros({2, 2, 4});
  require_throws<ShapeError>([&] { lstm.forward(zeros({5, 2, 4})); }, "LSTM: x must be [T, N, 3] or [T, 3], got");
  require_throws<ShapeError>([&] { lstm.forward(zeros({3})); }, "LSTM: x must be");
  require_throws<ShapeError>([&] { lstm.forward(zeros({0, 2, 3})); }, "LSTM: needs at least one time step");
  require_throws<DTypeError>([&] { lstm.forward(x.to(float64)); }, "LSTM: x must be float32 as the parameters are");
  require_throws<ShapeError>([&] { lstm.forward(x, {zeros({1, 2, 4}), h}); }, "LSTM: h0 must be [2, 2, 4], got [1, 2");
  require_throws<ShapeError>([&] { lstm.forward(x, {h, zeros({2, 2, 3})}); }, "LSTM: c0 must be [2, 2, 4], got");
  require_throws<ShapeError>([&] { lstm.forward(x[0], {h, h}); }, "LSTM: h0 must be [2, 4], got [2, 2, 4]");
  require_throws<DTypeError>([&] { lstm.forward(x, {h.to(float64), h}); }, "LSTM: h0 must be float32 as x is");
  require_throws<Wrong>([&] { lstm.forward(x, {h, Tensor()}); }, "LSTM: h0 and c0 go together");
  require_throws<Error>([&] { lstm.forward(Tensor()); }, "LSTM");
  nn::LSTMCell one(3, 4);
  require_throws<ShapeError>([&] { one.forward(x); }, "LSTMCell: x must be [N, 3] or [3], got [5, 2, 3]");
  require_throws<ShapeError>([&] { one.forward(x[0], {zeros({4}), zeros({4})}); }, "LSTMCell: h must be [2, 4]");
  require_throws<Wrong>([&] { one.forward(x[0], {Tensor(), zeros({2, 4})}); }, "LSTMCell: h and c go together");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
