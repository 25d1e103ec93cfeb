#include "pooling.h"

#include "adaptive_pooling.h"
#include "repr-inl.h"

namespace descent::nn {

namespace {

void check_windows(const char* layer, int dims, const Extent& kernel_size, const Extent& stride, const Extent& padding,
                   bool overlap = true) {
  const Shape kernels = kernel_size.at_least(1, dims, layer, "kernel_size");
  if (stride.given()) stride.at_least(1, dims, layer, "stride");
  const Shape paddings = padding.at_least(0, dims, layer, "padding");
  for (std::size_t i = 0; overlap && i < kernels.size(); ++i) {
    if (paddings[i] > kernels[i] / 2) {
      throw std::invalid_argument(
          fmt::format("{}: padding must be at most half of kernel_size, got padding = {}, kernel_size = {}", layer,
                      python(padding), python(kernel_size)));
    }
  }
}

/// What hooks see of a result with indices.
Tensor& values_of(ValuesAndIndices& result) { return result.values; }

const Extent& or_kernel(const Extent& stride, const Extent& kernel_size) {
  return stride.given() ? stride : kernel_size;
}

}  // namespace

MaxPoolNd::MaxPoolNd(const char* layer, int dims, const Extent& kernel_size, const MaxPoolOptions& options)
    : dims_(dims), kernel_size_(kernel_size), options_(options) {
  check_windows(layer, dims, kernel_size, options.stride, options.padding);
  options.dilation.at_least(1, dims, layer, "dilation");
}

Tensor MaxPoolNd::forward(const Tensor& x) {
  return for_dims(dims_, max_pool1d, max_pool2d, max_pool3d, x, kernel_size_, options_);
}

ValuesAndIndices MaxPoolNd::forward_with_indices(const Tensor& x) {
  return with_hooks(
      x,
      [&](const Tensor& input) {
        return for_dims(dims_, max_pool1d_with_indices, max_pool2d_with_indices, max_pool3d_with_indices, input,
                        kernel_size_, options_);
      },
      values_of);
}

std::string MaxPoolNd::extra_repr() const {
  return fmt::format("kernel_size={}, stride={}, padding={}, dilation={}, ceil_mode={}", python(kernel_size_),
                     python(or_kernel(options_.stride, kernel_size_)), python(options_.padding),
                     python(options_.dilation), python(options_.ceil_mode));
}

MaxUnpoolNd::MaxUnpoolNd(const char* layer, int dims, const Extent& kernel_size, const MaxUnpool1dOptions& options)
    : dims_(dims), kernel_size_(kernel_size), options_(options) {
  check_windows(layer, dims, kernel_size, options.stride, options.padding, false);
}

Tensor MaxUnpoolNd::forward(const Tensor& x, const Tensor& indices, const Extent& output_size) {
  const MaxUnpoolOptions options{.stride = options_.stride, .padding = options_.padding, .output_size = output_size};
  return with_hooks(x, [&](const Tensor& input) {
    return for_dims(dims_, max_unpool1d, max_unpool2d, max_unpool3d, input, indices, kernel_size_, options);
  });
}

std::string MaxUnpoolNd::extra_repr() const {
  const auto tuple = [&](const Extent& extent) { return python(extent.expand(dims_, "MaxUnpool", "")); };
  return fmt::format("kernel_size={}, stride={}, padding={}", tuple(kernel_size_),
                     tuple(or_kernel(options_.stride, kernel_size_)), tuple(options_.padding));
}

AvgPoolNd::AvgPoolNd(const char* layer, int dims, const Extent& kernel_size, const AvgPoolOptions& options)
    : dims_(dims), kernel_size_(kernel_size), options_(options) {
  check_windows(layer, dims, kernel_size, options.stride, options.padding);
  if (options.divisor_override == 0) {
    throw std::invalid_argument(fmt::format("{}: divisor_override must not be 0", layer));
  }
}

Tensor AvgPoolNd::forward(const Tensor& x) {
  return for_dims(dims_, avg_pool1d, avg_pool2d, avg_pool3d, x, kernel_size_, options_);
}

std::string AvgPoolNd::extra_repr() const {
  // PyTorch makes tuples of AvgPool1d's numbers and leaves the others as they are.
  const auto text = [&](const Extent& extent) { return dims_ == 1 ? python(extent.values()) : python(extent); };
  return fmt::format("kernel_size={}, stride={}, padding={}", text(kernel_size_),
                     text(or_kernel(options_.stride, kernel_size_)), text(options_.padding));
}

LPPoolNd::LPPoolNd(const char* layer, int dims, double norm_type, const Extent& kernel_size,
                   const LpPoolOptions& options)
    : dims_(dims), norm_type_(norm_type), kernel_size_(kernel_size), options_(options) {
  check_windows(layer, dims, kernel_size, options.stride, 0);
  if (!(norm_type > 0)) {
    throw std::invalid_argument(fmt::format("{}: norm_type must be positive, got {}", layer, norm_type));
  }
}

Tensor LPPoolNd::forward(const Tensor& x) {
  return (dims_ == 1 ? lp_pool1d : lp_pool2d)(x, norm_type_, kernel_size_, options_);
}

std::string LPPoolNd::extra_repr() const {
  return fmt::format("norm_type={}, kernel_size={}, stride={}, ceil_mode={}", norm_type_, python(kernel_size_),
                     options_.stride.given() ? python(options_.stride) : "None", python(options_.ceil_mode));
}

AdaptiveAvgPoolNd::AdaptiveAvgPoolNd(const char* layer, int dims, const PooledSize& output_size)
    : dims_(dims), output_size_(output_size) {
  output_size.check(dims, layer);
}

Tensor AdaptiveAvgPoolNd::forward(const Tensor& x) {
  return for_dims(dims_, adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d, x, output_size_);
}

std::string AdaptiveAvgPoolNd::extra_repr() const { return "output_size=" + output_size_.str(); }

AdaptiveMaxPoolNd::AdaptiveMaxPoolNd(const char* layer, int dims, const PooledSize& output_size)
    : dims_(dims), output_size_(output_size) {
  output_size.check(dims, layer);
}

Tensor AdaptiveMaxPoolNd::forward(const Tensor& x) {
  return for_dims(dims_, adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d, x, output_size_);
}

ValuesAndIndices AdaptiveMaxPoolNd::forward_with_indices(const Tensor& x) {
  return with_hooks(
      x,
      [&](const Tensor& input) {
        return for_dims(dims_, adaptive_max_pool1d_with_indices, adaptive_max_pool2d_with_indices,
                        adaptive_max_pool3d_with_indices, input, output_size_);
      },
      values_of);
}

std::string AdaptiveMaxPoolNd::extra_repr() const { return "output_size=" + output_size_.str(); }

}  // namespace descent::nn
