// Pooling over windows of 1, 2 or 3 spatial dims, as layers. All take [N, C, L…] or, without a batch, [C, L…]; the
// formulas stand at the functions. Constructors throw std::invalid_argument for wrong options (ShapeError for a wrong
// count of numbers), forward throws ShapeError and DTypeError. Braces have a constructor of their own: X({2})
// could be a copy of X(2) too.
#pragma once

#include <initializer_list>

#include "../autograd/ops/pooling.h"
#include "module.h"

namespace descent::nn {

using MaxPool1dOptions = MaxPoolOptions;
using MaxPool2dOptions = MaxPoolOptions;
using MaxPool3dOptions = MaxPoolOptions;
using AvgPool1dOptions = AvgPoolOptions;
using AvgPool2dOptions = AvgPoolOptions;
using AvgPool3dOptions = AvgPoolOptions;
using LPPool1dOptions = LpPoolOptions;
using LPPool2dOptions = LpPoolOptions;

/// What the max pools share.
class MaxPoolNd : public Module {
 public:
  Tensor forward(const Tensor& x) override;
  /// Also where the maxima are, for MaxUnpool (PyTorch's return_indices).
  ValuesAndIndices forward_with_indices(const Tensor& x);
  std::string extra_repr() const override;

 protected:
  MaxPoolNd(const char* layer, int dims, const Extent& kernel_size, const MaxPoolOptions& options);

 private:
  int dims_;
  Extent kernel_size_;
  MaxPoolOptions options_;
};

/// The largest element of each window.
class MaxPool1d : public MaxPoolNd {
 public:
  explicit MaxPool1d(const Extent& kernel_size, const MaxPool1dOptions& options = {})
      : MaxPoolNd("MaxPool1d", 1, kernel_size, options) {}
  explicit MaxPool1d(std::initializer_list<std::int64_t> kernel_size, const MaxPool1dOptions& options = {})
      : MaxPool1d(Extent(kernel_size), options) {}
};
class MaxPool2d : public MaxPoolNd {
 public:
  explicit MaxPool2d(const Extent& kernel_size, const MaxPool2dOptions& options = {})
      : MaxPoolNd("MaxPool2d", 2, kernel_size, options) {}
  explicit MaxPool2d(std::initializer_list<std::int64_t> kernel_size, const MaxPool2dOptions& options = {})
      : MaxPool2d(Extent(kernel_size), options) {}
};
class MaxPool3d : public MaxPoolNd {
 public:
  explicit MaxPool3d(const Extent& kernel_size, const MaxPool3dOptions& options = {})
      : MaxPoolNd("MaxPool3d", 3, kernel_size, options) {}
  explicit MaxPool3d(std::initializer_list<std::int64_t> kernel_size, const MaxPool3dOptions& options = {})
      : MaxPool3d(Extent(kernel_size), options) {}
};

/// Options of MaxUnpool1d, MaxUnpool2d and MaxUnpool3d.
struct MaxUnpool1dOptions {
  Extent stride = {};  ///< the kernel size, unless given
  Extent padding = 0;
};
using MaxUnpool2dOptions = MaxUnpool1dOptions;
using MaxUnpool3dOptions = MaxUnpool1dOptions;

/// What the inverses of max pools share.
class MaxUnpoolNd : public Module {
 public:
  using Module::forward;
  /// x and indices as MaxPool's forward_with_indices gives them; output_size: the spatial sizes, or the shape, before.
  Tensor forward(const Tensor& x, const Tensor& indices, const Extent& output_size = {});
  Tensor operator()(const Tensor& x, const Tensor& indices, const Extent& output_size = {}) {
    return forward(x, indices, output_size);
  }
  std::string extra_repr() const override;

 protected:
  MaxUnpoolNd(const char* layer, int dims, const Extent& kernel_size, const MaxUnpool1dOptions& options);

