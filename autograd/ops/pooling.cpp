// Pooling. The gradient of a maximum is a scatter by the saved positions, that of a mean the mean's adjoint: both are
// linear, so their own gradients gather and average again.
#include "pooling.h"

#include "../../kernels/pooling.h"
#include "../fail-inl.h"
#include "../ops.h"
#include "resample-inl.h"

namespace descent {
namespace autograd {
namespace {

/// The attributes of a pool: how windows lie along each of the last `dims` dims.
struct Windowing {
  int dims = 0;
  bool adaptive = false, include_pad = true;
  double divisor = 0;
  std::int64_t in[3] = {1, 1, 1}, out[3] = {1, 1, 1};
  std::int64_t kernel[3] = {1, 1, 1}, stride[3] = {1, 1, 1}, padding[3] = {0, 0, 0}, dilation[3] = {1, 1, 1};

  kernels::Pooling pooling(const Tensor& t) const {
    kernels::Pooling p;
    p.planes = 1;
    for (std::int64_t d = 0; d < t.dim() - dims; ++d) p.planes *= t.size(d);
    p.divisor = divisor;
    for (int i = 0; i < 3; ++i)
      p.along[i] = adaptive ? kernels::adaptive_windows(in[i], out[i])
                            : kernels::sliding_windows(in[i], out[i], kernel[i], stride[i], padding[i], dilation[i],
                                                       include_pad);
    return p;
  }
  Shape shape(const Tensor& t, const std::int64_t (&spatial)[3]) const {
    Shape result = t.shape();
    for (int i = 0; i < dims; ++i) result[result.size() - 1 - static_cast<std::size_t>(i)] = spatial[2 - i];
    return result;
  }
};

struct MaxPoolGrad {  // x'[index] += g;  of it: h[index]
  static constexpr const char* name = "max_pool_grad";
  static constexpr Uses uses = {input(1), 0};
  static constexpr std::uint32_t constant_inputs = input(1);
  Windowing windowing;
  Tensor forward(const Tensor& g, const Tensor& indices) const {
    const Tensor gc = g.contiguous(), ic = indices.contiguous();
    Tensor x = make_tensor(windowing.shape(g, windowing.in), g.dtype());
    if (x.numel() == 0) return x;
    kernels::max_pool_grad(g.dtype(), windowing.pooling(g), data_of<char>(gc), data_of<std::int64_t>(ic),
                           data_of<char>(x));
    return x;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& h) const {
    const Tensor indices = s.in(1);
    const std::int64_t first = -windowing.dims;
    return gather(h.flatten(first), -1, indices.flatten(first)).reshape(indices.shape());
  }
};

struct MaxPool {
  static constexpr const char* name = "max_pool";
  static constexpr Uses uses = {output(1)};
  Windowing windowing;
  ValuesAndIndices forward(const Tensor& x) const {
    const Tensor xc = x.contiguous();
    const Shape shape = windowing.shape(x, windowing.out);
    ValuesAndIndices result{make_tensor(shape, x.dtype()), make_tensor(shape, int64)};
    if (result.values.numel() == 0) return result;
    kernels::max_pool(x.dtype(), windowing.pooling(x), data_of<char>(xc), data_of<char>(result.values),
                      data_of<std::int64_t>(result.indices));
    return result;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return apply(MaxPoolGrad{windowing}, g, s.out(1)); }
};

template <bool kAdjoint>
struct AvgPool {  // y = A·x, A the mean of each window;  x' = Aᵀ·g
  static constexpr const char* name = kAdjoint ? "avg_pool_grad" : "avg_pool";
  Windowing windowing;
  Tensor forward(const Tensor& x) const {
    const Tensor xc = x.contiguous();
    Tensor out = make_tensor(windowing.shape(x, kAdjoint ? windowing.in : windowing.out), x.dtype());
    if (out.numel() == 0) return out;
    (kAdjoint ? kernels::avg_pool_grad : kernels::avg_pool)(x.dtype(), windowing.pooling(x), data_of<char>(xc),
                                                            data_of<char>(out));
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return apply(AvgPool<!kAdjoint>{windowing}, g); }
};

/// Checks the input and notes its sizes.
Windowing windowing_of(const char* op, int dims, const Tensor& x) {
  x.checked(op);
  if (!x.is_floating_point()) fail<DTypeError>(op, "takes floats, got {}; convert with .to(float32)", x.dtype());
  if (x.dim() != dims + 2 && x.dim() != dims + 1) {
    fail<ShapeError>(op, "takes an input of {} or, without a batch, {} dims, got {}", dims + 2, dims + 1, x.shape());
  }
  Windowing w;
  w.dims = dims;
  for (int i = 0; i < dims; ++i) {
    w.in[3 - dims + i] = x.size(i - dims);
    if (x.size(i - dims) == 0)
      fail<ShapeError>(op, "dim {} of the input must not be empty, got {}", i - dims, x.shape());
  }
  return w;
}

Windowing adaptive(const char* op, int dims, const Tensor& x, const PooledSize& output_size) {
  Windowing w = windowing_of(op, dims, x);
  const Shape sizes = output_size.resolve(dims, Shape(x.shape().end() - dims, static_cast<std::size_t>(dims)), op);
  w.adaptive = true;
  for (int i = 0; i < dims; ++i) w.out[3 - dims + i] = sizes[static_cast<std::size_t>(i)];
  return w;
}

/// The output sizes as PyTorch computes them: with ceil_mode rounded up, but a window must begin inside of the input
/// or its left padding.
Windowing sliding(const char* op, int dims, const Tensor& x, const Extent& kernel_size, const Extent& stride,
                  const Extent& padding, const Extent& dilation, bool ceil_mode) {
  Windowing w = windowing_of(op, dims, x);
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  const Shape kernels = kernel_size.at_least(1, dims, op, "kernel_size"),
              strides = stride.given() ? stride.at_least(1, dims, op, "stride") : kernels,
              paddings = padding.at_least(0, dims, op, "padding"),
              dilations = dilation.at_least(1, dims, op, "dilation");
  for (int i = 0; i < dims; ++i) {
    const auto from = static_cast<std::size_t>(i);
    const int at = 3 - dims + i;
    for (const std::int64_t value : {kernels[from], strides[from], dilations[from]}) {
      if (value > kMost) throw std::invalid_argument(fmt::format("{}: {} is too large a window", op, value));
    }
    if (paddings[from] > kernels[from] / 2) {
      throw std::invalid_argument(
          fmt::format("{}: padding must be at most half of kernel_size, got padding = {}, "
                      "kernel_size = {}",
                      op, paddings, kernels));
    }
    w.kernel[at] = kernels[from];
    w.stride[at] = strides[from];
    w.padding[at] = paddings[from];
    w.dilation[at] = dilations[from];
    const std::int64_t free =
        w.in[at] + 2 * w.padding[at] - w.dilation[at] * (w.kernel[at] - 1) - 1 + (ceil_mode ? w.stride[at] - 1 : 0);
    std::int64_t out = free < 0 ? 0 : free / w.stride[at] + 1;
    if (ceil_mode && (out - 1) * w.stride[at] >= w.in[at] + w.padding[at]) --out;
    if (out < 1) {
      fail<ShapeError>(op,
                       "the output would be empty in dim {}, got the input {} with kernel_size = {}, padding = {}, "
                       "dilation = {}",
                       i - dims, x.shape(), kernels, paddings, dilations);
    }
    w.out[at] = out;
  }
  return w;
}

ValuesAndIndices max_pool(const char* op, int dims, const Tensor& x, const Extent& kernel_size,
                          const MaxPoolOptions& o) {
  return apply(MaxPool{sliding(op, dims, x, kernel_size, o.stride, o.padding, o.dilation, o.ceil_mode)}, x);
}

Tensor avg_pool(const char* op, int dims, const Tensor& x, const Extent& kernel_size, const AvgPoolOptions& o) {
  Windowing w = sliding(op, dims, x, kernel_size, o.stride, o.padding, 1, o.ceil_mode);
  w.include_pad = o.count_include_pad;
  if (o.divisor_override) {
    if (*o.divisor_override == 0) throw std::invalid_argument(fmt::format("{}: divisor_override must not be 0", op));
    w.divisor = static_cast<double>(*o.divisor_override);
  }
  return apply(AvgPool<false>{w}, x);
}

Tensor lp_pool(const char* op, int dims, const Tensor& x, double p, const Extent& kernel_size, const LpPoolOptions& o) {
  Windowing w = sliding(op, dims, x, kernel_size, o.stride, 0, 1, o.ceil_mode);
  if (!(p > 0)) throw std::invalid_argument(fmt::format("{}: norm_type must be positive, got {}", op, p));
  // As in PyTorch: the mean of the window that lies inside, times the size of a whole one.
  double size = 1;
  for (const std::int64_t k : w.kernel) size *= static_cast<double>(k);
  const Tensor mean = apply(AvgPool<false>{w}, pow(x, p));
  return pow(sign(mean) * relu(abs(mean)) * size, 1 / p);  // relu stops the infinite slope of the root at 0
}

}  // namespace

OpList pooling_ops() {
  OpList all = list_of<MaxPoolGrad, MaxPool, AvgPool<true>, AvgPool<false>>();
  for (const OpInfo* op : resample_ops()) all.push_back(op);
  return all;
}

}  // namespace autograd

using namespace autograd;

ValuesAndIndices max_pool1d_with_indices(const Tensor& x, const Extent& kernel_size, const MaxPoolOptions& options) {
  return max_pool("max_pool1d", 1, x, kernel_size, options);
}
ValuesAndIndices max_pool2d_with_indices(const Tensor& x, const Extent& kernel_size, const MaxPoolOptions& options) {
  return max_pool("max_pool2d", 2, x, kernel_size, options);
}
ValuesAndIndices max_pool3d_with_indices(const Tensor& x, const Extent& kernel_size, const MaxPoolOptions& options) {
  return max_pool("max_pool3d", 3, x, kernel_size, options);
}
Tensor max_pool1d(const Tensor& x, const Extent& kernel_size, const MaxPoolOptions& options) {
  return max_pool("max_pool1d", 1, x, kernel_size, options).values;
}
Tensor max_pool2d(const Tensor& x, const Extent& kernel_size, const MaxPoolOptions& options) {
  return max_pool("max_pool2d", 2, x, kernel_size, options).values;
}
Tensor max_pool3d(const Tensor& x, const Extent& kernel_size, const MaxPoolOptions& options) {
  return max_pool("max_pool3d", 3, x, kernel_size, options).values;
}

Tensor avg_pool1d(const Tensor& x, const Extent& kernel_size, const AvgPoolOptions& options) {
  return avg_pool("avg_pool1d", 1, x, kernel_size, options);
}
Tensor avg_pool2d(const Tensor& x, const Extent& kernel_size, const AvgPoolOptions& options) {
  return avg_pool("avg_pool2d", 2, x, kernel_size, options);
}
Tensor avg_pool3d(const Tensor& x, const Extent& kernel_size, const AvgPoolOptions& options) {
  return avg_pool("avg_pool3d", 3, x, kernel_size, options);
}

Tensor lp_pool1d(const Tensor& x, double norm_type, const Extent& kernel_size, const LpPoolOptions& options) {
  return lp_pool("lp_pool1d", 1, x, norm_type, kernel_size, options);
}
Tensor lp_pool2d(const Tensor& x, double norm_type, const Extent& kernel_size, const LpPoolOptions& options) {
  return lp_pool("lp_pool2d", 2, x, norm_type, kernel_size, options);
}

Tensor adaptive_avg_pool1d(const Tensor& x, const PooledSize& output_size) {
  return apply(AvgPool<false>{adaptive("adaptive_avg_pool1d", 1, x, output_size)}, x);
}
Tensor adaptive_avg_pool2d(const Tensor& x, const PooledSize& output_size) {
  return apply(AvgPool<false>{adaptive("adaptive_avg_pool2d", 2, x, output_size)}, x);
}
Tensor adaptive_avg_pool3d(const Tensor& x, const PooledSize& output_size) {
  return apply(AvgPool<false>{adaptive("adaptive_avg_pool3d", 3, x, output_size)}, x);
}
ValuesAndIndices adaptive_max_pool1d_with_indices(const Tensor& x, const PooledSize& output_size) {
  return apply(MaxPool{adaptive("adaptive_max_pool1d", 1, x, output_size)}, x);
}
ValuesAndIndices adaptive_max_pool2d_with_indices(const Tensor& x, const PooledSize& output_size) {
  return apply(MaxPool{adaptive("adaptive_max_pool2d", 2, x, output_size)}, x);
}
ValuesAndIndices adaptive_max_pool3d_with_indices(const Tensor& x, const PooledSize& output_size) {
  return apply(MaxPool{adaptive("adaptive_max_pool3d", 3, x, output_size)}, x);
}
Tensor adaptive_max_pool1d(const Tensor& x, const PooledSize& output_size) {
  return adaptive_max_pool1d_with_indices(x, output_size).values;
}
Tensor adaptive_max_pool2d(const Tensor& x, const PooledSize& output_size) {
  return adaptive_max_pool2d_with_indices(x, output_size).values;
}
Tensor adaptive_max_pool3d(const Tensor& x, const PooledSize& output_size) {
  return adaptive_max_pool3d_with_indices(x, output_size).values;
}

}  // namespace descent
