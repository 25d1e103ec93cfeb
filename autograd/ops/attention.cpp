// Scaled dot-product attention, made of matrix products and softmax.
#include "attention.h"

#include <cmath>
#include <limits>

#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

constexpr const char* kOp = "scaled_dot_product_attention";
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Shape batch_of(const Tensor& t) { return Shape(t.shape().data(), t.shape().size() - 2); }

void check(const Tensor& q, const Tensor& k, const Tensor& v, const ScaledDotProductAttentionOptions& options) {
  for (const Tensor* t : {&q, &k, &v}) {
    if (!descent::is_floating_point(t->checked(kOp).dtype)) fail<DTypeError>(kOp, "takes floats, got {}", t->dtype());
    if (t->dtype() != q.dtype()) {
      fail<DTypeError>(kOp, "q, k and v must be of one type, got {}, {} and {}", q.dtype(), k.dtype(), v.dtype());
    }
    if (t->dim() < 2) fail<ShapeError>(kOp, "needs at least 2 dims, got {}", t->shape());
  }
  if (q.size(-1) != k.size(-1) || k.size(-2) != v.size(-2)) {
    fail<ShapeError>(kOp, "needs q [L, E], k [S, E] and v [S, Ev], got {}, {} and {}", q.shape(), k.shape(), v.shape());
  }
  const Shape batch = broadcast_shapes(broadcast_shapes(batch_of(q), batch_of(k), kOp), batch_of(v), kOp);
  if (!(options.dropout_p >= 0 && options.dropout_p <= 1)) {
    throw std::invalid_argument(fmt::format("{}: dropout_p must be in [0, 1], got {}", kOp, options.dropout_p));
  }
  if (options.scale && !std::isfinite(*options.scale)) {
    throw std::invalid_argument(fmt::format("{}: scale must be finite, got {}", kOp, *options.scale));
  }
  const Tensor& mask = options.attn_mask;
  if (!mask.defined()) return;
  if (options.is_causal) throw std::invalid_argument(fmt::format("{}: is_causal excludes an attn_mask", kOp));
  if (mask.dtype() != boolean && mask.dtype() != q.dtype()) {
    fail<DTypeError>(kOp, "attn_mask must be boolean or {} as q is, got {}", q.dtype(), mask.dtype());
  }
  Shape scores = batch;
  scores.push_back(q.size(-2));
  scores.push_back(k.size(-2));
  if (mask.shape().size() > scores.size() || broadcast_shapes(mask.shape(), scores, kOp) != scores) {
    fail<ShapeError>(kOp, "attn_mask must broadcast to {}, got {}", scores, mask.shape());
  }
}

/// [L, S]: 0 where the key is not behind the query, else −inf. Adding it is one pass, and every query sees a key.
Tensor causal(std::int64_t queries, std::int64_t keys, DType dtype) {
  const Tensor seen = arange(queries).unsqueeze(1) >= arange(keys).unsqueeze(0);
  return where(seen, zeros({}, {.dtype = dtype}), -kInfinity);
}

}  // namespace

OpList attention_ops() { return list_of<>(); }

}  // namespace autograd

using namespace autograd;

Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                                    const ScaledDotProductAttentionOptions& options) {
  check(q, k, v, options);
  const double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(q.size(-1))));
  Tensor scores = matmul(q * scale, k.transpose(-2, -1));
  if (options.is_causal)
    scores = scores + causal(q.size(-2), k.size(-2), q.dtype());
  else if (options.attn_mask.defined() && options.attn_mask.dtype() == boolean)
    scores = where(options.attn_mask, scores, -kInfinity);
  else if (options.attn_mask.defined())
    scores = scores + options.attn_mask;
  Tensor weights = softmax(scores, -1);
  if (options.dropout_p > 0) weights = dropout(weights, options.dropout_p);
  return matmul(weights, v);
}

}  // namespace descent
