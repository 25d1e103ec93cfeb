// Scaled dot-product attention.
#pragma once

#include <optional>

#include "../tensor.h"

namespace descent {

/// Options of scaled_dot_product_attention.
struct ScaledDotProductAttentionOptions {
  /// Broadcast to […, L, S]. boolean: true takes part; float: added to the scores.
  Tensor attn_mask = {};
  double dropout_p = 0.0;                      ///< of the weights, always applied: pass 0 outside of training
  bool is_causal = false;                      ///< query i sees the keys 0 … i alone; not together with a mask
  std::optional<double> scale = std::nullopt;  ///< 1/√E unless given
};
/// softmax(scale·q·kᵀ + mask)·v for q […, L, E], k […, S, E], v […, S, Ev] -> […, L, Ev]; leading dims are broadcast
/// (Vaswani et al., "Attention is all you need", 2017). A query that sees no key gives NaN, as softmax does.
/// Throws ShapeError, DTypeError, std::invalid_argument.
Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                                    const ScaledDotProductAttentionOptions& options = {});

}  // namespace descent
