// Losses that ask for a margin: of distances, of rankings, of classes. Targets are labels and have no gradient. All
// throw ShapeError for shapes that do not fit (nothing is broadcast), DTypeError unless inputs are floating, IndexError
// naming the first label out of range, std::invalid_argument for options. sample_weight has the shape of the unreduced
// loss or of its first dims and multiplies it; a mean stays over the number of elements.
#pragma once

#include "loss.h"

namespace descent::losses {

/// Options of hinge_embedding_loss.
struct HingeEmbeddingLossOptions {
  double margin = 1.0;
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the elements
};
/// x where the target is 1, max(0, margin − x) where it is −1: x = input is a distance.
Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target, const HingeEmbeddingLossOptions& options = {});

/// Options of margin_ranking_loss.
struct MarginRankingLossOptions {
  double margin = 0.0;
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the elements
};
/// max(0, margin − y·(input1 − input2)): target y = 1 ranks input1 above input2, −1 below. All of one shape.
Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                           const MarginRankingLossOptions& options = {});

/// Options of multi_margin_loss.
struct MultiMarginLossOptions {
  std::int64_t p = 1;  ///< 1 or 2
  double margin = 1.0;
  Tensor weight = {};  ///< [C], one factor a class
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N]
};
/// Σ_{i≠y} w_y·max(0, margin − x_y + x_i)^p / C for input x [N, C] or [C] and int64 classes y [N] or []. Crammer and
/// Singer 2001, "On the algorithmic implementation of multiclass kernel-based vector machines".
Tensor multi_margin_loss(const Tensor& input, const Tensor& target, const MultiMarginLossOptions& options = {});

/// Options of multilabel_margin_loss.
struct MultiLabelMarginLossOptions {
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N]
};
/// Σ_{j∈y, i∉y} max(0, 1 − x_j + x_i) / C for input x [N, C] or [C]; the int64 target of the input's shape lists the
/// sample's classes y, ended by the first −1.
Tensor multilabel_margin_loss(const Tensor& input, const Tensor& target,
                              const MultiLabelMarginLossOptions& options = {});

/// Options of soft_margin_loss.
struct SoftMarginLossOptions {
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the elements
};
/// log(1 + exp(−y·x)), y = target 1 or −1; accurate for x of any size.
Tensor soft_margin_loss(const Tensor& input, const Tensor& target, const SoftMarginLossOptions& options = {});

/// Options of multilabel_soft_margin_loss.
struct MultiLabelSoftMarginLossOptions {
  Tensor weight = {};  ///< [C], one factor a class
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the samples
};
/// −Σ_c w_c·(t·log σ(x) + (1 − t)·log σ(−x)) / C over the last dim, which holds the classes, of input x and target t in
/// [0, 1], both […, C]. The target is differentiable; Error names the first one outside.
Tensor multilabel_soft_margin_loss(const Tensor& input, const Tensor& target,
                                   const MultiLabelSoftMarginLossOptions& options = {});

/// hinge_embedding_loss as a module.
class HingeEmbeddingLoss : public FunctionLoss<HingeEmbeddingLossOptions, hinge_embedding_loss> {
 public:
  using FunctionLoss::FunctionLoss;
};

/// margin_ranking_loss as a module: `criterion(input1, input2, target)`.
class MarginRankingLoss : public FunctionLoss3<MarginRankingLossOptions, margin_ranking_loss> {
 public:
  using FunctionLoss3::FunctionLoss3;
};

/// multi_margin_loss as a module; the weight is a buffer.
class MultiMarginLoss : public FunctionLoss<MultiMarginLossOptions, multi_margin_loss> {
 public:
  using FunctionLoss::FunctionLoss;
  Tensor weight = options().weight;  ///< undefined without weights
};

/// multilabel_margin_loss as a module.
class MultiLabelMarginLoss : public FunctionLoss<MultiLabelMarginLossOptions, multilabel_margin_loss> {
 public:
  using FunctionLoss::FunctionLoss;
};

/// soft_margin_loss as a module.
class SoftMarginLoss : public FunctionLoss<SoftMarginLossOptions, soft_margin_loss> {
 public:
  using FunctionLoss::FunctionLoss;
};

/// multilabel_soft_margin_loss as a module; the weight is a buffer.
class MultiLabelSoftMarginLoss : public FunctionLoss<MultiLabelSoftMarginLossOptions, multilabel_soft_margin_loss> {
 public:
  using FunctionLoss::FunctionLoss;
  Tensor weight = options().weight;  ///< undefined without weights
};

}  // namespace descent::losses
