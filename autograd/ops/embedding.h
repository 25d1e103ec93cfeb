// Rows of a weight matrix [rows, dim] looked up by int64 index. An index that is negative or too large throws
// IndexError naming it; a wrong option std::invalid_argument.
#pragma once

#include <optional>
#include <string>

#include "../tensor.h"

namespace descent {

/// Options of embedding.
struct EmbeddingOptions {
  std::optional<std::int64_t> padding_idx = std::nullopt;  ///< this row gets no gradient; negative counts from the end
  /// Rows that are looked up and whose norm is larger are scaled down to it first, in place and off the tape.
  std::optional<double> max_norm = std::nullopt;
  double norm_type = 2;             ///< p of that norm
  bool scale_grad_by_freq = false;  ///< divides the gradient of each look-up by how often its index comes
  bool sparse = false;              ///< the gradient is row-sparse: it holds the rows that were looked up alone
};
/// weight[index[i], :] for index of any shape -> [index's shape, dim]. Repeated indices add up in the gradient, in
/// order.
Tensor embedding(const Tensor& index, const Tensor& weight, const EmbeddingOptions& options = {});

/// Options of embedding_bag.
struct EmbeddingBagOptions {
  Tensor offsets = {};  ///< for a 1-D index: where each bag begins; int64 [bags], from 0 on, never falling
  std::optional<double> max_norm = std::nullopt;
  double norm_type = 2;
  bool scale_grad_by_freq = false;
  std::string mode = "mean";  ///< "sum", "mean" or "max"
  bool sparse = false;
  Tensor per_sample_weights = {};    ///< a factor for each index, of its shape; mode "sum" alone
  bool include_last_offset = false;  ///< the last offset is the end of the last bag; what is behind does not count
  std::optional<std::int64_t> padding_idx = std::nullopt;  ///< such entries do not count
};
/// Sum, mean or maximum of the rows of each bag -> [bags, dim], zeros for an empty one. The bags are the rows of a 2-D
/// index, or parts of a 1-D one.
Tensor embedding_bag(const Tensor& index, const Tensor& weight, const EmbeddingBagOptions& options = {});

}  // namespace descent
