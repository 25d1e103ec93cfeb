#include "transformer.h"

#include <limits>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "../autograd/ops/diagonal.h"
#include "init.h"
#include "module_list.h"

namespace descent::nn {
namespace {

template <class Layer>
std::vector<Layer> clones(const char* type, const Layer& layer, std::int64_t count) {
  if (count < 1) throw std::invalid_argument(fmt::format("{}: num_layers must be >= 1, got {}", type, count));
  std::vector<Layer> layers;
  for (std::int64_t i = 0; i < count; ++i) layers.push_back(layer.clone());
  return layers;
}

TransformerLayerOptions layer_options(const TransformerOptions& o) {
  return {.dim_feedforward = o.dim_feedforward,
          .dropout = o.dropout,
          .activation = o.activation,
          .layer_norm_eps = o.layer_norm_eps,
          .batch_first = o.batch_first,
          .norm_first = o.norm_first,
          .bias = o.bias,
          .dtype = o.dtype};
}

LayerNorm last_norm(const TransformerOptions& o) {
  return LayerNorm(o.d_model, {.eps = o.layer_norm_eps, .bias = o.bias, .dtype = o.dtype});
}

}  // namespace

TransformerEncoder::TransformerEncoder(const TransformerEncoderLayer& encoder_layer, std::int64_t num_layers,
                                       const TransformerEncoderOptions& options)
    : layers(clones("TransformerEncoder", encoder_layer, num_layers)), norm(options.norm) {
  register_module("layers", ModuleList(layers));
  if (norm) register_module("norm", *norm);
}

Tensor TransformerEncoder::forward(const Tensor& src, const EncoderMasks& masks) {
  return with_hooks(src, [&](const Tensor& x) { return compute(x, masks); });
}

Tensor TransformerEncoder::compute(const Tensor& src, const EncoderMasks& m) {
  Tensor x = src;
  for (TransformerEncoderLayer& layer : layers) {
    x = layer.forward(x, {m.mask, m.src_key_padding_mask, m.is_causal});
  }
  return norm ? (*norm)(x) : x;
}

TransformerDecoder::TransformerDecoder(const TransformerDecoderLayer& decoder_layer, std::int64_t num_layers,
                                       const TransformerDecoderOptions& options)
    : layers(clones("TransformerDecoder", decoder_layer, num_layers)), norm(options.norm) {
  register_module("layers", ModuleList(layers));
  if (norm) register_module("norm", *norm);
}

Tensor TransformerDecoder::forward(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks) {
  return with_hooks(tgt, [&](Tensor x) {
    for (TransformerDecoderLayer& layer : layers) x = layer.forward(x, memory, masks);
    return norm ? (*norm)(x) : x;
  });
}

Transformer::Transformer(const TransformerOptions& o)
    : encoder(TransformerEncoderLayer(o.d_model, o.nhead, layer_options(o)), o.num_encoder_layers,
              {.norm = last_norm(o)}),
      decoder(TransformerDecoderLayer(o.d_model, o.nhead, layer_options(o)), o.num_decoder_layers,
              {.norm = last_norm(o)}),
      d_model_(o.d_model),
      batch_first_(o.batch_first) {
  register_module("encoder", encoder);
  register_module("decoder", decoder);
  for (const Tensor& parameter : parameters()) {
    if (parameter.dim() > 1) init::xavier_uniform_(parameter);
  }
}

Tensor Transformer::forward(const Tensor& src, const Tensor& tgt, const TransformerMasks& masks) {
  return with_hooks(src, [&](const Tensor& x) { return compute(x, tgt, masks); });
}

Tensor Transformer::compute(const Tensor& src, const Tensor& tgt, const TransformerMasks& m) {
  constexpr const char* op = "Transformer";
  src.checked(op);
  tgt.checked(op);
  const bool batched = src.dim() == 3;
  if ((src.dim() != 2 && !batched) || tgt.dim() != src.dim() || src.size(-1) != d_model_ || tgt.size(-1) != d_model_) {
    fail<ShapeError>(op, "src and tgt must be [T, N, {0}] or [T, {0}], got {1} and {2}", d_model_, src.shape(),
                     tgt.shape());
  }
  const std::int64_t batch = batch_first_ ? 0 : 1;
  if (batched && src.size(batch) != tgt.size(batch)) {
    fail<ShapeError>(op, "src and tgt must be of one batch size, got {} and {}", src.shape(), tgt.shape());
  }
  const Tensor memory = encoder.forward(src, {m.src_mask, m.src_key_padding_mask, m.src_is_causal});
  return decoder.forward(tgt, memory,
                         {.tgt_mask = m.tgt_mask,
                          .memory_mask = m.memory_mask,
                          .tgt_key_padding_mask = m.tgt_key_padding_mask,
                          .memory_key_padding_mask = m.memory_key_padding_mask,
                          .tgt_is_causal = m.tgt_is_causal,
                          .memory_is_causal = m.memory_is_causal});
}

Tensor Transformer::generate_square_subsequent_mask(std::int64_t size, DType dtype) {
  if (size < 0) {
    throw std::invalid_argument(fmt::format("generate_square_subsequent_mask: size must be >= 0, got {}", size));
  }
  return triu(full({size, size}, -std::numeric_limits<double>::infinity(), {.dtype = dtype}), 1);
}

}  // namespace descent::nn
