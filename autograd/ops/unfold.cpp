// Sliding windows: along one dim as a view, of images as columns; and shuffles of channels.
#include "../../kernels/im2col.h"

#include "../op_list.h"
#include "elementwise-inl.h"
#include "pad.h"

namespace descent {
namespace autograd {
namespace {

struct Windows {  // out[.., w, .., k] = a[.., w·step + k, ..]
  static constexpr const char* name = "windows";
  int dim;
  std::int64_t size, step;
  Tensor forward(const Tensor& a) const {
    Shape shape = a.shape(), strides = a.strides();
    const auto d = static_cast<std::size_t>(dim);
    strides.push_back(a.strides()[d]);
    shape[d] = (shape[d] - size) / step + 1;
    strides[d] *= shape[d] > 1 ? step : 1;
    shape.push_back(size);
    return make_view(a, shape, strides);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const;
};

/// In place on views of the result that do not overlap in themselves.
struct WindowsGrad {  // out[.., w·step + k, ..] += g[.., w, .., k], in order of k
  static constexpr const char* name = "windows_grad";
  Shape shape;
  int dim;
  std::int64_t size, step;
  Tensor forward(const Tensor& g) const {
    Tensor out = zeros(shape, {.dtype = g.dtype()});
    if (g.numel() == 0) return out;
    const auto d = static_cast<std::size_t>(dim);
    Shape slots = g.shape(), from = g.strides(), to = out.strides();
    slots.erase(slots.dim() - 1);
    from.erase(from.dim() - 1);
    to[d] *= slots[d] > 1 ? step : 1;
    for (std::int64_t k = 0; k < size; ++k) {
      const Tensor target = make_view(out, slots, to, k * out.strides()[d]);
      kernels::binary(kernels::Binary::Add, view_of(target), view_of(target),
                      view_of(make_view(g, slots, from, k * g.strides().back())));
    }
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& h) const { return apply(Windows{dim, size, step}, h); }
};

Tensor Windows::vjp(In<0>, const Saved& s, const Tensor& g) const {
  return apply(WindowsGrad{s.shape(0), dim, size, step}, g);
}

/// All channels of all images lie one after another and take the same way: c describes one of them.
struct Unfold {
  static constexpr const char* name = "unfold";
  kernels::Convolution c;
  Tensor forward(const Tensor& a) const {
    const Tensor in = a.contiguous();
    Shape shape = a.shape();
    const std::int64_t length = c.out_plane(), planes = a.numel() / c.in_plane();
    shape.erase(shape.dim() - 1);
    shape[shape.size() - 1] = length;
    shape[shape.size() - 2] *= c.taps();
    Tensor out = make_tensor(shape, a.dtype());
    if (planes == 0) return out;
    kernels::dispatch_float(
        a.dtype(), [&]<class T>() { kernels::im2col(c, planes, data_of<T>(in), 0, length, data_of<T>(out), length); });
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const;
};

struct Fold {
  static constexpr const char* name = "fold";
  kernels::Convolution c;
  Tensor forward(const Tensor& a) const {
    const Tensor in = a.contiguous();
    const std::int64_t length = c.out_plane(), planes = a.numel() / (length * c.taps());
    Shape shape = a.shape();
    shape[shape.size() - 2] /= c.taps();
    shape[shape.size() - 1] = c.in[1];
    shape.push_back(c.in[2]);
    Tensor out = zeros(shape, {.dtype = a.dtype()});
    if (planes == 0) return out;
    kernels::dispatch_float(
        a.dtype(), [&]<class T>() { kernels::col2im(c, planes, data_of<T>(in), 0, length, data_of<T>(out), length); });
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return apply(Unfold{c}, g); }
};

Tensor Unfold::vjp(In<0>, const Saved&, const Tensor& g) const { return apply(Fold{c}, g); }

kernels::Convolution windows_of(const char* op, std::int64_t height, std::int64_t width, const Extent& kernel_size,
                                const UnfoldOptions& options) {
  const Shape kernel = kernel_size.at_least(1, 2, op, "kernel_size");
  const Shape dilation = options.dilation.at_least(1, 2, op, "dilation");
  const Shape padding = options.padding.at_least(0, 2, op, "padding");
  const Shape stride = options.stride.at_least(1, 2, op, "stride");
  kernels::Convolution c;
  c.in[1] = height;
  c.in[2] = width;
  for (std::size_t i = 0; i < 2; ++i) {
    constexpr std::int64_t kMost = std::int64_t{1} << 31;
    if (kernel[i] > kMost || dilation[i] > kMost || padding[i] > kMost || stride[i] > kMost) {
      fail<ShapeError>(op, "kernel_size {}, dilation {}, padding {} or stride {} is too large", kernel, dilation,
                       padding, stride);
    }
    const std::int64_t room = c.in[i + 1] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1;
    if (room < 0) {
      fail<ShapeError>(op, "kernel_size {} with dilation {} does not fit into [{}, {}] with padding {}", kernel,
                       dilation, height, width, padding);
    }
    c.kernel[i + 1] = kernel[i];
    c.dilation[i + 1] = dilation[i];
    c.padding[i + 1] = padding[i];
    c.stride[i + 1] = stride[i];
    c.out[i + 1] = room / stride[i] + 1;
  }
  Shape({c.kernel[1], c.kernel[2], c.out[1], c.out[2]}).numel();  // throws on overflow
  return c;
}

void check_input(const char* op, const Tensor& a, int dims, const char* shapes) {
  a.checked(op);
  if (!a.is_floating_point()) fail<DTypeError>(op, "takes floating types, got {}", a.dtype());
  bool good = a.dim() == dims || a.dim() == dims + 1;
  for (int i = 0; i < dims && good; ++i) good = a.size(-1 - i) > 0;
  if (!good) fail<ShapeError>(op, "takes {} with elements, got shape {}", shapes, a.shape());
}

}  // namespace

OpList unfold_ops() { return list_of<Windows, WindowsGrad, Unfold, Fold>(); }

}  // namespace autograd

using namespace autograd;

Tensor unfold(const Tensor& a, std::int64_t dim, std::int64_t size, std::int64_t step) {
  a.checked("unfold");
  const int d = wrap_dim(dim, a.dim(), "unfold");
  if (size < 0 || step < 1) {
    throw std::invalid_argument(
        fmt::format("unfold: size must not be negative and step be at least 1, got {} and {}", size, step));
  }
  const std::int64_t n = a.dim() == 0 ? 1 : a.shape()[static_cast<std::size_t>(d)];
  if (size > n) fail<ShapeError>("unfold", "size {} is larger than dim {} of shape {}", size, d, a.shape());
  if (a.dim() == 0) return a.reshape({1}).slice(0, 0, size);
  return apply(Windows{d, size, step}, a);
}

Tensor unfold(const Tensor& input, const Extent& kernel_size, const UnfoldOptions& options) {
  check_input("unfold", input, 3, "[N, C, H, W] or [C, H, W]");
  const kernels::Convolution c = windows_of("unfold", input.size(-2), input.size(-1), kernel_size, options);
  return apply(Unfold{c}, input);
}

Tensor fold(const Tensor& input, const Extent& output_size, const Extent& kernel_size, const FoldOptions& options) {
  check_input("fold", input, 2, "[N, C·kH·kW, L] or [C·kH·kW, L]");
  const Shape size = output_size.at_least(1, 2, "fold", "output_size");
  size.numel();
  const kernels::Convolution c = windows_of("fold", size[0], size[1], kernel_size, options);
  if (input.size(-2) % c.taps() != 0) {
    fail<ShapeError>("fold", "dim {} of shape {} must be a multiple of the {} elements of a window", input.dim() - 2,
                     input.shape(), c.taps());
  }
  if (input.size(-1) != c.out_plane()) {
    fail<ShapeError>("fold", "output_size {} has {} x {} windows, got shape {}", size, c.out[1], c.out[2],
                     input.shape());
  }
  return apply(Fold{c}, input);
}

namespace {

/// Checks a tensor [.., C, H, W] and a factor; returns the product of the leading sizes.
std::int64_t leading(const char* op, const Tensor& a, std::int64_t factor) {
  a.checked(op);
  if (factor < 1) throw std::invalid_argument(fmt::format("{}: the factor must be at least 1, got {}", op, factor));
  if (a.dim() < 3) fail<ShapeError>(op, "takes [.., C, H, W], got shape {}", a.shape());
  if (factor > (std::int64_t{1} << 30)) fail<ShapeError>(op, "factor {} does not fit shape {}", factor, a.shape());
  std::int64_t n = 1;
  for (int i = 0; i < static_cast<int>(a.dim()) - 3; ++i) n *= a.size(i);
  return n;
}

/// `shape` with other last three sizes.
Shape with_last(Shape shape, std::int64_t c, std::int64_t h, std::int64_t w) {
  const std::size_t at = shape.size() - 3;
  shape[at] = c;
  shape[at + 1] = h;
  shape[at + 2] = w;
  return shape;
}

}  // namespace

Tensor pixel_shuffle(const Tensor& a, std::int64_t upscale_factor) {
  const std::int64_t r = upscale_factor, n = leading("pixel_shuffle", a, r);
  const std::int64_t c = a.size(-3) / (r * r), h = a.size(-2), w = a.size(-1);
  if (c * r * r != a.size(-3)) {
    fail<ShapeError>("pixel_shuffle", "the channels of shape {} must be a multiple of {}", a.shape(), r * r);
  }
  return a.reshape({n, c, r, r, h, w}).permute({0, 1, 4, 2, 5, 3}).reshape(with_last(a.shape(), c, h * r, w * r));
}

Tensor pixel_unshuffle(const Tensor& a, std::int64_t downscale_factor) {
  const std::int64_t r = downscale_factor, n = leading("pixel_unshuffle", a, r);
  const std::int64_t c = a.size(-3), h = a.size(-2) / r, w = a.size(-1) / r;
  if (h * r != a.size(-2) || w * r != a.size(-1)) {
    fail<ShapeError>("pixel_unshuffle", "height and width of shape {} must be multiples of {}", a.shape(), r);
  }
  return a.reshape({n, c, h, r, w, r}).permute({0, 1, 3, 5, 2, 4}).reshape(with_last(a.shape(), c * r * r, h, w));
}

Tensor channel_shuffle(const Tensor& a, std::int64_t groups) {
  constexpr const char* op = "channel_shuffle";
  a.checked(op);
  if (groups < 1) throw std::invalid_argument(fmt::format("{}: groups must be at least 1, got {}", op, groups));
  if (a.dim() < 3) fail<ShapeError>(op, "takes [N, C, ..] of at least 3 dims, got shape {}", a.shape());
  const std::int64_t channels = a.size(1);
  if (channels % groups != 0) {
    fail<ShapeError>(op, "the channels of shape {} must be a multiple of {} groups", a.shape(), groups);
  }
  std::int64_t rest = 1;
  for (int i = 2; i < static_cast<int>(a.dim()); ++i) rest *= a.size(i);
  return a.reshape({a.size(0), groups, channels / groups, rest}).transpose(1, 2).reshape(a.shape());
}

Tensor TensorMethods::unfold(std::int64_t dim, std::int64_t size, std::int64_t step) const {
  return descent::unfold(self(), dim, size, step);
}

}  // namespace descent
