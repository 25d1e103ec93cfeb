#include "fractional_pooling.h"

#include "repr-inl.h"

namespace descent::nn {

FractionalMaxPoolNd::FractionalMaxPoolNd(const char* layer, int dims, const Extent& kernel_size,
                                         const FractionalMaxPoolOptions& options)
    : dims_(dims), kernel_size_(kernel_size), options_(options) {
  kernel_size.at_least(1, dims, layer, "kernel_size");
  options.check(dims, layer);
  register_buffer("_random_samples", options.random_samples);
}

ValuesAndIndices FractionalMaxPoolNd::pooled(const Tensor& x) const {
  return (dims_ == 2 ? fractional_max_pool2d_with_indices : fractional_max_pool3d_with_indices)(x, kernel_size_,
                                                                                                options_);
}

Tensor FractionalMaxPoolNd::forward(const Tensor& x) { return pooled(x).values; }

ValuesAndIndices FractionalMaxPoolNd::forward_with_indices(const Tensor& x) {
  return with_hooks(
      x, [&](const Tensor& input) { return pooled(input); },
      [](ValuesAndIndices& result) -> Tensor& { return result.values; });
}

}  // namespace descent::nn
