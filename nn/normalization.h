// Normalisation without running statistics, as layers.
#pragma once

#include <initializer_list>
#include <optional>

#include "../autograd/ops/normalization.h"
#include "module.h"

namespace descent::nn {

/// Options of LayerNorm.
struct LayerNormOptions {
  double eps = 1e-5;
  bool elementwise_affine = true;
  bool bias = true;  ///< counts with elementwise_affine alone
  DType dtype = float32;
};

/// layer_norm over the trailing dims, whose sizes normalized_shape names; weight starts as 1, bias as 0. The
/// constructor throws std::invalid_argument for wrong options, forward ShapeError.
class LayerNorm : public Module {
 public:
  explicit LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options = {});
  explicit LayerNorm(std::initializer_list<std::int64_t> normalized_shape, const LayerNormOptions& options = {})
      : LayerNorm(Shape(normalized_shape), options) {}  // for LayerNorm({5}), which could be a copy of LayerNorm(5) too
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;
  void reset_parameters();

  Tensor weight, bias;  ///< of normalized_shape, or undefined

 private:
  Shape normalized_shape_;
  double eps_;
};

/// Options of RMSNorm.
struct RMSNormOptions {
  std::optional<double> eps = std::nullopt;  ///< the machine epsilon of the dtype unless given
  bool elementwise_affine = true;
  DType dtype = float32;
};

/// rms_norm over the trailing dims; weight starts as 1. Errors as those of LayerNorm.
class RMSNorm : public Module {
 public:
  explicit RMSNorm(const Shape& normalized_shape, const RMSNormOptions& options = {});
  explicit RMSNorm(std::initializer_list<std::int64_t> normalized_shape, const RMSNormOptions& options = {})
      : RMSNorm(Shape(normalized_shape), options) {}
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;
  void reset_parameters();

  Tensor weight;  ///< of normalized_shape, or undefined

 private:
  Shape normalized_shape_;
  std::optional<double> eps_;
};

/// Options of GroupNorm.
struct GroupNormOptions {
  double eps = 1e-5;
  bool affine = true;
  DType dtype = float32;
};

/// group_norm of x [N, C, …]; weight starts as 1, bias as 0. The constructor throws std::invalid_argument for wrong
/// options and groups that do not divide the channels, forward ShapeError.
class GroupNorm : public Module {
 public:
  GroupNorm(std::int64_t num_groups, std::int64_t num_channels, const GroupNormOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;
  void reset_parameters();

  Tensor weight, bias;  ///< [num_channels], or undefined

 private:
  std::int64_t num_groups_, num_channels_;
  double eps_;
};

using descent::LocalResponseNormOptions;

/// local_response_norm over `size` neighbouring channels, size >= 1 (std::invalid_argument).
class LocalResponseNorm : public Module {
 public:
  explicit LocalResponseNorm(std::int64_t size, const LocalResponseNormOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  std::int64_t size_;
  LocalResponseNormOptions options_;
};

}  // namespace descent::nn
