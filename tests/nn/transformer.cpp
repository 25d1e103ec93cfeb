// Transformer layers and stacks; keys and printing of all sequence modules.
#include "nn/transformer.h"

#include <cmath>
#include <limits>
#include <sstream>

#include "nn/rnn.h"
#include "nn/rnn_cell.h"
#include "sequence.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(transformer)
namespace {

using namespace testing;

Tensor causal(int64_t n) { return arange(n).unsqueeze(0) > arange(n).unsqueeze(1); }
Tensor padding() { return tensor({{false, false, true}, {false, true, true}}); }

BOOST_AUTO_TEST_CASE(layers_have_pytorchs_values) {
  const StateDict table = read_table("nn/sequence_attention.txt");
  nn::TransformerEncoderLayer encoder(4, 2, {.dim_feedforward = 3, .dropout = 0});
  check_case(
      table, "encoder_layer", encoder,
      [&](const Named& in) -> std::vector<Tensor> {
        return {encoder.forward(in.at("x"), {.src_mask = causal(3), .src_key_padding_mask = padding()})};
      },
      true);
  nn::TransformerEncoderLayer first(4, 2,
                                    {.dim_feedforward = 3,
                                     .dropout = 0,
                                     .activation = "gelu",
                                     .layer_norm_eps = 1e-3,
                                     .batch_first = true,
                                     .norm_first = true});
  check_case(table, "encoder_first", first,
             [&](const Named& in) -> std::vector<Tensor> { return {first(in.at("x"))}; });
  nn::TransformerDecoderLayer decoder(4, 2, {.dim_feedforward = 3, .dropout = 0, .activation = "gelu"});
  check_case(
      table, "decoder_layer", decoder,
      [&](const Named& in) -> std::vector<Tensor> {
        return {decoder.forward(in.at("x"), in.at("m"), {.tgt_mask = causal(3), .memory_key_padding_mask = padding()})};
      },
      true);
  nn::TransformerDecoderLayer unbatched(4, 2,
                                        {.dim_feedforward = 3, .dropout = 0, .batch_first = true, .norm_first = true});
  check_case(table, "decoder_first", unbatched,
             [&](const Named& in) -> std::vector<Tensor> { return {unbatched(in.at("x"), in.at("m"))}; });
}

BOOST_AUTO_TEST_CASE(the_whole_has_pytorchs_values) {
  nn::Transformer whole({.d_model = 4,
                         .nhead = 2,
                         .num_encoder_layers = 2,
                         .num_decoder_layers = 1,
                         .dim_feedforward = 3,
                         .dropout = 0,
                         .batch_first = true});
  check_case(read_table("nn/sequence_attention.txt"), "transformer", whole,
             [&](const Named& in) -> std::vector<Tensor> {
               return {whole.forward(
                   in.at("x"), in.at("y"),
                   {.tgt_mask = causal(2), .src_key_padding_mask = padding(), .memory_key_padding_mask = padding()})};
             });
  for (const auto& [name, p] : nn::Transformer({.d_model = 4, .nhead = 2, .dim_feedforward = 3}).named_parameters()) {
    if (p.dim() < 2) continue;
    const double bound = std::sqrt(6.0 / static_cast<double>(p.size(0) + p.size(1)));
    BOOST_TEST(p.abs().max().item<double>() <= bound, name);
  }
}

BOOST_AUTO_TEST_CASE(stacks_copy_values_not_parameters) {
  nn::TransformerEncoderLayer layer(4, 2, {.dim_feedforward = 3, .dropout = 0});
  layer.norm1.requires_grad_(false);
  layer.to(float64);
  nn::TransformerEncoder stack(layer, 2, {.norm = nn::LayerNorm(4, {.dtype = float64})});
  BOOST_TEST(stack.layers.size() == 2u);
  BOOST_TEST(same_bits(stack.layers[0].linear1.weight, layer.linear1.weight));
  BOOST_TEST(stack.layers[0].linear1.weight.impl() != layer.linear1.weight.impl());
  BOOST_TEST(stack.layers[0].linear1.weight.impl() != stack.layers[1].linear1.weight.impl());
  BOOST_TEST(!stack.layers[1].norm1.weight.requires_grad());
  const Tensor x = random_tensor({3, 2, 4}, 1);
  const Tensor expected = (*stack.norm)(layer(layer(x, {.is_causal = true}), {.is_causal = true}));
  BOOST_TEST(same_bits(stack.forward(x, {.mask = causal(3)}), expected));
  BOOST_TEST(same_bits(stack(x, {.is_causal = true}), expected));
  nn::Module& base = stack;
  BOOST_TEST(same_bits(base(x), stack(x)));  // as one layer of a larger net

  nn::TransformerDecoderLayer one(4, 2, {.dim_feedforward = 3, .dropout = 0, .dtype = float64});
  nn::TransformerDecoder decoder(one, 2);
  const Tensor memory = random_tensor({5, 2, 4}, 2);
  BOOST_TEST(same_bits(decoder.forward(x, memory, {.tgt_is_causal = true}),
                       one(one(x, memory, {.tgt_mask = causal(3)}), memory, {.tgt_mask = causal(3)})));
}

BOOST_AUTO_TEST_CASE(gradients_with_dropout) {
  nn::TransformerEncoderLayer layer(4, 2,
                                    {.dim_feedforward = 3, .dropout = 0.3, .activation = "gelu", .dtype = float64});
  const Tensor x = random_tensor({3, 1, 4}, 1);
  const auto f = [&](const Tensor& in) {
    manual_seed(4);
    return layer(in);
  };
  const Tensor dropped = f(x);
  BOOST_TEST(autograd::gradcheck(f, {x}, kSequenceCheck));
  layer.eval();
  BOOST_TEST(!same_bits(dropped, f(x)));
  BOOST_TEST(autograd::gradcheck(f, {x}, kSequenceCheck));
}

BOOST_AUTO_TEST_CASE(the_mask_is_minus_infinity_above_the_diagonal) {
  const double inf = std::numeric_limits<double>::infinity();
  BOOST_TEST(max_relative_error(nn::Transformer::generate_square_subsequent_mask(2), {0, -inf, 0, 0}) == 0);
  BOOST_TEST(nn::Transformer::generate_square_subsequent_mask(0).numel() == 0);
}

/// The modules of the generator, in its order.
std::vector<std::shared_ptr<nn::Module>> modules() {
  const auto make = [](auto module) { return std::make_shared<decltype(module)>(module); };
  return {make(nn::LSTM(64, 128, {.num_layers = 2, .batch_first = true})),
          make(nn::LSTM(3, 4, {.bias = false, .bidirectional = true, .proj_size = 2})),
          make(nn::GRU(3, 4, {.num_layers = 2, .dropout = 0.25})),
          make(nn::RNN(3, 4, {.nonlinearity = "relu"})),
          make(nn::RNNCell(3, 4, {.bias = false, .nonlinearity = "relu"})),
          make(nn::LSTMCell(3, 4)),
          make(nn::GRUCell(3, 4, {.bias = false})),
          make(nn::MultiheadAttention(8, 2, {.dropout = 0.1, .add_bias_kv = true, .kdim = 3})),
          make(nn::TransformerEncoderLayer(8, 2, {.dim_feedforward = 16})),
          make(nn::TransformerDecoderLayer(8, 2, {.dim_feedforward = 16, .dropout = 0.2})),
          make(nn::TransformerEncoder(nn::TransformerEncoderLayer(4, 2, {.dim_feedforward = 3}), 2,
                                      {.norm = nn::LayerNorm(4)})),
          make(nn::Transformer(
              {.d_model = 4, .nhead = 2, .num_encoder_layers = 1, .num_decoder_layers = 1, .dim_feedforward = 3}))};
}

BOOST_AUTO_TEST_CASE(keys_and_printing_are_pytorchs) {
  std::ostringstream printed, keys;
  for (const auto& module : modules()) {
    printed << *module << "\n";
    for (const auto& [name, tensor] : module->state_dict()) keys << name << " " << tensor.shape() << "\n";
    keys << "\n";
  }
  BOOST_TEST(printed.str() == read_text("nn/sequence_printed.txt"));
  BOOST_TEST(keys.str() == read_text("nn/sequence_keys.txt"));
}

BOOST_AUTO_TEST_CASE(errors) {
  using Wrong = std::invalid_argument;
  require_throws<Wrong>([] { nn::TransformerEncoderLayer(5, 2); },
                        "TransformerEncoderLayer: nhead must divide d_model");
  require_throws<Wrong>([] { nn::TransformerEncoderLayer(4, 2, {.activation = "tanh"}); },
                        "activation must be relu or gelu, got tanh");
  require_throws<Wrong>([] { nn::TransformerDecoderLayer(4, 2, {.dim_feedforward = 0}); },
                        "TransformerDecoderLayer: dim_feedforward must be >= 1, got 0");
  require_throws<Wrong>([] { nn::TransformerEncoderLayer(4, 2, {.dropout = 2}); }, "dropout must be in [0, 1], got 2");
  require_throws<Wrong>([] { nn::TransformerEncoderLayer(4, 2, {.layer_norm_eps = -1}); }, "layer_norm_eps");
  const nn::TransformerEncoderLayer layer(4, 2, {.dim_feedforward = 3});
  require_throws<Wrong>([&] { nn::TransformerEncoder(layer, 0); },
                        "TransformerEncoder: num_layers must be >= 1, got 0");
  nn::Transformer whole({.d_model = 4, .nhead = 2, .num_encoder_layers = 1, .num_decoder_layers = 1});
  require_throws<ShapeError>([&] { whole.forward(zeros({3, 2, 4}), zeros({3, 1, 4})); }, "of one batch size");
  require_throws<ShapeError>([&] { whole.forward(zeros({3, 2, 5}), zeros({3, 2, 4})); }, "[T, N, 4] or [T, 4]");
  require_throws<ShapeError>(
      [&] {
        whole.forward(zeros({3, 2, 4}), zeros({3, 2, 4}), {.src_mask = zeros({2, 2})});
      },
      "attn_mask must be [3, 3]");
  require_throws<Wrong>([] { nn::Transformer::generate_square_subsequent_mask(-1); }, "size must be >= 0, got -1");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
