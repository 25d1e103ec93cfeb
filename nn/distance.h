// Similarities and distances of two inputs, as modules.
#pragma once

#include "../autograd/ops/distance.h"
#include "module.h"

namespace descent::nn {

using descent::CosineSimilarityOptions;
using descent::PairwiseDistanceOptions;

/// cosine_similarity along a dim.
class CosineSimilarity : public Module {
 public:
  explicit CosineSimilarity(const CosineSimilarityOptions& options = {}) : options_(options) {}
  using Module::forward;
  Tensor forward(const Tensor& x1, const Tensor& x2);
  Tensor operator()(const Tensor& x1, const Tensor& x2) { return forward(x1, x2); }

 private:
  CosineSimilarityOptions options_;
};

/// pairwise_distance over the last dim.
class PairwiseDistance : public Module {
 public:
  explicit PairwiseDistance(const PairwiseDistanceOptions& options = {}) : options_(options) {}
  using Module::forward;
  Tensor forward(const Tensor& x1, const Tensor& x2);
  Tensor operator()(const Tensor& x1, const Tensor& x2) { return forward(x1, x2); }

 private:
  PairwiseDistanceOptions options_;
};

}  // namespace descent::nn
