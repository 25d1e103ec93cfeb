#include "attention.h"

#include <cmath>
#include <limits>

#include "../autograd/fail-inl.h"
#include "../autograd/ops.h"
#include "init.h"

namespace descent::nn {
namespace {

constexpr const char* kName = "MultiheadAttention";
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// What is not attended to, and what is added to the scores; broadcast to [N, heads, L, S], or undefined.
struct Masks {
  Tensor blocked, added;

  void join(const Tensor& mask) {
    if (!mask.defined()) return;
    Tensor& into = mask.dtype() == boolean ? blocked : added;
    if (!into.defined())
      into = mask;
    else
      into = mask.dtype() == boolean ? logical_or(into, mask) : into + mask;
  }
  /// One more key that every query sees.
  void add_key() {
    for (Tensor* mask : {&blocked, &added}) {
      if (!mask->defined()) continue;
      Shape shape = mask->shape();
      shape[shape.size() - 1] = 1;
      *mask = cat({*mask, zeros(shape, {.dtype = mask->dtype()})}, -1);
    }
  }
  /// As scaled_dot_product_attention takes it: boolean with true for what takes part, or added.
  Tensor joined() const {
    if (!blocked.defined()) return added;
    return added.defined() ? where(logical_not(blocked), added, -kInfinity) : logical_not(blocked);
  }
};

Tensor causal(std::int64_t queries, std::int64_t keys) {
  return arange(keys).unsqueeze(0) > arange(queries).unsqueeze(1);
}

}  // namespace

MultiheadAttention::MultiheadAttention(std::int64_t embed_dim, std::int64_t num_heads,
                                       const MultiheadAttentionOptions& o)
    : embed_dim_(embed_dim),
      num_heads_(num_heads),
      kdim_(o.kdim.value_or(embed_dim)),
      vdim_(o.vdim.value_or(embed_dim)),
      dropout_(o.dropout),
      batch_first_(o.batch_first),
      add_zero_attn_(o.add_zero_attn),
      out_proj((embed_dim < 1 || num_heads < 1 || embed_dim % num_heads != 0)
                   ? throw std::invalid_argument(
                         fmt::format("{}: num_heads must divide embed_dim, got {} and {}", kName, num_heads, embed_dim))
                   : embed_dim,
               embed_dim, {.bias = o.bias, .dtype = o.dtype}) {
  if (!(o.dropout >= 0 && o.dropout <= 1)) {
    throw std::invalid_argument(fmt::format("{}: dropout must be in [0, 1], got {}", kName, o.dropout));
  }
  if (kdim_ < 1 || vdim_ < 1) {
    throw std::invalid_argument(fmt::format("{}: kdim and vdim must be >= 1, got {} and {}", kName, kdim_, vdim_));
  }
  const auto parameter = [&](const char* name, bool wanted, const Shape& shape) {
    return register_parameter(name, wanted ? empty(shape, {.dtype = o.dtype}) : Tensor());
  };
  const bool same = kdim_ == embed_dim && vdim_ == embed_dim;
  q_proj_weight = parameter("q_proj_weight", !same, {embed_dim, embed_dim});
  k_proj_weight = parameter("k_proj_weight", !same, {embed_dim, kdim_});
  v_proj_weight = parameter("v_proj_weight", !same, {embed_dim, vdim_});
  in_proj_weight = parameter("in_proj_weight", same, {3 * embed_dim, embed_dim});
  in_proj_bias = parameter("in_proj_bias", o.bias, {3 * embed_dim});
  bias_k = parameter("bias_k", o.add_bias_kv, {1, 1, embed_dim});
  bias_v = parameter("bias_v", o.add_bias_kv, {1, 1, embed_dim});
  register_module("out_proj", out_proj);
  reset_parameters();
}

void MultiheadAttention::reset_parameters() {
  for (const Tensor& weight : {in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight}) {
    if (weight.defined()) init::xavier_uniform_(weight);
  }
  out_proj.reset_parameters();
  if (in_proj_bias.defined()) {
    init::zeros_(in_proj_bias);
    init::zeros_(out_proj.bias);
  }
  for (const Tensor& bias : {bias_k, bias_v}) {
    if (bias.defined()) init::xavier_normal_(bias);
  }
}

void MultiheadAttention::check(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& o,
                               bool batch_first) const {
  const DType dtype = out_proj.weight.dtype();
  for (const Tensor* t : {&q, &k, &v}) {
    t->checked(kName);
    if (t->dtype() != dtype) {
      fail<DTypeError>(kName, "query, key and value must be {} as the parameters are, got {}", dtype, t->dtype());
    }
  }
  const auto refuse = [&](const std::string& rule) {
    fail<ShapeError>(kName, "{}, got {}, {} and {}", rule, q.shape(), k.shape(), v.shape());
  };
  const bool batched = q.dim() == 3;
  if ((q.dim() != 2 && !batched) || k.dim() != q.dim() || v.dim() != q.dim()) {
    refuse("query, key and value must have 3 dims, or 2 without a batch");
  }
  if (q.size(-1) != embed_dim_ || k.size(-1) != kdim_ || v.size(-1) != vdim_) {
    refuse(fmt::format("query, key and value must have last sizes {}, {} and {}", embed_dim_, kdim_, vdim_));
  }
  const std::int64_t seq = batched && batch_first ? 1 : 0, batch = 1 - seq;
  if (k.size(seq) != v.size(seq)) refuse("key and value must be of one length");
  if (batched && (k.size(batch) != q.size(batch) || v.size(batch) != q.size(batch))) {
    refuse("query, key and value must be of one batch size");
  }
  const std::int64_t n = batched ? q.size(batch) : 1, queries = q.size(seq), keys = k.size(seq);
  const auto mask_type = [&](const char* what, const Tensor& mask) {
    if (mask.dtype() != boolean && mask.dtype() != dtype) {
      fail<DTypeError>(kName, "{} must be boolean or {} as query is, got {}", what, dtype, mask.dtype());
    }
  };
  if (o.attn_mask.defined()) {
    mask_type("attn_mask", o.attn_mask);
    const Shape flat{queries, keys}, whole{n * num_heads_, queries, keys};
    if (o.attn_mask.shape() != flat && o.attn_mask.shape() != whole) {
      fail<ShapeError>(kName, "attn_mask must be {} or {}, got {}", flat, whole, o.attn_mask.shape());
    }
  }
  if (o.key_padding_mask.defined()) {
    mask_type("key_padding_mask", o.key_padding_mask);
    const Shape expected = batched ? Shape{n, keys} : Shape{keys};
    if (o.key_padding_mask.shape() != expected) {
      fail<ShapeError>(kName, "key_padding_mask must be {}, got {}", expected, o.key_padding_mask.shape());
    }
  }
}

/// Query, key and value through their weights; what is one tensor through one product.
MultiheadAttention::Projected MultiheadAttention::project(const Tensor& query, const Tensor& key,
                                                          const Tensor& value) const {
  const std::int64_t e = embed_dim_;
  if (!in_proj_weight.defined()) {
    std::vector<Tensor> b(3);
    if (in_proj_bias.defined()) b = in_proj_bias.split(e);
    return {linear(query, q_proj_weight, b[0]), linear(key, k_proj_weight, b[1]), linear(value, v_proj_weight, b[2])};
  }
  if (query.impl() == key.impl() && key.impl() == value.impl()) {
    const std::vector<Tensor> all = linear(query, in_proj_weight, in_proj_bias).split(e, -1);
    return {all[0], all[1], all[2]};
  }
  const bool pair = key.impl() == value.impl();
  const std::vector<std::int64_t> sizes =
      pair ? std::vector<std::int64_t>{e, 2 * e} : std::vector<std::int64_t>{e, e, e};
  const std::vector<Tensor> w = in_proj_weight.split(sizes);
  std::vector<Tensor> b(3);
  if (in_proj_bias.defined()) b = in_proj_bias.split(sizes);
  const Tensor q = linear(query, w[0], b[0]);
  if (!pair) return {q, linear(key, w[1], b[1]), linear(value, w[2], b[2])};
  const std::vector<Tensor> kv = linear(key, w[1], b[1]).split(e, -1);
  return {q, kv[0], kv[1]};
}

std::pair<Tensor, Tensor> MultiheadAttention::forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                                      const AttentionOptions& options) {
  return with_hooks(query, [&](const Tensor& q) { return compute(q, key, value, options); });
}

