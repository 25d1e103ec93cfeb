#include "metric.h"

#include <cmath>

#include "../autograd/ops/create.h"
#include "../autograd/ops/distance.h"
#include "../autograd/ops/matmul.h"
#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/reduce.h"
#include "../autograd/ops/shape.h"
#include "../autograd/ops/softmax.h"
#include "../autograd/ops/special.h"
#include "../autograd/ops/statistics.h"
#include "checks-inl.h"

namespace descent::losses {

namespace {

void check_same(const char* loss, const char* name_a, const Tensor& a, const char* name_b, const Tensor& b) {
  check_floating(loss, name_a, a);
  check_floating(loss, name_b, b);
  if (a.shape() != b.shape()) {
    fail<ShapeError>(loss, "{} and {} must have the same shape, got {} and {}", name_a, name_b, a.shape(), b.shape());
  }
  if (a.dtype() != b.dtype()) {
    fail<DTypeError>(loss, "{} and {} must be of one dtype, got {} and {}", name_a, name_b, a.dtype(), b.dtype());
  }
}

template <class Distance>
Tensor triplet(const Tensor& anchor, const Tensor& positive, const Tensor& negative, double margin, bool swap,
               Distance distance) {
  const Tensor near = distance(anchor, positive);
  Tensor far = distance(anchor, negative);
  if (swap) far = minimum(far, distance(positive, negative));
  return clamp(near - far + margin, 0.0);
}

void check_triplet(const char* loss, const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                   double margin) {
  check_option(loss, "margin", margin, 0, true);
  check_same(loss, "anchor", anchor, "positive", positive);
  check_same(loss, "anchor", anchor, "negative", negative);
  if (anchor.dim() == 0) fail<ShapeError>(loss, "anchor must be [D] or [N, D], got {}", anchor.shape());
}

}  // namespace

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletMarginLossOptions& options) {
  constexpr const char* kName = "triplet_margin_loss";
  check_reduction(kName, options.reduction);
  check_triplet(kName, anchor, positive, negative, options.margin);
  if (!(options.p >= 0)) {
    throw std::invalid_argument(fmt::format("{}: p must be at least 0, got {}", kName, options.p));
  }
  check_option(kName, "eps", options.eps, 0);
  const Tensor losses = triplet(
      anchor, positive, negative, options.margin, options.swap,
      [&](const Tensor& a, const Tensor& b) { return pairwise_distance(a, b, {.p = options.p, .eps = options.eps}); });
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

Tensor triplet_margin_with_distance_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                                         const TripletMarginWithDistanceLossOptions& options) {
  constexpr const char* kName = "triplet_margin_with_distance_loss";
  check_reduction(kName, options.reduction);
  check_triplet(kName, anchor, positive, negative, options.margin);
  const Tensor losses =
      triplet(anchor, positive, negative, options.margin, options.swap, [&](const Tensor& a, const Tensor& b) {
        return options.distance_function ? options.distance_function(a, b) : pairwise_distance(a, b);
      });
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                             const CosineEmbeddingLossOptions& options) {
  constexpr const char* kName = "cosine_embedding_loss";
  check_reduction(kName, options.reduction);
  if (!(options.margin >= -1 && options.margin <= 1)) {
    throw std::invalid_argument(fmt::format("{}: margin must be in [-1, 1], got {}", kName, options.margin));
  }
  check_same(kName, "input1", input1, "input2", input2);
  if (input1.dim() != 1 && input1.dim() != 2) {
    fail<ShapeError>(kName, "inputs must be [D] or [N, D], got {}", input1.shape());
  }
  const Shape rows = input1.dim() == 1 ? Shape{} : Shape{input1.size(0)};
  const Tensor y = check_signs(kName, target, rows, input1.dtype());
  const Tensor root_eps = full({}, 1e-6, {.dtype = input1.dtype()});
  const auto unit = [&](const Tensor& x) { return x / hypot(norm(x, 2, {x.dim() - 1}, true), root_eps); };
  const Tensor cosine = (unit(input1) * unit(input2)).sum({input1.dim() - 1});
  const Tensor losses = where(y > 0.0, 1.0 - cosine, clamp(cosine - options.margin, 0.0));
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

Tensor info_nce_loss(const Tensor& query, const Tensor& key, const InfoNCELossOptions& options) {
  constexpr const char* kName = "info_nce_loss";
  check_reduction(kName, options.reduction);
  check_option(kName, "temperature", options.temperature, 0, true);
  check_same(kName, "query", query, "key", key);
  if (query.dim() != 2) fail<ShapeError>(kName, "query and key must be [N, D], got {}", query.shape());
  const std::int64_t n = query.size(0), d = query.size(1);
  const Tensor& others = options.negatives;
  if (others.defined()) {
    check_floating(kName, "negatives", others);
    const bool shared = others.dim() == 2 && others.size(1) == d;
    if (!shared && !(others.dim() == 3 && others.size(0) == n && others.size(2) == d)) {
      fail<ShapeError>(kName, "negatives must be [M, {}] or [{}, M, {}], got {}", d, n, d, others.shape());
    }
    if (others.dtype() != query.dtype()) {
      fail<DTypeError>(kName, "query and negatives must be of one dtype, got {} and {}", query.dtype(), others.dtype());
    }
  }
  const Tensor q = normalize(query), k = normalize(key);
  Tensor logits, target;
  if (!others.defined()) {
    logits = matmul(q, k.transpose(0, 1));
    target = arange(n);
  } else {
    const Tensor r = normalize(others, {.dim = -1});
    const Tensor apart = others.dim() == 2 ? matmul(q, r.transpose(0, 1)) : matmul(r, q.unsqueeze(2)).squeeze(2);
    logits = cat({(q * k).sum({1}, true), apart}, 1);
    target = zeros({n}, {.dtype = int64});
  }
  const Tensor losses = cross_entropy_rows(logits / options.temperature, target);
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

}  // namespace descent::losses
