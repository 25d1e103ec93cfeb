// Fractional pooling: the places of the maxima are found off the tape, the elements gathered on it.
#include "fractional_pooling.h"

#include <cmath>

#include "../../kernels/parallel.h"
#include "../../kernels/pooling.h"
#include "../fail-inl.h"
#include "../grad_mode.h"
#include "../ops.h"
#include "../tensor_impl.h"

namespace descent {
namespace autograd {
namespace {

/// The sizes that are given, or ⌊L·ratio⌋.
Shape output_sizes(const char* op, const Shape& in, const FractionalMaxPoolOptions& options) {
  options.check(in.dim(), op);
  if (options.output_size.given()) return options.output_size.expand(in.dim(), op, "output_size");
  const std::vector<double>& ratios = options.output_ratio.values();
  Shape out = in;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double ratio = ratios[ratios.size() == 1 ? 0 : i];
    out[i] = static_cast<std::int64_t>(static_cast<double>(in[i]) * ratio);
    if (out[i] < 1) fail<ShapeError>(op, "output_ratio {} leaves nothing of the size {}", ratio, in[i]);
  }
  return out;
}

/// window i begins at ⌊(i + u)·α⌋ − ⌊u·α⌋, the last one at L − kernel
template <class T>
void place_windows(kernels::Windows& along, T u, std::int64_t out, std::int64_t kernel) {
  const T alpha = out > 1 ? static_cast<T>(along.in - kernel) / static_cast<T>(out - 1) : T(0);
  along.windows.clear();
  for (std::int64_t i = 0; i < out; ++i) {
    const auto start =
        static_cast<std::int64_t>((static_cast<T>(i) + u) * alpha) - static_cast<std::int64_t>(u * alpha);
    const std::int64_t begin = i + 1 < out ? start : along.in - kernel;
    along.windows.push_back({begin, begin + kernel, kernel});
  }
}

/// The samples as a contiguous tensor. Throws where they do not fit.
Tensor samples_for(const char* op, const Tensor& x, int dims, const Tensor& given) {
  const Shape shape{x.dim() == dims + 2 ? x.size(0) : 1, x.size(-dims - 1), dims};
  if (!given.defined()) return rand(shape, {.dtype = x.dtype()});
  if (given.shape() != shape) fail<ShapeError>(op, "random_samples must be {}, got {}", shape, given.shape());
  if (given.dtype() != x.dtype()) {
    fail<DTypeError>(op, "random_samples must have the input's type {}, got {}", x.dtype(), given.dtype());
  }
  if (given.numel() > 0 && !all((given >= 0).logical_and(given < 1)).item<bool>()) {
    throw std::invalid_argument(fmt::format("{}: random_samples must lie in [0, 1)", op));
  }
  return given.detach().contiguous();
}

ValuesAndIndices fractional_max_pool(const char* op, int dims, const Tensor& x, const Extent& kernel_size,
                                     const FractionalMaxPoolOptions& options) {
  x.checked(op);
  if (!x.is_floating_point()) fail<DTypeError>(op, "takes floats, got {}; convert with .to(float32)", x.dtype());
  if (x.dim() != dims + 2 && x.dim() != dims + 1) {
    fail<ShapeError>(op, "takes an input of {} or, without a batch, {} dims, got {}", dims + 2, dims + 1, x.shape());
  }
  const Shape in(x.shape().end() - dims, static_cast<std::size_t>(dims)),
      kernel = kernel_size.at_least(1, dims, op, "kernel_size"), out = output_sizes(op, in, options);
  Shape shape = x.shape();
  for (int i = 0; i < dims; ++i) {
    const auto d = static_cast<std::size_t>(i);
    if (out[d] > in[d] || kernel[d] > in[d] - out[d] + 1) {
      fail<ShapeError>(op, "{} windows of {} do not fit into the size {} of dim {}, got {}", out[d], kernel[d], in[d],
                       i - dims, x.shape());
    }
    shape[shape.size() - static_cast<std::size_t>(dims - i)] = out[d];
  }

  Tensor places = make_tensor(shape, int64);
  {
    const NoGradGuard no_grad;
    const Tensor samples = samples_for(op, x, dims, options.random_samples), dense = x.contiguous();
    const Tensor found = make_tensor(shape, x.dtype());
    kernels::dispatch_float(x.dtype(), [&]<class T>() {
      const T* const u = data_of<T>(samples);
      const std::int64_t planes = samples.numel() / dims, in_plane = in.numel(), out_plane = out.numel();
      kernels::parallel_for(planes, 1 + kernels::kGrain / (1 + in_plane), [&](std::int64_t begin, std::int64_t end) {
        kernels::Pooling pool;
        pool.planes = 1;
        for (auto& along : pool.along) along.windows = {{0, 1, 1}};
        for (std::int64_t n = begin; n < end; ++n) {
          for (int i = 0; i < dims; ++i) {
            const auto d = static_cast<std::size_t>(i);
            kernels::Windows& along = pool.along[3 - dims + i];
            along.in = in[d];
            place_windows(along, u[n * dims + (dims == 2 ? 1 - i : i)], out[d], kernel[d]);
          }
          kernels::max_pool(x.dtype(), pool, data_of<T>(dense) + n * in_plane, data_of<T>(found) + n * out_plane,
                            data_of<std::int64_t>(places) + n * out_plane);
        }
      });
    });
  }
  return {gather(x.flatten(-dims), -1, places.flatten(-dims)).reshape(shape), places};
}

}  // namespace
}  // namespace autograd

using namespace autograd;

void FractionalMaxPoolOptions::check(int dims, const char* op) const {
  if (output_size.given() == output_ratio.given()) {
    throw std::invalid_argument(fmt::format("{}: either output_size or output_ratio must be given, got {}", op,
                                            output_size.given() ? "both" : "neither"));
  }
  if (output_size.given()) output_size.at_least(1, dims, op, "output_size");
  const std::vector<double>& ratios = output_ratio.values();
  if (ratios.size() > 1 && ratios.size() != static_cast<std::size_t>(dims)) {
    fail<ShapeError>(op, "output_ratio takes one number or one for each of the {} spatial dims, got {}", dims,
                     ratios.size());
  }
  for (const double ratio : ratios) {
    if (ratio > 0 && ratio < 1) continue;
    throw std::invalid_argument(fmt::format("{}: output_ratio must be between 0 and 1, got {}", op, ratio));
  }
}

ValuesAndIndices fractional_max_pool2d_with_indices(const Tensor& x, const Extent& kernel_size,
                                                    const FractionalMaxPoolOptions& options) {
  return fractional_max_pool("fractional_max_pool2d", 2, x, kernel_size, options);
}
ValuesAndIndices fractional_max_pool3d_with_indices(const Tensor& x, const Extent& kernel_size,
                                                    const FractionalMaxPoolOptions& options) {
  return fractional_max_pool("fractional_max_pool3d", 3, x, kernel_size, options);
}
Tensor fractional_max_pool2d(const Tensor& x, const Extent& kernel_size, const FractionalMaxPoolOptions& options) {
  return fractional_max_pool2d_with_indices(x, kernel_size, options).values;
}
Tensor fractional_max_pool3d(const Tensor& x, const Extent& kernel_size, const FractionalMaxPoolOptions& options) {
  return fractional_max_pool3d_with_indices(x, kernel_size, options).values;
}

}  // namespace descent
