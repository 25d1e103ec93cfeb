// Batch and instance normalisation, as layers with running statistics.
#pragma once

#include <optional>

#include "module.h"

namespace descent::nn {

/// What batch and instance norms share. PyTorch's names: weight, bias, running_mean, running_var, num_batches_tracked.
class NormBase : public Module {
 public:
  NormBase(const NormBase& other);  // defined elsewhere: programs compile faster
  NormBase& operator=(const NormBase& other);
  ~NormBase() override;
  std::string extra_repr() const override;
  /// weight 1, bias 0, and reset_running_stats().
  void reset_parameters();
  /// Mean 0, variance 1, no batches.
  void reset_running_stats();

  Tensor weight, bias;               ///< [num_features], or undefined unless affine
  Tensor running_mean, running_var;  ///< [num_features], or undefined unless track_running_stats
  Tensor num_batches_tracked;        ///< int64 scalar, likewise

 protected:
  NormBase(const char* layer, std::int64_t num_features, double eps, std::optional<double> momentum, bool affine,
           bool track_running_stats, DType dtype);
  bool tracks() const { return running_mean.defined(); }

  const char* layer_;
  std::int64_t num_features_;
  double eps_;
  std::optional<double> momentum_;
};

/// Options of BatchNorm1d, BatchNorm2d and BatchNorm3d.
struct BatchNorm1dOptions {
  double eps = 1e-5;
  std::optional<double> momentum = 0.1;  ///< std::nullopt: running statistics are the plain average of all batches'
  bool affine = true;
  bool track_running_stats = true;  ///< else the batch's statistics count in eval mode too
  DType dtype = float32;
};
using BatchNorm2dOptions = BatchNorm1dOptions;
using BatchNorm3dOptions = BatchNorm1dOptions;

/// batch_norm: (x − μ)/√(σ² + eps)·weight + bias for each channel, with the batch's statistics in training mode and the
/// running ones in eval mode; running_x ← (1 − momentum)·running_x + momentum·x. The constructor throws
/// std::invalid_argument for wrong options; forward throws ShapeError, also for one value a channel in training.
class BatchNormNd : public NormBase {
 public:
  Tensor forward(const Tensor& x) override;

 protected:
  BatchNormNd(const char* layer, int dims, std::int64_t num_features, const BatchNorm1dOptions& options);

 private:
  int dims_;
};

/// [N, C] or [N, C, L].
class BatchNorm1d : public BatchNormNd {
 public:
  explicit BatchNorm1d(std::int64_t num_features, const BatchNorm1dOptions& options = {})
      : BatchNormNd("BatchNorm1d", 1, num_features, options) {}
};
/// [N, C, H, W].
class BatchNorm2d : public BatchNormNd {
 public:
  explicit BatchNorm2d(std::int64_t num_features, const BatchNorm2dOptions& options = {})
      : BatchNormNd("BatchNorm2d", 2, num_features, options) {}
};
/// [N, C, D, H, W].
class BatchNorm3d : public BatchNormNd {
 public:
  explicit BatchNorm3d(std::int64_t num_features, const BatchNorm3dOptions& options = {})
      : BatchNormNd("BatchNorm3d", 3, num_features, options) {}
};

/// Options of InstanceNorm1d, InstanceNorm2d and InstanceNorm3d.
struct InstanceNorm1dOptions {
  double eps = 1e-5;
  double momentum = 0.1;
  bool affine = false;
  bool track_running_stats = false;
  DType dtype = float32;
};
using InstanceNorm2dOptions = InstanceNorm1dOptions;
using InstanceNorm3dOptions = InstanceNorm1dOptions;

/// instance_norm: as batch norm for each element of the batch alone; the running statistics, where tracked, count in
/// eval mode. Errors as those of batch norm.
class InstanceNormNd : public NormBase {
 public:
  Tensor forward(const Tensor& x) override;

 protected:
  InstanceNormNd(const char* layer, int dims, std::int64_t num_features, const InstanceNorm1dOptions& options);

 private:
  int dims_;
};

/// [N, C, L] or [C, L].
class InstanceNorm1d : public InstanceNormNd {
 public:
  explicit InstanceNorm1d(std::int64_t num_features, const InstanceNorm1dOptions& options = {})
      : InstanceNormNd("InstanceNorm1d", 1, num_features, options) {}
};
/// [N, C, H, W] or [C, H, W].
class InstanceNorm2d : public InstanceNormNd {
 public:
  explicit InstanceNorm2d(std::int64_t num_features, const InstanceNorm2dOptions& options = {})
      : InstanceNormNd("InstanceNorm2d", 2, num_features, options) {}
};
/// [N, C, D, H, W] or [C, D, H, W].
class InstanceNorm3d : public InstanceNormNd {
 public:
  explicit InstanceNorm3d(std::int64_t num_features, const InstanceNorm3dOptions& options = {})
      : InstanceNormNd("InstanceNorm3d", 3, num_features, options) {}
};

}  // namespace descent::nn
