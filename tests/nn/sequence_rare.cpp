// Rarer options of recurrent and attention layers against PyTorch: packed and single sequences, computed weights,
// masks.
#include "nn/nn.h"
#include "sequence.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(sequence_rare)
namespace {

using namespace testing;
using Tensors = std::vector<Tensor>;

StateDict table() { return read_table("nn/sequence_rare.txt"); }

/// Output and last states of a recurrent layer or cell on a tensor or a packed sequence; the packed output is padded.
template <class M, class X>
Tensors outputs(M& m, const Named& in, const X& x, bool batch_first = false) {
  const auto whole = [&](const auto& y) -> Tensor {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(y)>, Tensor>)
      return y;
    else
      return nn::utils::pad_packed_sequence(y, {.batch_first = batch_first}).first;
  };
  if constexpr (std::is_same_v<M, nn::LSTM>) {
    const auto [y, s] = in.contains("h") ? m(x, {in.at("h"), in.at("c")}) : m(x);
    return {whole(y), s.first, s.second};
  } else if constexpr (std::is_base_of_v<nn::RNNCellBase, M>) {
    return {in.contains("h") ? m(x, in.at("h")) : m(x)};
  } else {
    const auto [y, h] = in.contains("h") ? m(x, in.at("h")) : m(x);
    return {whole(y), h};
  }
}

template <class M>
void check(const std::string& name, M m) {
  check_case(
      table(), name, m, [&](const Named& in) { return outputs(m, in, in.at("x")); }, true);
}

template <class M>
void check_packed(const std::string& name, M m, const std::vector<std::int64_t>& lengths, bool batch_first) {
  const nn::utils::PackPaddedSequenceOptions options{.batch_first = batch_first, .enforce_sorted = false};
  check_case(
      table(), name, m,
      [&](const Named& in) {
        return outputs(m, in, nn::utils::pack_padded_sequence(in.at("x"), lengths, options), batch_first);
      },
      true);
}

BOOST_AUTO_TEST_CASE(packed_sequences) {
  check_packed("rnn_packed_relu",
               nn::RNN(2, 3, {.num_layers = 2, .nonlinearity = "relu", .batch_first = true, .bidirectional = true}),
               {1, 4, 3}, true);
  check_packed("lstm_packed_proj", nn::LSTM(2, 3, {.num_layers = 2, .bidirectional = true, .proj_size = 2}), {3, 4, 3},
               false);
  check_packed("gru_packed_deep", nn::GRU(2, 3, {.num_layers = 2, .batch_first = true}), {3, 1}, true);
}

BOOST_AUTO_TEST_CASE(single_sequences_and_steps) {
  check("rnn_bare_single", nn::RNN(2, 2, {.bias = false, .bidirectional = true}));
  check("gru_one", nn::GRU(3, 2, {.bidirectional = true}));
  check("lstm_single_deep", nn::LSTM(2, 2, {.num_layers = 2, .batch_first = true, .bidirectional = true}));
  check("rnn_cell_single", nn::RNNCell(2, 3));
  check("gru_cell_single", nn::GRUCell(2, 3));
}

BOOST_AUTO_TEST_CASE(computed_weights) {
  using nn::utils::spectral_norm, nn::utils::weight_norm;
  check("lstm_weight_norm", weight_norm(nn::LSTM(2, 3), {.name = "weight_hh_l0"}));
  check("gru_weight_norm", weight_norm(nn::GRU(2, 2, {.num_layers = 2, .bidirectional = true}),
                                       {.name = "weight_ih_l1_reverse", .dim = std::nullopt}));
  check("cell_weight_norm", weight_norm(nn::GRUCell(2, 3), {.name = "weight_ih"}));
  nn::RNN spectral = spectral_norm(nn::RNN(2, 3), {.name = "weight_hh_l0"});
  spectral.eval();
  check("rnn_spectral_norm", spectral);
  nn::LSTM lstm = weight_norm(nn::LSTM(2, 3), {.name = "weight_hh_l0"});
  const Tensor x = random_tensor({3, 2, 2}, 1, {.dtype = float32}), y = lstm(x).first.detach();
  nn::utils::remove_weight_norm(lstm, "weight_hh_l0");
  BOOST_TEST(lstm.get_parameter("weight_hh_l0").impl() == lstm.all_weights[0].w_hh.impl());
  BOOST_TEST(same_bits(lstm(x).first, y));
}

