// Convolutions over 1, 2 or 3 spatial dims.
#pragma once

#include <string>

#include "../autograd/ops/convolution.h"
#include "module.h"

namespace descent::nn {

/// Options of Conv1d, Conv2d and Conv3d.
struct Conv1dOptions {
  Extent stride = 1;
  ConvPadding padding = 0;  ///< numbers, "same" or "valid"
  Extent dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
  std::string padding_mode = "zeros";  ///< what the padding holds: "zeros", "reflect", "replicate" or "circular"
  DType dtype = float32;
};
using Conv2dOptions = Conv1dOptions;
using Conv3dOptions = Conv1dOptions;

/// What all convolutions share: parameters that start as U(−b, b), b = 1/√(weight.size(1)·ΠK), and how they print.
class ConvNd : public Module {
 public:
  ConvNd(const ConvNd& other);  // defined elsewhere: programs compile faster
  ConvNd& operator=(const ConvNd& other);
  ~ConvNd() override;
  std::string extra_repr() const override;
  /// Draws weight and bias anew.
  void reset_parameters();

  Tensor weight;  ///< [out_channels, in_channels / groups, K…]; transposed: [in_channels, out_channels / groups, K…]
  Tensor bias;    ///< [out_channels], or undefined

 protected:
  struct Sizes {
    const char* layer;
    int dims;
    bool transposed;
    std::int64_t in_channels, out_channels;
    Extent kernel_size, stride, padding, output_padding, dilation;
    std::int64_t groups;
    std::string padding_text;
    std::string padding_mode;
  };
  ConvNd(const Sizes& sizes, bool bias, DType dtype);

  const char* layer_;
  int dims_;
  std::int64_t in_channels_, out_channels_, groups_;
  Shape kernel_size_, stride_, padding_, output_padding_, dilation_;
  std::string padding_text_;  // "same" or "valid", else empty
  std::string padding_mode_;
};

/// y = conv(x, weight, bias): see conv1d … conv3d for shapes. [N, C, L…] or, without a batch, [C, L…].
/// The constructor throws std::invalid_argument for sizes below 1, groups that do not divide both channels, and wrong
/// options; forward throws ShapeError and DTypeError.
class ConvForwardNd : public ConvNd {
 public:
  ConvForwardNd(const ConvForwardNd& other);  // defined elsewhere: programs compile faster
  ConvForwardNd& operator=(const ConvForwardNd& other);
  ~ConvForwardNd() override;
  Tensor forward(const Tensor& x) override;

 protected:
  ConvForwardNd(const char* layer, int dims, std::int64_t in_channels, std::int64_t out_channels,
                const Extent& kernel_size, const Conv1dOptions& options);

 private:
  std::vector<std::int64_t> around_;  // what `pad` adds first unless padding_mode is "zeros"
};

class Conv1d : public ConvForwardNd {
 public:
  Conv1d(std::int64_t in_channels, std::int64_t out_channels, const Extent& kernel_size,
         const Conv1dOptions& options = {})
      : ConvForwardNd("Conv1d", 1, in_channels, out_channels, kernel_size, options) {}
};

class Conv2d : public ConvForwardNd {
 public:
  Conv2d(std::int64_t in_channels, std::int64_t out_channels, const Extent& kernel_size,
         const Conv2dOptions& options = {})
      : ConvForwardNd("Conv2d", 2, in_channels, out_channels, kernel_size, options) {}
};

class Conv3d : public ConvForwardNd {
 public:
  Conv3d(std::int64_t in_channels, std::int64_t out_channels, const Extent& kernel_size,
         const Conv3dOptions& options = {})
      : ConvForwardNd("Conv3d", 3, in_channels, out_channels, kernel_size, options) {}
};

/// Options of ConvTranspose1d, ConvTranspose2d and ConvTranspose3d.
struct ConvTranspose1dOptions {
  Extent stride = 1;
  Extent padding = 0;
  Extent output_padding = 0;
  std::int64_t groups = 1;
  bool bias = true;
  Extent dilation = 1;
  std::string padding_mode = "zeros";  ///< nothing else
  DType dtype = float32;
};
using ConvTranspose2dOptions = ConvTranspose1dOptions;
using ConvTranspose3dOptions = ConvTranspose1dOptions;

/// y = conv_transpose(x, weight, bias): see conv_transpose1d … conv_transpose3d for shapes. Errors as those of Conv1d
/// ….
class ConvTransposeNd : public ConvNd {
 public:
  Tensor forward(const Tensor& x) override;
  /// With the output_padding that gives these spatial sizes, or those of a whole shape: `up(h, x.shape())`;
  /// std::invalid_argument where none below the stride does.
  Tensor forward(const Tensor& x, const Extent& output_size);
  using Module::operator();
  Tensor operator()(const Tensor& x, const Extent& output_size) { return forward(x, output_size); }

 protected:
  ConvTransposeNd(const char* layer, int dims, std::int64_t in_channels, std::int64_t out_channels,
                  const Extent& kernel_size, const ConvTranspose1dOptions& options);

 private:
  Tensor compute(const Tensor& x, const Extent& output_size) const;
};

class ConvTranspose1d : public ConvTransposeNd {
 public:
  ConvTranspose1d(std::int64_t in_channels, std::int64_t out_channels, const Extent& kernel_size,
                  const ConvTranspose1dOptions& options = {})
      : ConvTransposeNd("ConvTranspose1d", 1, in_channels, out_channels, kernel_size, options) {}
};

class ConvTranspose2d : public ConvTransposeNd {
 public:
  ConvTranspose2d(std::int64_t in_channels, std::int64_t out_channels, const Extent& kernel_size,
                  const ConvTranspose2dOptions& options = {})
      : ConvTransposeNd("ConvTranspose2d", 2, in_channels, out_channels, kernel_size, options) {}
};

class ConvTranspose3d : public ConvTransposeNd {
 public:
  ConvTranspose3d(std::int64_t in_channels, std::int64_t out_channels, const Extent& kernel_size,
                  const ConvTranspose3dOptions& options = {})
      : ConvTransposeNd("ConvTranspose3d", 3, in_channels, out_channels, kernel_size, options) {}
};

}  // namespace descent::nn
