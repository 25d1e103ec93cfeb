#include "distance.h"

namespace descent::nn {

Tensor CosineSimilarity::forward(const Tensor& x1, const Tensor& x2) {
  return with_hooks(x1, [&](const Tensor& input) { return cosine_similarity(input, x2, options_); });
}

Tensor PairwiseDistance::forward(const Tensor& x1, const Tensor& x2) {
  return with_hooks(x1, [&](const Tensor& input) { return pairwise_distance(input, x2, options_); });
}

}  // namespace descent::nn