 private:
  int dims_;
  Extent kernel_size_;
  MaxUnpool1dOptions options_;
};

/// Maxima back to their places, zeros elsewhere.
class MaxUnpool1d : public MaxUnpoolNd {
 public:
  explicit MaxUnpool1d(const Extent& kernel_size, const MaxUnpool1dOptions& options = {})
      : MaxUnpoolNd("MaxUnpool1d", 1, kernel_size, options) {}
  explicit MaxUnpool1d(std::initializer_list<std::int64_t> kernel_size, const MaxUnpool1dOptions& options = {})
      : MaxUnpool1d(Extent(kernel_size), options) {}
};
class MaxUnpool2d : public MaxUnpoolNd {
 public:
  explicit MaxUnpool2d(const Extent& kernel_size, const MaxUnpool2dOptions& options = {})
      : MaxUnpoolNd("MaxUnpool2d", 2, kernel_size, options) {}
  explicit MaxUnpool2d(std::initializer_list<std::int64_t> kernel_size, const MaxUnpool2dOptions& options = {})
      : MaxUnpool2d(Extent(kernel_size), options) {}
};
class MaxUnpool3d : public MaxUnpoolNd {
 public:
  explicit MaxUnpool3d(const Extent& kernel_size, const MaxUnpool3dOptions& options = {})
      : MaxUnpoolNd("MaxUnpool3d", 3, kernel_size, options) {}
  explicit MaxUnpool3d(std::initializer_list<std::int64_t> kernel_size, const MaxUnpool3dOptions& options = {})
      : MaxUnpool3d(Extent(kernel_size), options) {}
};

/// What the average pools share.
class AvgPoolNd : public Module {
 public:
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 protected:
  AvgPoolNd(const char* layer, int dims, const Extent& kernel_size, const AvgPoolOptions& options);

 private:
  int dims_;
  Extent kernel_size_;
  AvgPoolOptions options_;
};

/// The mean of each window.
class AvgPool1d : public AvgPoolNd {
 public:
  explicit AvgPool1d(const Extent& kernel_size, const AvgPool1dOptions& options = {})
      : AvgPoolNd("AvgPool1d", 1, kernel_size, options) {}
  explicit AvgPool1d(std::initializer_list<std::int64_t> kernel_size, const AvgPool1dOptions& options = {})
      : AvgPool1d(Extent(kernel_size), options) {}
};
class AvgPool2d : public AvgPoolNd {
 public:
  explicit AvgPool2d(const Extent& kernel_size, const AvgPool2dOptions& options = {})
      : AvgPoolNd("AvgPool2d", 2, kernel_size, options) {}
  explicit AvgPool2d(std::initializer_list<std::int64_t> kernel_size, const AvgPool2dOptions& options = {})
      : AvgPool2d(Extent(kernel_size), options) {}
};
class AvgPool3d : public AvgPoolNd {
 public:
  explicit AvgPool3d(const Extent& kernel_size, const AvgPool3dOptions& options = {})
      : AvgPoolNd("AvgPool3d", 3, kernel_size, options) {}
  explicit AvgPool3d(std::initializer_list<std::int64_t> kernel_size, const AvgPool3dOptions& options = {})
      : AvgPool3d(Extent(kernel_size), options) {}
};

/// What the power-mean pools share.
class LPPoolNd : public Module {
 public:
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 protected:
  LPPoolNd(const char* layer, int dims, double norm_type, const Extent& kernel_size, const LpPoolOptions& options);

 private:
  int dims_;
  double norm_type_;
  Extent kernel_size_;
  LpPoolOptions options_;
};

/// (Σ xᵖ)^(1/p) of each window, p = norm_type > 0.
class LPPool1d : public LPPoolNd {
 public:
  LPPool1d(double norm_type, const Extent& kernel_size, const LPPool1dOptions& options = {})
      : LPPoolNd("LPPool1d", 1, norm_type, kernel_size, options) {}
};
class LPPool2d : public LPPoolNd {
 public:
  LPPool2d(double norm_type, const Extent& kernel_size, const LPPool2dOptions& options = {})
      : LPPoolNd("LPPool2d", 2, norm_type, kernel_size, options) {}
};

}  // namespace descent::nn
