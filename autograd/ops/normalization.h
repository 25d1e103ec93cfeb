// Normalisation over batches, layers, groups and vectors. Floats only; weight, bias and running statistics have the
// input's dtype (DTypeError) and the sizes named (ShapeError). An eps that is negative or NaN is std::invalid_argument.
#pragma once

#include <optional>

#include "../tensor.h"
#include "dropout.h"

namespace descent {

/// Options of batch_norm.
struct BatchNormOptions {
  bool training = false;  ///< statistics of the batch, which also update the running ones; else the running ones
  double momentum = 0.1;  ///< weight of the new statistics, in [0, 1]
  double eps = 1e-5;
};
/// (x − μ) / √(σ² + eps)·w + b for each channel of x [N, C, …], over N and all that follows C (Ioffe and Szegedy,
/// "Batch normalization", 2015). All other tensors are [C] or Tensor(). In training mode running tensors are updated in
/// place, off the tape, with the unbiased variance; an empty batch leaves them alone, a single value a channel throws
/// ShapeError. Without training both must be given (std::invalid_argument); no gradient flows to them.
Tensor batch_norm(const Tensor& x, const Tensor& running_mean = {}, const Tensor& running_var = {},
                  const Tensor& weight = {}, const Tensor& bias = {}, const BatchNormOptions& options = {});

/// Options of layer_norm.
struct LayerNormOptions {
  double eps = 1e-5;
};
/// (x − μ) / √(σ² + eps)·w + b over the trailing dims, whose sizes normalized_shape names; w and b have that shape or
/// are Tensor() (Ba, Kiros and Hinton, "Layer normalization", 2016).
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {}, const Tensor& bias = {},
                  const LayerNormOptions& options = {});

/// Options of rms_norm.
struct RmsNormOptions {
  std::optional<double> eps = std::nullopt;  ///< the machine epsilon of the dtype unless given
};
/// x / √(mean x² + eps)·w over the trailing dims (Zhang and Sennrich, "Root mean square layer normalization", 2019).
Tensor rms_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {},
                const RmsNormOptions& options = {});

/// Options of group_norm.
struct GroupNormOptions {
  double eps = 1e-5;
};
/// As layer_norm over each of num_groups groups of neighbouring channels of x [N, C, …]; w and b are [C] or Tensor()
/// (Wu and He, "Group normalization", 2018). Throws ShapeError: num_groups does not divide C, or there is one value a
/// group and one item.
Tensor group_norm(const Tensor& x, std::int64_t num_groups, const Tensor& weight = {}, const Tensor& bias = {},
                  const GroupNormOptions& options = {});

/// Options of instance_norm.
struct InstanceNormOptions {
  bool use_input_stats = true;  ///< else the running statistics, as batch_norm without training
  double momentum = 0.1;
  double eps = 1e-5;
};
/// As batch_norm for each element of the batch alone: x [N, C, …] with more than one value behind C (ShapeError).
/// Running statistics follow the mean over the batch.
Tensor instance_norm(const Tensor& x, const Tensor& running_mean = {}, const Tensor& running_var = {},
                     const Tensor& weight = {}, const Tensor& bias = {}, const InstanceNormOptions& options = {});

/// Options of local_response_norm.
struct LocalResponseNormOptions {
  double alpha = 1e-4;
  double beta = 0.75;
  double k = 1.0;
};
/// x / (k + alpha/size·Σ x²)^beta, summed over `size` neighbouring channels of x [N, C, …] (size / 2 of them below).
Tensor local_response_norm(const Tensor& x, std::int64_t size, const LocalResponseNormOptions& options = {});

}  // namespace descent
