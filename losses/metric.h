// Losses of embeddings: what is alike shall be close. All inputs are floating and of one dtype (DTypeError) and one
// shape (ShapeError; nothing is broadcast). sample_weight has the shape of the unreduced loss and multiplies it; a mean
// stays over the number of samples.
#pragma once

#include "loss.h"

namespace descent::losses {

/// Options of triplet_margin_loss.
struct TripletMarginLossOptions {
  double margin = 1.0;
  double p = 2.0;     ///< of the norm
  double eps = 1e-6;  ///< added to each difference
  bool swap = false;  ///< take d(positive, negative) where it is the smaller: Balntas et al. 2016
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N]
};
/// max(0, margin + d(anchor, positive) − d(anchor, negative)), d(a, b) = ‖a − b + eps‖ₚ over the last dim: [N, D] ->
/// [N]. Balntas et al. 2016, "Learning local feature descriptors with triplets and shallow convolutional neural
/// networks".
Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletMarginLossOptions& options = {});

/// Options of triplet_margin_with_distance_loss.
struct TripletMarginWithDistanceLossOptions {
  std::function<Tensor(const Tensor&, const Tensor&)> distance_function{};  ///< empty: pairwise_distance
  double margin = 1.0;
  bool swap = false;
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< of the shape of the distances
};
/// triplet_margin_loss with a distance of one's own.
Tensor triplet_margin_with_distance_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                                         const TripletMarginWithDistanceLossOptions& options = {});

/// Options of cosine_embedding_loss.
struct CosineEmbeddingLossOptions {
  double margin = 0.0;
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N]
};
/// 1 − cos(input1, input2) where the target is 1, max(0, cos − margin) where it is −1 (else IndexError); inputs [N, D]
/// and target [N], or [D] and []. cos = x·y / √((‖x‖² + ε)·(‖y‖² + ε)), ε = 1e-12, without overflow on the way.
Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                             const CosineEmbeddingLossOptions& options = {});

/// Options of info_nce_loss.
struct InfoNCELossOptions {
  double temperature = 0.1;  ///< τ > 0
  Tensor negatives = {};     ///< [M, D] for all queries, or [N, M, D]; without them, the other samples' keys
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N]
};
/// −log(exp(s⁺/τ) / Σ exp(s/τ)), s the cosine of a query [N, D] with its key [N, D] (s⁺) and with the negatives. Van
/// den Oord et al. 2018, "Representation learning with contrastive predictive coding"; with keys of the batch as
/// negatives Chen et al. 2020, "A simple framework for contrastive learning".
Tensor info_nce_loss(const Tensor& query, const Tensor& key, const InfoNCELossOptions& options = {});

/// triplet_margin_loss as a module: `criterion(anchor, positive, negative)`.
class TripletMarginLoss : public FunctionLoss3<TripletMarginLossOptions, triplet_margin_loss> {
 public:
  using FunctionLoss3::FunctionLoss3;
};

/// triplet_margin_with_distance_loss as a module: `criterion(anchor, positive, negative)`.
class TripletMarginWithDistanceLoss
    : public FunctionLoss3<TripletMarginWithDistanceLossOptions, triplet_margin_with_distance_loss> {
 public:
  using FunctionLoss3::FunctionLoss3;
};

/// cosine_embedding_loss as a module: `criterion(input1, input2, target)`.
class CosineEmbeddingLoss : public FunctionLoss3<CosineEmbeddingLossOptions, cosine_embedding_loss> {
 public:
  using FunctionLoss3::FunctionLoss3;
};

/// info_nce_loss as a module: `criterion(query, key)`.
class InfoNCELoss : public FunctionLoss<InfoNCELossOptions, info_nce_loss> {
 public:
  using FunctionLoss::FunctionLoss;
};

}  // namespace descent::losses
