// Fractional max pooling as layers. All take [N, C, L…] or, without a batch, [C, L…]; the formula stands at the
// function. Constructors throw std::invalid_argument for wrong options (ShapeError for a wrong count of numbers),
// forward throws ShapeError and DTypeError.
#pragma once

#include "../autograd/ops/fractional_pooling.h"
#include "module.h"

namespace descent::nn {

using FractionalMaxPool2dOptions = FractionalMaxPoolOptions;
using FractionalMaxPool3dOptions = FractionalMaxPoolOptions;

/// What the fractional max pools share. random_samples, where they are given, are a buffer of PyTorch's name,
/// `_random_samples`.
class FractionalMaxPoolNd : public Module {
 public:
  Tensor forward(const Tensor& x) override;
  /// Also where the maxima are, for MaxUnpool (PyTorch's return_indices).
  ValuesAndIndices forward_with_indices(const Tensor& x);

 protected:
  FractionalMaxPoolNd(const char* layer, int dims, const Extent& kernel_size, const FractionalMaxPoolOptions& options);

 private:
  ValuesAndIndices pooled(const Tensor& x) const;

  int dims_;
  Extent kernel_size_;
  FractionalMaxPoolOptions options_;
};

/// The largest element of each window, the windows drawn anew for each plane and call, in evaluation, too.
class FractionalMaxPool2d : public FractionalMaxPoolNd {
 public:
  FractionalMaxPool2d(const Extent& kernel_size, const FractionalMaxPool2dOptions& options)
      : FractionalMaxPoolNd("FractionalMaxPool2d", 2, kernel_size, options) {}
};
class FractionalMaxPool3d : public FractionalMaxPoolNd {
 public:
  FractionalMaxPool3d(const Extent& kernel_size, const FractionalMaxPool3dOptions& options)
      : FractionalMaxPoolNd("FractionalMaxPool3d", 3, kernel_size, options) {}
};

}  // namespace descent::nn
