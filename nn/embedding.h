// Tables of vectors looked up by int64 index, as layers.
#pragma once

#include <optional>
#include <string>

#include "module.h"

namespace descent::nn {

/// Options of Embedding.
struct EmbeddingOptions {
  std::optional<std::int64_t> padding_idx = std::nullopt;  ///< starts as zeros and gets no gradient; may be negative
  std::optional<double> max_norm = std::nullopt;           ///< rows looked up are scaled down to it first, in place
  double norm_type = 2;                                    ///< p of that norm
  bool scale_grad_by_freq = false;                         ///< divides gradients by how often an index comes
  bool sparse = false;                                     ///< the gradient holds the rows that were looked up alone
  DType dtype = float32;
};

/// Options of Embedding::from_pretrained.
struct EmbeddingFromPretrainedOptions {
  bool freeze = true;  ///< the weight requires no grad
  std::optional<std::int64_t> padding_idx = std::nullopt;
  std::optional<double> max_norm = std::nullopt;
  double norm_type = 2;
  bool scale_grad_by_freq = false;
  bool sparse = false;
};

/// index of any shape -> [index's shape, embedding_dim]: rows of weight, which start as N(0, 1). The constructor throws
/// std::invalid_argument for wrong options; forward throws IndexError naming an index out of range, and DTypeError.
class Embedding : public Module {
 public:
  Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim, const EmbeddingOptions& options = {});
  /// A layer on this very matrix [num_embeddings, embedding_dim], frozen unless asked.
  static Embedding from_pretrained(const Tensor& embeddings, const EmbeddingFromPretrainedOptions& options = {});

  Tensor forward(const Tensor& index) override;
  std::string extra_repr() const override;
  /// Draws weight anew.
  void reset_parameters();

  Tensor weight;  ///< [num_embeddings, embedding_dim]

 private:
  Embedding(Tensor weight, bool requires_grad, const EmbeddingOptions& options);

  std::int64_t num_embeddings_, embedding_dim_;
  EmbeddingOptions options_;
};

/// Options of EmbeddingBag.
struct EmbeddingBagOptions {
  std::optional<double> max_norm = std::nullopt;
  double norm_type = 2;
  bool scale_grad_by_freq = false;
  std::string mode = "mean";  ///< "sum", "mean" or "max"
  bool sparse = false;
  bool include_last_offset = false;
  std::optional<std::int64_t> padding_idx = std::nullopt;  ///< such entries do not count
  DType dtype = float32;
};

/// Options of EmbeddingBag::from_pretrained.
struct EmbeddingBagFromPretrainedOptions {
  bool freeze = true;  ///< the weight requires no grad
  std::optional<double> max_norm = std::nullopt;
  double norm_type = 2;
  bool scale_grad_by_freq = false;
  std::string mode = "mean";
  bool sparse = false;
  bool include_last_offset = false;
  std::optional<std::int64_t> padding_idx = std::nullopt;
};

/// embedding_bag: the sum, mean or maximum of the rows of each bag -> [bags, embedding_dim]. Bags are the rows of a 2-D
/// index, or begin at `offsets` in a 1-D one. Errors as those of Embedding.
class EmbeddingBag : public Module {
 public:
  EmbeddingBag(std::int64_t num_embeddings, std::int64_t embedding_dim, const EmbeddingBagOptions& options = {});
  /// A layer on this very matrix [num_embeddings, embedding_dim], frozen unless asked.
  static EmbeddingBag from_pretrained(const Tensor& embeddings, const EmbeddingBagFromPretrainedOptions& options = {});

  Tensor forward(const Tensor& index) override;
  /// per_sample_weights: a factor for each index, with mode "sum" alone.
  Tensor forward(const Tensor& index, const Tensor& offsets, const Tensor& per_sample_weights = {});
  using Module::operator();
  Tensor operator()(const Tensor& index, const Tensor& offsets, const Tensor& per_sample_weights = {}) {
    return forward(index, offsets, per_sample_weights);
  }
  std::string extra_repr() const override;
  /// Draws weight anew.
  void reset_parameters();

  Tensor weight;  ///< [num_embeddings, embedding_dim]

 private:
  EmbeddingBag(Tensor weight, bool requires_grad, const EmbeddingBagOptions& options);
  Tensor bags(const Tensor& index, const Tensor& offsets, const Tensor& per_sample_weights) const;

  std::int64_t num_embeddings_, embedding_dim_;
  EmbeddingBagOptions options_;
};

}  // namespace descent::nn
