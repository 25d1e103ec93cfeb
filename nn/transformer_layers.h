// One layer of a transformer's encoder or decoder.
#pragma once

#include <string>

#include "attention.h"
#include "dropout.h"
#include "linear.h"
#include "normalization.h"

namespace descent::nn {

/// Options of TransformerEncoderLayer and TransformerDecoderLayer.
struct TransformerLayerOptions {
  std::int64_t dim_feedforward = 2048;
  double dropout = 0.1;
  std::string activation = "relu";  ///< or "gelu"
  double layer_norm_eps = 1e-5;
  bool batch_first = false;
  bool norm_first = false;  ///< normalise before attention and feed-forward instead of after the sum
  bool bias = true;
  DType dtype = float32;
};
using TransformerEncoderLayerOptions = TransformerLayerOptions;
using TransformerDecoderLayerOptions = TransformerLayerOptions;

/// Options of TransformerEncoderLayer::forward; masks as those of MultiheadAttention.
struct EncoderLayerMasks {
  Tensor src_mask = {};
  Tensor src_key_padding_mask = {};
  bool is_causal = false;
};

/// x = norm1(x + SA(x)), x = norm2(x + FF(x)); norm_first: x = x + SA(norm1(x)), x = x + FF(norm2(x)), where
/// FF(x) = linear2(dropout(activation(linear1(x)))) (Vaswani et al., "Attention is all you need", 2017).
/// src [T, N, d_model], [N, T, d_model] if batch_first, or [T, d_model]. Throws std::invalid_argument for wrong
/// options, ShapeError, DTypeError.
class TransformerEncoderLayer : public Module {
 public:
  TransformerEncoderLayer(std::int64_t d_model, std::int64_t nhead, const TransformerEncoderLayerOptions& options = {});
  Tensor forward(const Tensor& src) override { return compute(src, {}); }
  Tensor forward(const Tensor& src, const EncoderLayerMasks& masks);
  Tensor operator()(const Tensor& src, const EncoderLayerMasks& masks = {}) { return forward(src, masks); }
  /// A layer of its own with the same values.
  TransformerEncoderLayer clone() const;

  MultiheadAttention self_attn;
  Linear linear1;
  Dropout dropout;
  Linear linear2;
  LayerNorm norm1, norm2;
  Dropout dropout1, dropout2;

 private:
  Tensor compute(const Tensor& src, const EncoderLayerMasks& masks);

  std::int64_t d_model_, nhead_;
  TransformerEncoderLayerOptions options_;
};

/// Options of TransformerDecoderLayer::forward and TransformerDecoder::forward.
struct DecoderMasks {
  Tensor tgt_mask = {};
  Tensor memory_mask = {};
  Tensor tgt_key_padding_mask = {};
  Tensor memory_key_padding_mask = {};
  bool tgt_is_causal = false;
  bool memory_is_causal = false;
};

/// As TransformerEncoderLayer with attention from tgt to memory, the encoder's output, between the two parts:
/// `y = layer.forward(tgt, memory, {.tgt_mask = a});`.
class TransformerDecoderLayer : public Module {
 public:
  TransformerDecoderLayer(std::int64_t d_model, std::int64_t nhead, const TransformerDecoderLayerOptions& options = {});
  using Module::forward;
  Tensor forward(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks = {});
  Tensor operator()(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks = {}) {
    return forward(tgt, memory, masks);
  }
  /// A layer of its own with the same values.
  TransformerDecoderLayer clone() const;

  MultiheadAttention self_attn, multihead_attn;
  Linear linear1;
  Dropout dropout;
  Linear linear2;
  LayerNorm norm1, norm2, norm3;
  Dropout dropout1, dropout2, dropout3;

 private:
  Tensor compute(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks);

  std::int64_t d_model_, nhead_;
  TransformerDecoderLayerOptions options_;
};

}  // namespace descent::nn
