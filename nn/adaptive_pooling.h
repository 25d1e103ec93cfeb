// Pooling to an output of given spatial sizes, as layers: windows cover the input evenly. A size of std::nullopt keeps
// the input's: AdaptiveAvgPool2d({std::nullopt, 7}). All take [N, C, L…] or, without a batch, [C, L…]. Constructors
// throw std::invalid_argument for a negative size (ShapeError for a wrong count), forward throws ShapeError and
// DTypeError. Braces have a constructor of their own: X({2}) could be a copy of X(2) too.
#pragma once

#include <initializer_list>

#include "../autograd/ops/pooling.h"
#include "module.h"

namespace descent::nn {

/// What the adaptive average pools share.
class AdaptiveAvgPoolNd : public Module {
 public:
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 protected:
  AdaptiveAvgPoolNd(const char* layer, int dims, const PooledSize& output_size);

 private:
  int dims_;
  PooledSize output_size_;
};

/// The mean of each window.
class AdaptiveAvgPool1d : public AdaptiveAvgPoolNd {
 public:
  explicit AdaptiveAvgPool1d(const PooledSize& output_size) : AdaptiveAvgPoolNd("AdaptiveAvgPool1d", 1, output_size) {}
  explicit AdaptiveAvgPool1d(std::initializer_list<std::int64_t> output_size)
      : AdaptiveAvgPool1d(PooledSize(output_size)) {}
};
class AdaptiveAvgPool2d : public AdaptiveAvgPoolNd {
 public:
  explicit AdaptiveAvgPool2d(const PooledSize& output_size) : AdaptiveAvgPoolNd("AdaptiveAvgPool2d", 2, output_size) {}
  explicit AdaptiveAvgPool2d(std::initializer_list<std::int64_t> output_size)
      : AdaptiveAvgPool2d(PooledSize(output_size)) {}
};
class AdaptiveAvgPool3d : public AdaptiveAvgPoolNd {
 public:
  explicit AdaptiveAvgPool3d(const PooledSize& output_size) : AdaptiveAvgPoolNd("AdaptiveAvgPool3d", 3, output_size) {}
  explicit AdaptiveAvgPool3d(std::initializer_list<std::int64_t> output_size)
      : AdaptiveAvgPool3d(PooledSize(output_size)) {}
};

/// What the adaptive max pools share.
class AdaptiveMaxPoolNd : public Module {
 public:
  Tensor forward(const Tensor& x) override;
  /// Also where the maxima are (PyTorch's return_indices).
  ValuesAndIndices forward_with_indices(const Tensor& x);
  std::string extra_repr() const override;

 protected:
  AdaptiveMaxPoolNd(const char* layer, int dims, const PooledSize& output_size);

 private:
  int dims_;
  PooledSize output_size_;
};

/// The largest element of each window.
class AdaptiveMaxPool1d : public AdaptiveMaxPoolNd {
 public:
  explicit AdaptiveMaxPool1d(const PooledSize& output_size) : AdaptiveMaxPoolNd("AdaptiveMaxPool1d", 1, output_size) {}
  explicit AdaptiveMaxPool1d(std::initializer_list<std::int64_t> output_size)
      : AdaptiveMaxPool1d(PooledSize(output_size)) {}
};
class AdaptiveMaxPool2d : public AdaptiveMaxPoolNd {
 public:
  explicit AdaptiveMaxPool2d(const PooledSize& output_size) : AdaptiveMaxPoolNd("AdaptiveMaxPool2d", 2, output_size) {}
  explicit AdaptiveMaxPool2d(std::initializer_list<std::int64_t> output_size)
      : AdaptiveMaxPool2d(PooledSize(output_size)) {}
};
class AdaptiveMaxPool3d : public AdaptiveMaxPoolNd {
 public:
  explicit AdaptiveMaxPool3d(const PooledSize& output_size) : AdaptiveMaxPoolNd("AdaptiveMaxPool3d", 3, output_size) {}
  explicit AdaptiveMaxPool3d(std::initializer_list<std::int64_t> output_size)
      : AdaptiveMaxPool3d(PooledSize(output_size)) {}
};

}  // namespace descent::nn
