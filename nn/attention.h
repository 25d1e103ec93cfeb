// Multi-head attention as a layer.
#pragma once

#include <optional>
#include <utility>

#include "linear.h"

namespace descent::nn {

/// A Linear under the name that PyTorch prints for the output of its attention.
class NonDynamicallyQuantizableLinear : public Linear {
  using Linear::Linear;
};

/// Options of MultiheadAttention.
struct MultiheadAttentionOptions {
  double dropout = 0.0;  ///< of the attention weights, while training
  bool bias = true;
  bool add_bias_kv = false;                         ///< a learned key and value behind the given ones
  bool add_zero_attn = false;                       ///< a key and value of zeros behind them
  std::optional<std::int64_t> kdim = std::nullopt;  ///< embed_dim unless given
  std::optional<std::int64_t> vdim = std::nullopt;  ///< likewise
  bool batch_first = false;
  DType dtype = float32;
};

/// Options of MultiheadAttention::forward. Masks: boolean, true is not attended to, or of the query's type, added to
/// the scores.
struct AttentionOptions {
  Tensor key_padding_mask = {};      ///< [N, S], without a batch [S]
  bool need_weights = true;          ///< false: the second result is Tensor(), and the first is computed faster
  Tensor attn_mask = {};             ///< [L, S] or [N·num_heads, L, S]
  bool average_attn_weights = true;  ///< weights [N, L, S]; false: [N, num_heads, L, S]
  bool is_causal = false;            ///< query i sees the keys 0 … i alone; where there is an attn_mask, that counts
};

/// For each head softmax(q·kᵀ/√head_dim + masks)·v of the projected query, key and value; the heads joined and
/// projected (Vaswani et al., "Attention is all you need", 2017): `auto [y, weights] = mha.forward(q, k, v);`.
/// query [L, N, embed_dim], key [S, N, kdim], value [S, N, vdim] -> [L, N, embed_dim]; with batch_first N comes first;
/// without N one sequence. A query that sees no key gives NaN. Input weights are Xavier-uniform over their whole
/// matrix, bias_k and bias_v Xavier-normal, the other biases 0.
/// Throws ShapeError, DTypeError; wrong options std::invalid_argument.
class MultiheadAttention : public Module {
 public:
  MultiheadAttention(std::int64_t embed_dim, std::int64_t num_heads, const MultiheadAttentionOptions& options = {});

  using Module::forward;
  std::pair<Tensor, Tensor> forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const AttentionOptions& options = {});
  std::pair<Tensor, Tensor> operator()(const Tensor& query, const Tensor& key, const Tensor& value,
                                       const AttentionOptions& options = {}) {
    return forward(query, key, value, options);
  }
  /// Draws the parameters anew.
  void reset_parameters();

  Tensor q_proj_weight, k_proj_weight, v_proj_weight;  ///< where kdim or vdim differ from embed_dim, else undefined
  Tensor in_proj_weight;                               ///< [3·embed_dim, embed_dim] otherwise
  Tensor in_proj_bias;                                 ///< [3·embed_dim], or undefined
  Tensor bias_k, bias_v;                               ///< [1, 1, embed_dim], or undefined

 private:
  struct Projected {
    Tensor q, k, v;
  };
  void check(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options,
             bool batch_first) const;
  std::pair<Tensor, Tensor> compute(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const AttentionOptions& options);
  Projected project(const Tensor& query, const Tensor& key, const Tensor& value) const;

  std::int64_t embed_dim_, num_heads_, kdim_, vdim_;
  double dropout_;
  bool batch_first_, add_zero_attn_;

 public:
  NonDynamicallyQuantizableLinear out_proj;
};

}  // namespace descent::nn
