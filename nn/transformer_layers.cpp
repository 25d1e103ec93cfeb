#include "transformer_layers.h"

#include <cmath>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/activation.h"
#include "../autograd/ops/pointwise.h"

namespace descent::nn {
namespace {

/// The options, checked before any layer is built.
const TransformerLayerOptions& checked(const char* type, std::int64_t d_model, std::int64_t nhead,
                                       const TransformerLayerOptions& o) {
  const auto refuse = [&](const std::string& text) { throw std::invalid_argument(std::string(type) + ": " + text); };
  if (d_model < 1 || nhead < 1 || d_model % nhead != 0) {
    refuse(fmt::format("nhead must divide d_model, got {} and {}", nhead, d_model));
  }
  if (o.dim_feedforward < 1) refuse(fmt::format("dim_feedforward must be >= 1, got {}", o.dim_feedforward));
  if (!(o.dropout >= 0 && o.dropout <= 1)) refuse(fmt::format("dropout must be in [0, 1], got {}", o.dropout));
  if (o.activation != "relu" && o.activation != "gelu") {
    refuse(fmt::format("activation must be relu or gelu, got {}", o.activation));
  }
  if (!(o.layer_norm_eps >= 0) || std::isinf(o.layer_norm_eps)) {
    refuse(fmt::format("layer_norm_eps must be >= 0 and finite, got {}", o.layer_norm_eps));
  }
  if (!descent::is_floating_point(o.dtype)) refuse(fmt::format("dtype must be floating, got {}", o.dtype));
  return o;
}

MultiheadAttention attention(std::int64_t d_model, std::int64_t nhead, const TransformerLayerOptions& o) {
  return {d_model, nhead, {.dropout = o.dropout, .bias = o.bias, .batch_first = o.batch_first, .dtype = o.dtype}};
}
LayerNorm norm(std::int64_t d_model, const TransformerLayerOptions& o) {
  return LayerNorm(d_model, {.eps = o.layer_norm_eps, .bias = o.bias, .dtype = o.dtype});
}
Tensor activate(const std::string& name, const Tensor& x) { return name == "gelu" ? gelu(x) : relu(x); }

/// Values, which of them are trained, and the mode.
template <class Layer>
Layer copied(const Layer& from, Layer to) {
  to.load_state_dict(from.state_dict());
  const StateDict own = to.named_parameters();
  for (const auto& [name, parameter] : from.named_parameters()) {
    Tensor(own.at(name)).requires_grad_(parameter.requires_grad());
  }
  to.train(from.is_training());
  return to;
}

}  // namespace

TransformerEncoderLayer::TransformerEncoderLayer(std::int64_t d_model, std::int64_t nhead,
                                                 const TransformerEncoderLayerOptions& o)
    : self_attn(attention(d_model, nhead, checked("TransformerEncoderLayer", d_model, nhead, o))),
      linear1(d_model, o.dim_feedforward, {.bias = o.bias, .dtype = o.dtype}),
      dropout(o.dropout),
      linear2(o.dim_feedforward, d_model, {.bias = o.bias, .dtype = o.dtype}),
      norm1(norm(d_model, o)),
      norm2(norm(d_model, o)),
      dropout1(o.dropout),
      dropout2(o.dropout),
      d_model_(d_model),
      nhead_(nhead),
      options_(o) {
  register_module("self_attn", self_attn);
  register_module("linear1", linear1);
  register_module("dropout", dropout);
  register_module("linear2", linear2);
  register_module("norm1", norm1);
  register_module("norm2", norm2);
  register_module("dropout1", dropout1);
  register_module("dropout2", dropout2);
}

Tensor TransformerEncoderLayer::forward(const Tensor& src, const EncoderLayerMasks& masks) {
  return with_hooks(src, [&](const Tensor& x) { return compute(x, masks); });
}

Tensor TransformerEncoderLayer::compute(const Tensor& src, const EncoderLayerMasks& m) {
  const auto attend = [&](const Tensor& x) {
    const AttentionOptions options{.key_padding_mask = m.src_key_padding_mask,
                                   .need_weights = false,
                                   .attn_mask = m.src_mask,
                                   .is_causal = m.is_causal};
    return dropout1(self_attn.forward(x, x, x, options).first);
  };
  const auto feed = [&](const Tensor& x) {
    return dropout2(linear2(dropout(activate(options_.activation, linear1(x)))));
  };
  Tensor x = src;
  if (options_.norm_first) {
    x = x + attend(norm1(x));
    return x + feed(norm2(x));
  }
  x = norm1(x + attend(x));
  return norm2(x + feed(x));
}

TransformerEncoderLayer TransformerEncoderLayer::clone() const {
  TransformerEncoderLayerOptions options = options_;
  options.dtype = linear1.weight.dtype();
  return copied(*this, TransformerEncoderLayer(d_model_, nhead_, options));
}

TransformerDecoderLayer::TransformerDecoderLayer(std::int64_t d_model, std::int64_t nhead,
                                                 const TransformerDecoderLayerOptions& o)
    : self_attn(attention(d_model, nhead, checked("TransformerDecoderLayer", d_model, nhead, o))),
      multihead_attn(attention(d_model, nhead, o)),
      linear1(d_model, o.dim_feedforward, {.bias = o.bias, .dtype = o.dtype}),
      dropout(o.dropout),
      linear2(o.dim_feedforward, d_model, {.bias = o.bias, .dtype = o.dtype}),
      norm1(norm(d_model, o)),
      norm2(norm(d_model, o)),
      norm3(norm(d_model, o)),
      dropout1(o.dropout),
      dropout2(o.dropout),
      dropout3(o.dropout),
      d_model_(d_model),
      nhead_(nhead),
      options_(o) {
  register_module("self_attn", self_attn);
  register_module("multihead_attn", multihead_attn);
  register_module("linear1", linear1);
  register_module("dropout", dropout);
  register_module("linear2", linear2);
  register_module("norm1", norm1);
  register_module("norm2", norm2);
  register_module("norm3", norm3);
  register_module("dropout1", dropout1);
  register_module("dropout2", dropout2);
  register_module("dropout3", dropout3);
}

Tensor TransformerDecoderLayer::forward(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks) {
  return with_hooks(tgt, [&](const Tensor& x) { return compute(x, memory, masks); });
}

Tensor TransformerDecoderLayer::compute(const Tensor& tgt, const Tensor& memory, const DecoderMasks& m) {
  const auto attend = [&](const Tensor& x) {
    const AttentionOptions options{.key_padding_mask = m.tgt_key_padding_mask,
                                   .need_weights = false,
                                   .attn_mask = m.tgt_mask,
                                   .is_causal = m.tgt_is_causal};
    return dropout1(self_attn.forward(x, x, x, options).first);
  };
  const auto look = [&](const Tensor& x) {
    const AttentionOptions options{.key_padding_mask = m.memory_key_padding_mask,
                                   .need_weights = false,
                                   .attn_mask = m.memory_mask,
                                   .is_causal = m.memory_is_causal};
    return dropout2(multihead_attn.forward(x, memory, memory, options).first);
  };
  const auto feed = [&](const Tensor& x) {
    return dropout3(linear2(dropout(activate(options_.activation, linear1(x)))));
  };
  Tensor x = tgt;
  if (options_.norm_first) {
    x = x + attend(norm1(x));
    x = x + look(norm2(x));
    return x + feed(norm3(x));
  }
  x = norm1(x + attend(x));
  x = norm2(x + look(x));
  return norm3(x + feed(x));
}

TransformerDecoderLayer TransformerDecoderLayer::clone() const {
  TransformerDecoderLayerOptions options = options_;
  options.dtype = linear1.weight.dtype();
  return copied(*this, TransformerDecoderLayer(d_model_, nhead_, options));
}

}  // namespace descent::nn
