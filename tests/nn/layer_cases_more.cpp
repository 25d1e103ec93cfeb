#include "layer_cases.h"

namespace descent::testing {
namespace {

LayerCase bag_of_three(const std::string& name, nn::EmbeddingBag (*make)()) {
  LayerCase c = one(name, make);
  c.call = [](nn::Module& m, const Inputs& x) { return dynamic_cast<nn::EmbeddingBag&>(m)(x[0], x[1], x[2]); };
  return c;
}

}  // namespace

std::vector<LayerCase> remaining_cases() {
  using namespace nn;
  return {
      batches(
          "batch_norm1d", +[] { return BatchNorm1d(4); }),
      batches(
          "batch_norm1d_line", +[] { return BatchNorm1d(4, {.eps = 1e-3, .momentum = std::nullopt}); }),
      batches(
          "batch_norm2d", +[] { return BatchNorm2d(4, {.momentum = 0.25}); }),
      batches(
          "batch_norm2d_plain", +[] { return BatchNorm2d(4, {.affine = false}); }),
      one(
          "batch_norm2d_untracked", +[] { return BatchNorm2d(4, {.track_running_stats = false}); }),
      batches(
          "batch_norm3d", +[] { return BatchNorm3d(2); }),
      channels(
          "instance_norm1d", +[] { return InstanceNorm1d(4); }),
      channels(
          "instance_norm1d_tracked",
          +[] { return InstanceNorm1d(4, {.momentum = 0.3, .affine = true, .track_running_stats = true}); }),
      channels(
          "instance_norm2d", +[] { return InstanceNorm2d(4, {.eps = 1e-2, .affine = true}); }),
      channels(
          "instance_norm2d_tracked", +[] { return InstanceNorm2d(4, {.track_running_stats = true}); }),
      channels(
          "instance_norm3d", +[] { return InstanceNorm3d(2); }),
      channels(
          "layer_norm", +[] { return LayerNorm({5}, {.eps = 1e-4}); }),
      channels(
          "layer_norm_two",
          +[] {
            return LayerNorm({4, 5});
          }),
      channels(
          "layer_norm_plain", +[] { return LayerNorm(5, {.elementwise_affine = false}); }),
      channels(
          "rms_norm", +[] { return RMSNorm(5); }),
      channels(
          "rms_norm_plain",
          +[] {
            return RMSNorm({4, 5}, {.eps = 1e-3, .elementwise_affine = false});
          }),
      batches(
          "group_norm", +[] { return GroupNorm(2, 4); }),
      batches(
          "group_norm_plain", +[] { return GroupNorm(4, 4, {.eps = 0.1, .affine = false}); }),
      batches(
          "local_response_norm", +[] { return LocalResponseNorm(3, {.alpha = 0.5, .k = 2}); }),
      channels(
          "embedding", +[] { return Embedding(5, 3, {.padding_idx = -1}); }),
      channels(
          "embedding_max_norm", +[] { return Embedding(4, 3, {.max_norm = 0.7, .norm_type = 1}); }),
      channels(
          "embedding_by_freq", +[] { return Embedding(4, 2, {.scale_grad_by_freq = true}); }),
      batches(
          "embedding_bag", +[] { return EmbeddingBag(5, 3); }),
      two(
          "embedding_bag_max", +[] { return EmbeddingBag(5, 3, {.mode = "max"}); }),
      bag_of_three(
          "embedding_bag_sum",
          +[] { return EmbeddingBag(5, 3, {.mode = "sum", .include_last_offset = true, .padding_idx = 4}); }),
      channels(
          "relu", +[] { return ReLU(); }),
      channels(
          "relu6", +[] { return ReLU6(); }),
      channels(
          "tanh", +[] { return Tanh(); }),
      channels(
          "sigmoid", +[] { return Sigmoid(); }),
      channels(
          "log_sigmoid", +[] { return LogSigmoid(); }),
      channels(
          "selu", +[] { return SELU(); }),
      channels(
          "silu", +[] { return SiLU(); }),
      channels(
          "mish", +[] { return Mish(); }),
      channels(
          "softsign", +[] { return Softsign(); }),
      channels(
          "tanhshrink", +[] { return Tanhshrink(); }),
      channels(
          "hardsigmoid", +[] { return Hardsigmoid(); }),
      channels(
          "hardswish", +[] { return Hardswish(); }),
      channels(
          "leaky_relu", +[] { return LeakyReLU(); }),
      channels(
          "leaky_relu_slope", +[] { return LeakyReLU({.negative_slope = 0.2}); }),
      channels(
          "prelu", +[] { return PReLU(); }),
      batches(
          "prelu_channels", +[] { return PReLU({.num_parameters = 3, .init = 0.1}); }),
      random(
          "rrelu", +[] { return RReLU(); }),
      channels(
          "elu", +[] { return ELU(); }),
      channels(
          "elu_alpha", +[] { return ELU({.alpha = 0.5}); }),
      channels(
          "celu", +[] { return CELU({.alpha = 2}); }),
      channels(
          "gelu", +[] { return GELU(); }),
      channels(
          "gelu_tanh", +[] { return GELU({.approximate = "tanh"}); }),
      channels(
          "softplus", +[] { return Softplus(); }),
      channels(
          "softplus_beta", +[] { return Softplus({.beta = 1.5, .threshold = 5}); }),
      channels(
          "hardtanh", +[] { return Hardtanh(); }),
      channels(
          "hardtanh_bounds", +[] { return Hardtanh({.min_val = -2, .max_val = 0.5}); }),
      channels(
          "hardshrink", +[] { return Hardshrink(); }),
      channels(
          "softshrink", +[] { return Softshrink({.lambd = 1}); }),
      channels(
          "threshold", +[] { return Threshold(0.5, 20); }),
      batches(
          "softmax", +[] { return Softmax(1); }),
      one(
          "log_softmax", +[] { return LogSoftmax(0); }),
      channels(
          "softmin", +[] { return Softmin(-1); }),
      channels(
          "softmax2d", +[] { return Softmax2d(); }),
      batches(
          "glu", +[] { return GLU(1); }),
      channels(
          "glu_last", +[] { return GLU(); }),
      random(
          "dropout", +[] { return Dropout(0.3); }),
      random(
          "dropout1d", +[] { return Dropout1d(0.3); }),
      random(
          "dropout2d", +[] { return Dropout2d(); }),
      random(
          "dropout3d", +[] { return Dropout3d(0.1); }),
      random(
          "alpha_dropout", +[] { return AlphaDropout(0.2); }),
      random(
          "feature_alpha_dropout", +[] { return FeatureAlphaDropout(0.2); }),
      two(
          "cosine_similarity", +[] { return CosineSimilarity({.dim = 0}); }),
      two(
          "pairwise_distance", +[] { return PairwiseDistance({.p = 1, .keepdim = true}); }),
      channels(
          "weight_norm", +[] { return utils::weight_norm(Linear(3, 2)); }),
      channels(
          "weight_norm_whole", +[] { return utils::weight_norm(Conv1d(4, 2, 2), {.dim = std::nullopt}); }),
      channels(
          "weight_norm_last", +[] { return utils::weight_norm(Linear(3, 2), {.dim = 1}); }),
      channels(
          "spectral_norm", +[] { return utils::spectral_norm(Linear(3, 2)); }),
      channels(
          "spectral_norm_conv",
          +[] { return utils::spectral_norm(Conv1d(4, 2, 2, {.bias = false}), {.n_power_iterations = 2}); }),
      channels(
          "spectral_norm_transposed", +[] { return utils::spectral_norm(ConvTranspose1d(4, 2, 2)); }),
  };
}

}  // namespace descent::testing