/// A case of MultiheadAttention, and the faster way without weights.
void check_attention(const std::string& name, nn::MultiheadAttention m, nn::AttentionOptions options) {
  const auto call = [&](const Named& in) -> Tensors {
    const Tensor k = in.contains("k") ? in.at("k") : in.at("q");
    const auto [y, weights] = m(in.at("q"), k, in.contains("v") ? in.at("v") : k, options);
    return weights.defined() ? Tensors{y, weights} : Tensors{y};
  };
  check_case(table(), name, m, call, true);
  options.need_weights = false;
  BOOST_TEST(max_relative_error(call(below(table(), name + "/in/"))[0], table().at(name + "/out/0")) < 1e-13, name);
}

BOOST_AUTO_TEST_CASE(attention_masks) {
  const Tensor blocked =
      tensor({{{0, 1, 0}, {1, 0, 0}}, {{1, 1, 0}, {0, 0, 0}}, {{0, 0, 1}, {0, 1, 1}}, {{0, 0, 0}, {1, 0, 1}}})
          .to(boolean);
  check_attention("mask_of_heads", nn::MultiheadAttention(4, 2), {.attn_mask = blocked});
  check_attention("zero_attention",
                  nn::MultiheadAttention(4, 4, {.add_zero_attn = true, .kdim = 3, .batch_first = true}),
                  {.attn_mask = blocked[0]});
  check_attention("single_heads", nn::MultiheadAttention(4, 2, {.add_bias_kv = true}),
                  {.attn_mask = blocked.slice(0, 0, 2), .average_attn_weights = false});
}

BOOST_AUTO_TEST_CASE(stacks_of_layers) {
  const auto causal = [](std::int64_t n) { return arange(n).unsqueeze(0) > arange(n).unsqueeze(1); };
  const Tensor padding = tensor({{false, false, true}, {false, true, true}}), mask = table().at("memory_mask");
  nn::TransformerEncoder encoder(
      nn::TransformerEncoderLayer(
          4, 2, {.dim_feedforward = 3, .dropout = 0, .activation = "gelu", .batch_first = true, .norm_first = true}),
      2, {.norm = nn::LayerNorm({4})});
  check_case(table(), "encoder", encoder, [&](const Named& in) -> Tensors {
    return {encoder(in.at("x"), {.mask = causal(3), .src_key_padding_mask = padding})};
  });
  nn::TransformerDecoder decoder(
      nn::TransformerDecoderLayer(4, 2, {.dim_feedforward = 3, .dropout = 0, .norm_first = true}), 2);
  check_case(table(), "decoder", decoder, [&](const Named& in) -> Tensors {
    return {decoder(in.at("x"), in.at("m"),
                    {.tgt_mask = causal(3),
                     .memory_mask = mask,
                     .tgt_key_padding_mask = padding,
                     .memory_key_padding_mask = tensor({{false, true}, {false, false}})})};
  });
  nn::Transformer whole({.d_model = 4,
                         .nhead = 2,
                         .num_encoder_layers = 1,
                         .num_decoder_layers = 1,
                         .dim_feedforward = 3,
                         .dropout = 0,
                         .activation = "gelu",
                         .norm_first = true});
  check_case(table(), "transformer_single", whole, [&](const Named& in) -> Tensors {
    return {whole(in.at("x"), in.at("y"), {.src_mask = causal(2), .tgt_mask = causal(3), .memory_mask = mask})};
  });
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
