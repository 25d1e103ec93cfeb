// Resampling, and channels traded for space, as layers.
#pragma once

#include <initializer_list>

#include "../autograd/ops/pad.h"
#include "../autograd/ops/resample.h"
#include "module.h"

namespace descent::nn {

using UpsampleOptions = InterpolateOptions;

/// interpolate: [N, C, L…] to `size`, or by `scale_factor`, with `mode` and `align_corners`. The constructor throws
/// std::invalid_argument unless exactly one of the two is given; forward throws as interpolate does.
class Upsample : public Module {
 public:
  explicit Upsample(const UpsampleOptions& options);
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  UpsampleOptions options_;
};

/// Options of UpsamplingNearest2d and UpsamplingBilinear2d.
struct UpsamplingNearest2dOptions {
  Extent size = {};
  ScaleFactor scale_factor = {};
};
using UpsamplingBilinear2dOptions = UpsamplingNearest2dOptions;

/// Upsample of images with mode "nearest".
class UpsamplingNearest2d : public Upsample {
 public:
  explicit UpsamplingNearest2d(const UpsamplingNearest2dOptions& options);
};

/// Upsample of images with mode "bilinear" and align_corners.
class UpsamplingBilinear2d : public Upsample {
 public:
  explicit UpsamplingBilinear2d(const UpsamplingBilinear2dOptions& options);
};

/// [.., C·r², H, W] -> [.., C, H·r, W·r]; r >= 1 (std::invalid_argument). Shi et al., "Real-time single image and video
/// super-resolution using an efficient sub-pixel convolutional neural network", 2016.
class PixelShuffle : public Module {
 public:
  explicit PixelShuffle(std::int64_t upscale_factor);
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  std::int64_t upscale_factor_;
};

/// The inverse of PixelShuffle.
class PixelUnshuffle : public Module {
 public:
  explicit PixelUnshuffle(std::int64_t downscale_factor);
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  std::int64_t downscale_factor_;
};

/// Channel (g, c) of `groups` groups becomes channel (c, g).
class ChannelShuffle : public Module {
 public:
  explicit ChannelShuffle(std::int64_t groups);
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  std::int64_t groups_;
};

/// Windows of an image as columns: see the function unfold.
class Unfold : public Module {
 public:
  explicit Unfold(const Extent& kernel_size, const UnfoldOptions& options = {});
  explicit Unfold(std::initializer_list<std::int64_t> kernel_size, const UnfoldOptions& options = {})
      : Unfold(Extent(kernel_size), options) {}  // for Unfold({2}), which could be a copy of Unfold(2) too
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  Extent kernel_size_;
  UnfoldOptions options_;
};

/// Columns added up to an image of output_size: see the function fold.
class Fold : public Module {
 public:
  Fold(const Extent& output_size, const Extent& kernel_size, const FoldOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  Extent output_size_, kernel_size_;
  FoldOptions options_;
};

}  // namespace descent::nn
