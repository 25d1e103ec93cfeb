#include <limits>

#include "autograd/ops/create.h"
#include "layer_cases.h"

namespace descent::testing {

std::vector<LayerCase> rare_cases() {
  using namespace nn;
  return {
      channels(
          "conv1d_same_reflect",
          +[] { return Conv1d(4, 4, 2, {.padding = "same", .dilation = 3, .groups = 2, .padding_mode = "reflect"}); }),
      channels(
          "conv1d_circular_stride",
          +[] { return Conv1d(4, 2, 3, {.stride = 2, .padding = 2, .dilation = 2, .padding_mode = "circular"}); }),
      channels(
          "conv3d_same",
          +[] {
            return Conv3d(2, 4, {2, 1, 3}, {.padding = "same", .groups = 2});
          }),
      channels(
          "conv3d_reflect",
          +[] {
            return Conv3d(2, 2, 2, {.stride = {1, 2, 1}, .padding = 1, .padding_mode = "reflect"});
          }),
      channels(
          "conv3d_circular",
          +[] {
            return Conv3d(2, 1, {1, 2, 2}, {.padding = {0, 1, 2}, .dilation = {1, 1, 2}, .padding_mode = "circular"});
          }),
      channels(
          "conv_transpose1d_dilated",
          +[] { return ConvTranspose1d(4, 4, 2, {.output_padding = 1, .groups = 4, .dilation = 2}); }),
      channels(
          "conv_transpose3d_groups",
          +[] {
            return ConvTranspose3d(
                2, 4, {1, 2, 2},
                {.stride = 2, .padding = {0, 1, 0}, .output_padding = {1, 0, 1}, .groups = 2, .dilation = {1, 2, 1}});
          }),
      channels(
          "max_pool1d_ceil",
          +[] { return MaxPool1d(3, {.stride = 2, .padding = 1, .dilation = 2, .ceil_mode = true}); }),
      channels(
          "max_pool3d_ceil",
          +[] {
            return MaxPool3d(2, {.stride = {1, 2, 2}, .padding = {1, 0, 1}, .dilation = {1, 2, 1}, .ceil_mode = true});
          }),
      channels(
          "avg_pool1d_ceil",
          +[] { return AvgPool1d(3, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false}); }),
      channels(
          "avg_pool1d_padded", +[] { return AvgPool1d(3, {.stride = 2, .padding = 1, .ceil_mode = true}); }),
      channels(
          "avg_pool2d_ceil", +[] { return AvgPool2d(3, {.stride = 2, .padding = 1, .ceil_mode = true}); }),
      channels(
          "avg_pool3d_ceil",
          +[] { return AvgPool3d(2, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false}); }),
      channels(
          "avg_pool3d_divisor",
          +[] {
            return AvgPool3d({1, 2, 2}, {.stride = 1, .padding = {0, 1, 0}, .divisor_override = 5});
          }),
      channels(
          "lp_pool1d_cubes", +[] { return LPPool1d(3, 2, {.stride = 1}); }),
      channels(
          "lp_pool1d_sum", +[] { return LPPool1d(1, 3, {.ceil_mode = true}); }),
      channels(
          "adaptive_avg_pool2d_larger",
          +[] {
            return AdaptiveAvgPool2d({5, 4});
          }),
      channels(
          "adaptive_max_pool1d_larger", +[] { return AdaptiveMaxPool1d(7); }),
      two(
          "max_unpool1d", +[] { return MaxUnpool1d(3, {.stride = 2, .padding = 1}); }),
      two(
          "max_unpool3d",
          +[] {
            return MaxUnpool3d({1, 2, 2});
          }),
      batches(
          "upsample_exact",
          +[] {
            return Upsample({.size = {5, 3}, .mode = "nearest-exact"});
          }),
      batches(
          "upsample_trilinear",
          +[] {
            return Upsample({.scale_factor = {1, 2, 1.5}, .mode = "trilinear"});
          }),
      batches(
          "upsample_area",
          +[] {
            return Upsample({.size = {2, 3}, .mode = "area"});
          }),
      channels(
          "unfold_dilated",
          +[] {
            return Unfold(2, {.dilation = {2, 1}, .padding = 1, .stride = {1, 2}});
          }),
      channels(
          "fold_dilated",
          +[] {
            return Fold({4, 4}, 2, {.dilation = 2, .padding = 1, .stride = 2});
          }),
      batches(
          "batch_norm1d_all", +[] { return BatchNorm1d(4, {.momentum = std::nullopt, .affine = false}); }),
      batches(
          "batch_norm1d_frozen", +[] { return BatchNorm1d(4, {.momentum = 0.0}); }),
      batches(
          "batch_norm1d_newest", +[] { return BatchNorm1d(4, {.eps = 0, .momentum = 1.0}); }),
      one(
          "batch_norm3d_untracked", +[] { return BatchNorm3d(2, {.affine = false, .track_running_stats = false}); }),
      channels(
          "instance_norm3d_tracked", +[] { return InstanceNorm3d(2, {.affine = true, .track_running_stats = true}); }),
      one(
          "layer_norm_batchless", +[] { return LayerNorm({3}); }),
      one(
          "rms_norm_batchless", +[] { return RMSNorm({3}); }),
      batches(
          "group_norm_flat", +[] { return GroupNorm(2, 6); }),
      batches(
          "group_norm_whole", +[] { return GroupNorm(1, 2); }),
      batches(
          "local_response_norm_even", +[] { return LocalResponseNorm(2, {.alpha = 1, .beta = 0.5}); }),
      channels(
          "embedding_max_norm_inf",
          +[] {
            return Embedding(4, 3,
                             {.padding_idx = 0, .max_norm = 0.3, .norm_type = std::numeric_limits<double>::infinity()});
          }),
      batches(
          "embedding_bag_rows", +[] { return EmbeddingBag(5, 3, {.mode = "max", .padding_idx = 1}); }),
      two(
          "embedding_bag_empty", +[] { return EmbeddingBag(5, 3, {.padding_idx = 0}); }),
      two(
          "embedding_bag_by_freq", +[] { return EmbeddingBag(5, 2, {.scale_grad_by_freq = true, .mode = "sum"}); }),
      batches(
          "embedding_bag_max_norm",
          +[] { return EmbeddingBag(4, 3, {.max_norm = 0.5, .norm_type = 1, .mode = "sum"}); }),
      channels(
          "softplus_negative", +[] { return Softplus({.beta = -2, .threshold = 3}); }),
      channels(
          "hardshrink_zero", +[] { return Hardshrink({.lambd = 0}); }),
      two(
          "cosine_similarity_last", +[] { return CosineSimilarity({.dim = -1, .eps = 1e-3}); }),
      two(
          "pairwise_distance_max",
          +[] { return PairwiseDistance({.p = std::numeric_limits<double>::infinity(), .eps = 0}); }),
      channels(
          "weight_norm_embedding", +[] { return utils::weight_norm(Embedding(4, 3)); }),
      channels(
          "spectral_norm_dim", +[] { return utils::spectral_norm(Conv2d(4, 2, 2), {.dim = 1}); }),
      channels(
          "adaptive_avg_pool2d_kept",
          +[] {
            return AdaptiveAvgPool2d({std::nullopt, 2});
          }),
      channels(
          "adaptive_max_pool3d_kept",
          +[] {
            return AdaptiveMaxPool3d({1, std::nullopt, 2});
          }),
      one(
          "fractional_max_pool2d",
          +[] {
            const Tensor samples = zeros({2, 2, 2});  // the table's come in their place
            return FractionalMaxPool2d({2, 3}, {.output_size = {4, 3}, .random_samples = samples});
          }),
      one(
          "fractional_max_pool3d",
          +[] {
            const Tensor samples = zeros({1, 2, 3});
            return FractionalMaxPool3d(2, {.output_ratio = {0.6, 0.6, 0.5}, .random_samples = samples});
          }),
  };
}

}  // namespace descent::testing