std::pair<Tensor, Tensor> MultiheadAttention::compute(const Tensor& query, const Tensor& key, const Tensor& value,
                                                      const AttentionOptions& o) {
  check(query, key, value, o, batch_first_);
  const bool batched = query.dim() == 3;
  const std::int64_t seq = batched && !batch_first_ ? 0 : 1, batch = 1 - seq;  // of [L, N, E] or [N, L, E]
  const Projected projected = project(query, key, value);
  Tensor q = projected.q, k = projected.k, v = projected.v;
  if (!batched) q = q.unsqueeze(0), k = k.unsqueeze(0), v = v.unsqueeze(0);
  const std::int64_t n = q.size(batch), queries = q.size(seq), keys = k.size(seq);
  const std::int64_t head_dim = embed_dim_ / num_heads_;

  Masks masks;
  if (o.attn_mask.defined()) {
    masks.join(o.attn_mask.dim() == 2 ? o.attn_mask : o.attn_mask.unflatten(0, {n, num_heads_}));
  } else if (o.is_causal) {
    masks.join(causal(queries, keys));
  }
  if (o.key_padding_mask.defined()) masks.join(o.key_padding_mask.reshape({n, 1, 1, keys}));
  const auto add_key = [&](const Tensor& of_k, const Tensor& of_v) {
    const Shape shape = seq == 0 ? Shape{1, n, embed_dim_} : Shape{n, 1, embed_dim_};
    k = cat({k, of_k.expand(shape)}, seq);
    v = cat({v, of_v.expand(shape)}, seq);
    masks.add_key();
  };
  if (bias_k.defined()) add_key(bias_k, bias_v);
  if (add_zero_attn_) {
    const Tensor zero = zeros({1, 1, embed_dim_}, {.dtype = k.dtype()});
    add_key(zero, zero);
  }

  const auto heads = [&](const Tensor& t) {  // -> [N, heads, length, head_dim]
    const Tensor cut = t.unflatten(-1, {num_heads_, head_dim});
    return seq == 0 ? cut.permute({1, 2, 0, 3}) : cut.transpose(1, 2);
  };
  q = heads(q), k = heads(k), v = heads(v);
  const Tensor mask = masks.joined();
  const double p = is_training() ? dropout_ : 0;
  Tensor y, weights;
  if (!o.need_weights) {
    y = scaled_dot_product_attention(q, k, v, {.attn_mask = mask, .dropout_p = p});
  } else {
    Tensor scores = matmul(q * (1 / std::sqrt(static_cast<double>(head_dim))), k.transpose(-2, -1));
    if (mask.defined()) scores = mask.dtype() == boolean ? where(mask, scores, -kInfinity) : scores + mask;
    weights = softmax(scores, -1);
    if (p > 0) weights = dropout(weights, p);
    y = matmul(weights, v);
    if (o.average_attn_weights) weights = weights.mean({1});
  }
  y = out_proj((seq == 0 ? y.permute({2, 0, 1, 3}) : y.transpose(1, 2)).flatten(2, 3));
  if (batched) return {y, weights};
  return {y.squeeze(0), weights.defined() ? weights.squeeze(0) : weights};
}

}  // namespace descent::nn
