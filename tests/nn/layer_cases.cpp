#include "layer_cases.h"

namespace descent::testing {

std::vector<LayerCase> spatial_cases() {
  using namespace nn;
  return {
      channels(
          "linear", +[] { return Linear(3, 2); }),
      channels(
          "linear_no_bias", +[] { return Linear(3, 2, {.bias = false}); }),
      two(
          "bilinear", +[] { return Bilinear(3, 2, 4); }),
      two(
          "bilinear_no_bias", +[] { return Bilinear(3, 2, 4, {.bias = false}); }),
      channels(
          "identity", +[] { return Identity(); }),
      one(
          "flatten", +[] { return Flatten(0, 1); }),
      batches(
          "unflatten",
          +[] {
            return Unflatten(1, {2, 2});
          }),
      channels(
          "conv1d", +[] { return Conv1d(4, 6, 3, {.stride = 2, .padding = 1, .groups = 2}); }),
      channels(
          "conv1d_same", +[] { return Conv1d(4, 2, 4, {.padding = "same"}); }),
      channels(
          "conv1d_valid", +[] { return Conv1d(4, 2, 2, {.padding = "valid", .bias = false}); }),
      channels(
          "conv1d_circular", +[] { return Conv1d(4, 2, 3, {.padding = 2, .padding_mode = "circular"}); }),
      channels(
          "conv2d",
          +[] {
            return Conv2d(4, 3, {3, 5}, {.stride = {2, 1}, .padding = {1, 2}});
          }),
      channels(
          "conv2d_dilated",
          +[] {
            return Conv2d(4, 2, 2, {.dilation = {3, 2}, .bias = false});
          }),
      channels(
          "conv2d_depthwise", +[] { return Conv2d(4, 4, 3, {.padding = 1, .groups = 4}); }),
      channels(
          "conv2d_reflect",
          +[] {
            return Conv2d(4, 2, 3, {.padding = {1, 2}, .padding_mode = "reflect"});
          }),
      channels(
          "conv2d_replicate",
          +[] {
            return Conv2d(4, 2, 3, {.stride = 2, .padding = {2, 1}, .padding_mode = "replicate"});
          }),
      channels(
          "conv2d_same_circular",
          +[] {
            return Conv2d(4, 2, {2, 3}, {.padding = "same", .dilation = {1, 2}, .padding_mode = "circular"});
          }),
      channels(
          "conv3d",
          +[] {
            return Conv3d(2, 2, {1, 2, 3}, {.padding = {0, 1, 1}});
          }),
      channels(
          "conv3d_replicate",
          +[] { return Conv3d(2, 2, 2, {.padding = 1, .groups = 2, .padding_mode = "replicate"}); }),
      channels(
          "conv_transpose1d",
          +[] { return ConvTranspose1d(4, 2, 3, {.stride = 2, .padding = 1, .output_padding = 1}); }),
      channels(
          "conv_transpose2d",
          +[] {
            return ConvTranspose2d(4, 2, {2, 3}, {.stride = {2, 1}, .padding = 1, .groups = 2, .dilation = 2});
          }),
      channels(
          "conv_transpose2d_no_bias",
          +[] {
            return ConvTranspose2d(4, 1, 3, {.stride = 2, .output_padding = {0, 1}, .bias = false});
          }),
      channels(
          "conv_transpose3d",
          +[] {
            return ConvTranspose3d(2, 1, 2, {.stride = {2, 1, 1}});
          }),
      channels(
          "max_pool1d", +[] { return MaxPool1d(3, {.stride = 2, .padding = 1}); }),
      channels(
          "max_pool2d",
          +[] {
            return MaxPool2d({3, 2}, {.stride = 2});
          }),
      channels(
          "max_pool2d_ceil",
          +[] {
            return MaxPool2d(2, {.dilation = {1, 2}, .ceil_mode = true});
          }),
      channels(
          "max_pool3d", +[] { return MaxPool3d(2); }),
      channels(
          "avg_pool1d", +[] { return AvgPool1d(2); }),
      channels(
          "avg_pool2d",
          +[] {
            return AvgPool2d({2, 3}, {.padding = {1, 0}, .count_include_pad = false});
          }),
      channels(
          "avg_pool2d_divisor",
          +[] {
            return AvgPool2d(2, {.stride = {1, 2}, .ceil_mode = true, .divisor_override = 3});
          }),
      channels(
          "avg_pool3d", +[] { return AvgPool3d(2, {.stride = 1}); }),
      channels(
          "lp_pool1d", +[] { return LPPool1d(2, 2); }),
      channels(
          "lp_pool2d",
          +[] {
            return LPPool2d(2, {2, 3}, {.stride = 1, .ceil_mode = true});
          }),
      channels(
          "adaptive_avg_pool1d", +[] { return AdaptiveAvgPool1d(3); }),
      channels(
          "adaptive_avg_pool2d",
          +[] {
            return AdaptiveAvgPool2d({3, 2});
          }),
      channels(
          "adaptive_avg_pool3d", +[] { return AdaptiveAvgPool3d(2); }),
      channels(
          "adaptive_max_pool1d", +[] { return AdaptiveMaxPool1d(2); }),
      channels(
          "adaptive_max_pool2d",
          +[] {
            return AdaptiveMaxPool2d({3, 2});
          }),
      channels(
          "adaptive_max_pool3d",
          +[] {
            return AdaptiveMaxPool3d({1, 2, 2});
          }),
      two(
          "max_unpool2d",
          +[] {
            return MaxUnpool2d(2, {.stride = {2, 3}});
          }),
      channels(
          "constant_pad1d",
          +[] {
            return ConstantPad1d({1, -2}, 3.5);
          }),
      channels(
          "constant_pad2d", +[] { return ConstantPad2d(1, -1.25); }),
      channels(
          "constant_pad3d",
          +[] {
            return ConstantPad3d({0, 1, 1, 0, 0, 1}, 0.5);
          }),
      channels(
          "zero_pad1d",
          +[] {
            return ZeroPad1d({2, 1});
          }),
      channels(
          "zero_pad2d",
          +[] {
            return ZeroPad2d({1, 0, 0, 2});
          }),
      channels(
          "zero_pad3d",
          +[] {
            return ZeroPad3d({1, 0, 0, 1, 0, 0});
          }),
      channels(
          "reflection_pad1d",
          +[] {
            return ReflectionPad1d({2, 1});
          }),
      channels(
          "reflection_pad2d", +[] { return ReflectionPad2d(1); }),
      channels(
          "reflection_pad3d",
          +[] {
            return ReflectionPad3d({1, 0, 0, 1, 1, 1});
          }),
      channels(
          "replication_pad1d", +[] { return ReplicationPad1d(3); }),
      channels(
          "replication_pad2d",
          +[] {
            return ReplicationPad2d({1, 2, 0, 1});
          }),
      channels(
          "replication_pad3d",
          +[] {
            return ReplicationPad3d({1, 0, 2, 1, 0, 1});
          }),
      channels(
          "circular_pad1d",
          +[] {
            return CircularPad1d({2, 1});
          }),
      channels(
          "circular_pad2d",
          +[] {
            return CircularPad2d({1, 1, 2, 0});
          }),
      channels(
          "circular_pad3d",
          +[] {
            return CircularPad3d({1, 1, 0, 2, 1, 0});
          }),
      batches(
          "upsample_nearest", +[] { return Upsample({.scale_factor = 2}); }),
      batches(
          "upsample_linear", +[] { return Upsample({.size = 5, .mode = "linear"}); }),
      batches(
          "upsample_bilinear",
          +[] {
            return Upsample({.scale_factor = {2, 1.5}, .mode = "bilinear", .align_corners = true});
          }),
      batches(
          "upsample_bicubic",
          +[] {
            return Upsample({.size = {3, 4}, .mode = "bicubic"});
          }),
      batches(
          "upsampling_nearest2d",
          +[] {
            return UpsamplingNearest2d({.size = {4, 3}});
          }),
      batches(
          "upsampling_bilinear2d", +[] { return UpsamplingBilinear2d({.scale_factor = 2}); }),
      channels(
          "pixel_shuffle", +[] { return PixelShuffle(2); }),
      channels(
          "pixel_unshuffle", +[] { return PixelUnshuffle(2); }),
      batches(
          "channel_shuffle", +[] { return ChannelShuffle(2); }),
      channels(
          "unfold",
          +[] {
            return Unfold({2, 3}, {.padding = {0, 1}, .stride = 2});
          }),
      channels(
          "fold",
          +[] {
            return Fold({3, 4}, {2, 3}, {.padding = {0, 1}, .stride = {1, 2}});
          }),
  };
}

const std::vector<LayerCase>& layer_cases() {
  static const std::vector<LayerCase> cases = [] {
    std::vector<LayerCase> all = spatial_cases();
    for (LayerCase& c : remaining_cases()) all.push_back(std::move(c));
    for (LayerCase& c : rare_cases()) all.push_back(std::move(c));
    return all;
  }();
  return cases;
}

}  // namespace descent::testing
