// Similarities and distances of vectors of floats (DTypeError), all of one dtype. p, at least 0
// (std::invalid_argument), is that of the norm (Σ |d|ᵖ)^(1/p): 0 counts what is not 0, infinity takes the largest. The
// gradient is 0 where a distance is 0.
#pragma once

#include "../tensor.h"

namespace descent {

/// Options of normalize.
struct NormalizeOptions {
  double p = 2;
  std::int64_t dim = 1;
  double eps = 1e-12;
};
/// x / max(‖x‖ₚ, eps) along dim.
Tensor normalize(const Tensor& x, const NormalizeOptions& options = {});

/// Options of cosine_similarity.
struct CosineSimilarityOptions {
  std::int64_t dim = 1;
  double eps = 1e-8;
};
/// Σ a·b / (max(‖a‖₂, eps)·max(‖b‖₂, eps)) along dim; a and b are broadcast.
Tensor cosine_similarity(const Tensor& a, const Tensor& b, const CosineSimilarityOptions& options = {});

/// Options of pairwise_distance.
struct PairwiseDistanceOptions {
  double p = 2;
  double eps = 1e-6;  ///< added to each difference
  bool keepdim = false;
};
/// ‖a − b + eps‖ₚ over the last dim; a and b are broadcast.
Tensor pairwise_distance(const Tensor& a, const Tensor& b, const PairwiseDistanceOptions& options = {});

/// Options of cdist.
struct CdistOptions {
  double p = 2;
};
/// The distance of each row of a […, n, m] from each row of b […, k, m] -> […, n, k]; leading dims are broadcast.
/// Exact also for close rows: nothing is expanded.
Tensor cdist(const Tensor& a, const Tensor& b, const CdistOptions& options = {});

/// The distances of the n·(n − 1)/2 pairs of rows of x [n, m]: (0, 1), (0, 2) … (1, 2) …
Tensor pdist(const Tensor& x, const CdistOptions& options = {});
Tensor pdist(const Tensor& x, double p);

}  // namespace descent
