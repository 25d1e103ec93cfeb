#include "normalization.h"

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "init.h"
#include "repr-inl.h"

namespace descent::nn {

namespace {

void check_normalized(const char* layer, const Shape& shape) {
  bool ok = !shape.empty();
  for (const std::int64_t n : shape) ok = ok && n >= 1;
  if (!ok) {
    throw std::invalid_argument(
        fmt::format("{}: normalized_shape must name at least one size and sizes of at least 1, got {}", layer, shape));
  }
}

}  // namespace

LayerNorm::LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options)
    : normalized_shape_(normalized_shape), eps_(options.eps) {
  check_normalized("LayerNorm", normalized_shape);
  check_eps(options.eps, "LayerNorm");
  check_floating(options.dtype, "LayerNorm");
  const bool affine = options.elementwise_affine;
  weight = register_parameter("weight", affine ? ones(normalized_shape, {.dtype = options.dtype}) : Tensor());
  bias =
      register_parameter("bias", affine && options.bias ? zeros(normalized_shape, {.dtype = options.dtype}) : Tensor());
}

void LayerNorm::reset_parameters() {
  if (weight.defined()) init::ones_(weight);
  if (bias.defined()) init::zeros_(bias);
}

Tensor LayerNorm::forward(const Tensor& x) { return layer_norm(x, normalized_shape_, weight, bias, {.eps = eps_}); }

std::string LayerNorm::extra_repr() const {
  return fmt::format("{}, eps={}, elementwise_affine={}", python(normalized_shape_), python(eps_),
                     python(weight.defined()));
}

RMSNorm::RMSNorm(const Shape& normalized_shape, const RMSNormOptions& options)
    : normalized_shape_(normalized_shape), eps_(options.eps) {
  check_normalized("RMSNorm", normalized_shape);
  if (eps_) check_eps(*eps_, "RMSNorm");
  check_floating(options.dtype, "RMSNorm");
  weight = register_parameter("weight",
                              options.elementwise_affine ? ones(normalized_shape, {.dtype = options.dtype}) : Tensor());
}

void RMSNorm::reset_parameters() {
  if (weight.defined()) init::ones_(weight);
}

Tensor RMSNorm::forward(const Tensor& x) { return rms_norm(x, normalized_shape_, weight, {.eps = eps_}); }

std::string RMSNorm::extra_repr() const {
  return fmt::format("{}, eps={}, elementwise_affine={}", python(normalized_shape_), python(eps_),
                     python(weight.defined()));
}

GroupNorm::GroupNorm(std::int64_t num_groups, std::int64_t num_channels, const GroupNormOptions& options)
    : num_groups_(num_groups), num_channels_(num_channels), eps_(options.eps) {
  check_at_least(1, num_groups, "GroupNorm", "num_groups");
  check_at_least(1, num_channels, "GroupNorm", "num_channels");
  if (num_channels % num_groups != 0) {
    throw std::invalid_argument(
        fmt::format("GroupNorm: num_groups must divide num_channels, got {} and {}", num_groups, num_channels));
  }
  check_eps(options.eps, "GroupNorm");
  check_floating(options.dtype, "GroupNorm");
  weight = register_parameter("weight", options.affine ? ones({num_channels}, {.dtype = options.dtype}) : Tensor());
  bias = register_parameter("bias", options.affine ? zeros({num_channels}, {.dtype = options.dtype}) : Tensor());
}

void GroupNorm::reset_parameters() {
  if (!weight.defined()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

Tensor GroupNorm::forward(const Tensor& x) { return group_norm(x, num_groups_, weight, bias, {.eps = eps_}); }

std::string GroupNorm::extra_repr() const {
  return fmt::format("{}, {}, eps={}, affine={}", num_groups_, num_channels_, python(eps_), python(weight.defined()));
}

LocalResponseNorm::LocalResponseNorm(std::int64_t size, const LocalResponseNormOptions& options)
    : size_(size), options_(options) {
  check_at_least(1, size, "LocalResponseNorm", "size");
}

Tensor LocalResponseNorm::forward(const Tensor& x) { return local_response_norm(x, size_, options_); }

std::string LocalResponseNorm::extra_repr() const {
  return fmt::format("{}, alpha={}, beta={}, k={}", size_, python(options_.alpha), python(options_.beta),
                     python(options_.k));
}

}  // namespace descent::nn
