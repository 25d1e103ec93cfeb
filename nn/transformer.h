// Stacks of transformer layers, and the whole encoder-decoder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "transformer_layers.h"

namespace descent::nn {

/// Options of TransformerEncoder and TransformerDecoder.
struct TransformerStackOptions {
  std::optional<LayerNorm> norm = std::nullopt;  ///< applied at the end
};
using TransformerEncoderOptions = TransformerStackOptions;
using TransformerDecoderOptions = TransformerStackOptions;

/// Options of TransformerEncoder::forward.
struct EncoderMasks {
  Tensor mask = {};
  Tensor src_key_padding_mask = {};
  bool is_causal = false;
};

/// num_layers copies of a layer, one after the other: each has parameters of its own, which start with the layer's
/// values. `nn::TransformerEncoder encoder(layer, 6, {.norm = nn::LayerNorm(512)});`
class TransformerEncoder : public Module {
 public:
  TransformerEncoder(const TransformerEncoderLayer& encoder_layer, std::int64_t num_layers,
                     const TransformerEncoderOptions& options = {});
  Tensor forward(const Tensor& src) override { return compute(src, {}); }
  Tensor forward(const Tensor& src, const EncoderMasks& masks);
  Tensor operator()(const Tensor& src, const EncoderMasks& masks = {}) { return forward(src, masks); }

  std::vector<TransformerEncoderLayer> layers;
  std::optional<LayerNorm> norm;

 private:
  Tensor compute(const Tensor& src, const EncoderMasks& masks);
};

/// The same for decoder layers.
class TransformerDecoder : public Module {
 public:
  TransformerDecoder(const TransformerDecoderLayer& decoder_layer, std::int64_t num_layers,
                     const TransformerDecoderOptions& options = {});
  using Module::forward;
  Tensor forward(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks = {});
  Tensor operator()(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks = {}) {
    return forward(tgt, memory, masks);
  }

  std::vector<TransformerDecoderLayer> layers;
  std::optional<LayerNorm> norm;
};

/// Options of Transformer.
struct TransformerOptions {
  std::int64_t d_model = 512;
  std::int64_t nhead = 8;
  std::int64_t num_encoder_layers = 6;
  std::int64_t num_decoder_layers = 6;
  std::int64_t dim_feedforward = 2048;
  double dropout = 0.1;
  std::string activation = "relu";  ///< or "gelu"
  double layer_norm_eps = 1e-5;
  bool batch_first = false;
  bool norm_first = false;
  bool bias = true;
  DType dtype = float32;
};

/// Options of Transformer::forward.
struct TransformerMasks {
  Tensor src_mask = {};
  Tensor tgt_mask = {};
  Tensor memory_mask = {};
  Tensor src_key_padding_mask = {};
  Tensor tgt_key_padding_mask = {};
  Tensor memory_key_padding_mask = {};
  bool src_is_causal = false;
  bool tgt_is_causal = false;
  bool memory_is_causal = false;
};

/// Encoder and decoder with a norm at the end of each; all matrices start Xavier-uniform (Vaswani et al., 2017):
/// `y = transformer.forward(src, tgt, {.tgt_mask = a});`.
class Transformer : public Module {
 public:
  explicit Transformer(const TransformerOptions& options = {});
  using Module::forward;
  Tensor forward(const Tensor& src, const Tensor& tgt, const TransformerMasks& masks = {});
  Tensor operator()(const Tensor& src, const Tensor& tgt, const TransformerMasks& masks = {}) {
    return forward(src, tgt, masks);
  }
  /// [size, size]: 0 on and below the diagonal, −inf above; throws std::invalid_argument for a negative size.
  static Tensor generate_square_subsequent_mask(std::int64_t size, DType dtype = float32);

  TransformerEncoder encoder;
  TransformerDecoder decoder;

 private:
  Tensor compute(const Tensor& src, const Tensor& tgt, const TransformerMasks& masks);

  std::int64_t d_model_;
  bool batch_first_;
};

}  // namespace descent::nn
