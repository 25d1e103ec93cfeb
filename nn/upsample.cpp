#include "upsample.h"

#include "repr-inl.h"

namespace descent::nn {

Upsample::Upsample(const UpsampleOptions& options) : options_(options) {
  if (options.size.given() == options.scale_factor.given()) {
    throw std::invalid_argument("Upsample: give either size or scale_factor");
  }
  const std::string& mode = options.mode;
  for (const char* known : {"nearest", "nearest-exact", "area", "linear", "bilinear", "bicubic", "trilinear"}) {
    if (mode == known) return;
  }
  throw std::invalid_argument(fmt::format("Upsample: unknown mode \"{}\"", mode));
}

Tensor Upsample::forward(const Tensor& x) { return interpolate(x, options_); }

std::string Upsample::extra_repr() const {
  std::string text;
  if (options_.scale_factor.given()) {
    const std::vector<double>& factors = options_.scale_factor.values();
    for (const double factor : factors) text += (text.empty() ? "" : ", ") + python(factor);
    text = "scale_factor=" + (factors.size() == 1 ? text : "(" + text + ")");
  } else {
    text = "size=" + python(options_.size);
  }
  return text + ", mode=" + options_.mode;
}

UpsamplingNearest2d::UpsamplingNearest2d(const UpsamplingNearest2dOptions& options)
    : Upsample({.size = options.size, .scale_factor = options.scale_factor, .mode = "nearest"}) {}

UpsamplingBilinear2d::UpsamplingBilinear2d(const UpsamplingBilinear2dOptions& options)
    : Upsample(
          {.size = options.size, .scale_factor = options.scale_factor, .mode = "bilinear", .align_corners = true}) {}

PixelShuffle::PixelShuffle(std::int64_t upscale_factor) : upscale_factor_(upscale_factor) {
  check_at_least(1, upscale_factor, "PixelShuffle", "upscale_factor");
}
Tensor PixelShuffle::forward(const Tensor& x) { return pixel_shuffle(x, upscale_factor_); }
std::string PixelShuffle::extra_repr() const { return fmt::format("upscale_factor={}", upscale_factor_); }

PixelUnshuffle::PixelUnshuffle(std::int64_t downscale_factor) : downscale_factor_(downscale_factor) {
  check_at_least(1, downscale_factor, "PixelUnshuffle", "downscale_factor");
}
Tensor PixelUnshuffle::forward(const Tensor& x) { return pixel_unshuffle(x, downscale_factor_); }
std::string PixelUnshuffle::extra_repr() const { return fmt::format("downscale_factor={}", downscale_factor_); }

ChannelShuffle::ChannelShuffle(std::int64_t groups) : groups_(groups) {
  check_at_least(1, groups, "ChannelShuffle", "groups");
}
Tensor ChannelShuffle::forward(const Tensor& x) { return channel_shuffle(x, groups_); }
std::string ChannelShuffle::extra_repr() const { return fmt::format("groups={}", groups_); }

namespace {

void check_columns(const char* layer, const Extent& kernel_size, const UnfoldOptions& options) {
  kernel_size.at_least(1, 2, layer, "kernel_size");
  options.dilation.at_least(1, 2, layer, "dilation");
  options.padding.at_least(0, 2, layer, "padding");
  options.stride.at_least(1, 2, layer, "stride");
}

std::string columns_repr(const Extent& kernel_size, const UnfoldOptions& options) {
  return fmt::format("kernel_size={}, dilation={}, padding={}, stride={}", python(kernel_size),
                     python(options.dilation), python(options.padding), python(options.stride));
}

}  // namespace

Unfold::Unfold(const Extent& kernel_size, const UnfoldOptions& options) : kernel_size_(kernel_size), options_(options) {
  check_columns("Unfold", kernel_size, options);
}
Tensor Unfold::forward(const Tensor& x) { return unfold(x, kernel_size_, options_); }
std::string Unfold::extra_repr() const { return columns_repr(kernel_size_, options_); }

Fold::Fold(const Extent& output_size, const Extent& kernel_size, const FoldOptions& options)
    : output_size_(output_size), kernel_size_(kernel_size), options_(options) {
  output_size.at_least(1, 2, "Fold", "output_size");
  check_columns("Fold", kernel_size, options);
}
Tensor Fold::forward(const Tensor& x) { return fold(x, output_size_, kernel_size_, options_); }
std::string Fold::extra_repr() const {
  return fmt::format("output_size={}, {}", python(output_size_), columns_repr(kernel_size_, options_));
}

}  // namespace descent::nn
