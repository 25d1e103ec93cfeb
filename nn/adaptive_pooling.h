// Pooling to an output of given spatial sizes, as layers: windows cover the input evenly. All take [N, C, L…] or,
// without a batch, [C, L…]. Constructors throw std::invalid_argument for a negative size (ShapeError for a wrong
// count), forward throws ShapeError and DTypeError.
#pragma once

#include "../autograd/ops/pooling.h"
#include "module.h"

namespace descent::nn {

/// What the adaptive average pools share.
class AdaptiveAvgPoolNd : public Module {
 public:
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 protected:
  AdaptiveAvgPoolNd(const char* layer, int dims, const Extent& output_size);

 private:
  int dims_;
  Extent output_size_;
};

/// The mean of each window.
class AdaptiveAvgPool1d : public AdaptiveAvgPoolNd {
 public:
  explicit AdaptiveAvgPool1d(const Extent& output_size) : AdaptiveAvgPoolNd("AdaptiveAvgPool1d", 1, output_size) {}
};
class AdaptiveAvgPool2d : public AdaptiveAvgPoolNd {
 public:
  explicit AdaptiveAvgPool2d(const Extent& output_size) : AdaptiveAvgPoolNd("AdaptiveAvgPool2d", 2, output_size) {}
};
class AdaptiveAvgPool3d : public AdaptiveAvgPoolNd {
 public:
  explicit AdaptiveAvgPool3d(const Extent& output_size) : AdaptiveAvgPoolNd("AdaptiveAvgPool3d", 3, output_size) {}
};

/// What the adaptive max pools share.
class AdaptiveMaxPoolNd : public Module {
 public:
  Tensor forward(const Tensor& x) override;
  /// Also where the maxima are (PyTorch's return_indices).
  ValuesAndIndices forward_with_indices(const Tensor& x);
  std::string extra_repr() const override;

 protected:
  AdaptiveMaxPoolNd(const char* layer, int dims, const Extent& output_size);

 private:
  int dims_;
  Extent output_size_;
};

/// The largest element of each window.
class AdaptiveMaxPool1d : public AdaptiveMaxPoolNd {
 public:
  explicit AdaptiveMaxPool1d(const Extent& output_size) : AdaptiveMaxPoolNd("AdaptiveMaxPool1d", 1, output_size) {}
};
class AdaptiveMaxPool2d : public AdaptiveMaxPoolNd {
 public:
  explicit AdaptiveMaxPool2d(const Extent& output_size) : AdaptiveMaxPoolNd("AdaptiveMaxPool2d", 2, output_size) {}
};
class AdaptiveMaxPool3d : public AdaptiveMaxPoolNd {
 public:
  explicit AdaptiveMaxPool3d(const Extent& output_size) : AdaptiveMaxPoolNd("AdaptiveMaxPool3d", 3, output_size) {}
};

}  // namespace descent::nn
