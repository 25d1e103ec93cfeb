// The way back from a max pool: a scatter by its positions.
#include "../fail-inl.h"
#include "../ops.h"

namespace descent {
namespace {

Tensor max_unpool(const char* op, int dims, const Tensor& x, const Tensor& indices, const Extent& kernel_size,
                  const MaxUnpoolOptions& options) {
  x.checked(op);
  indices.checked(op);
  if (!x.is_floating_point()) fail<DTypeError>(op, "takes floats, got {}; convert with .to(float32)", x.dtype());
  if (indices.dtype() != int64) fail<DTypeError>(op, "the indices must be int64, got {}", indices.dtype());
  if (x.dim() != dims + 2 && x.dim() != dims + 1) {
    fail<ShapeError>(op, "takes an input of {} or, without a batch, {} dims, got {}", dims + 2, dims + 1, x.shape());
  }
  if (x.shape() != indices.shape()) {
    fail<ShapeError>(op, "the indices must be shaped like the input, got {} and {}", indices.shape(), x.shape());
  }
  const Shape kernel = kernel_size.at_least(1, dims, op, "kernel_size"),
              stride = options.stride.given() ? options.stride.at_least(1, dims, op, "stride") : kernel,
              padding = options.padding.at_least(0, dims, op, "padding");
  const Shape wanted =
      options.output_size.given() ? options.output_size.spatial(dims, x.shape(), op, "output_size") : Shape{};
  Shape shape = x.shape();
  std::int64_t places = 1;
  for (int i = 0; i < dims; ++i) {
    const auto at = static_cast<std::size_t>(i);
    std::int64_t& size = shape[shape.size() - static_cast<std::size_t>(dims - i)];
    for (const std::int64_t value : {size, kernel[at], stride[at], padding[at]}) {
      constexpr std::int64_t kMost = std::int64_t{1} << 30;
      if (value > kMost) fail<ShapeError>(op, "takes sizes up to {}, got {}", kMost, value);
    }
    size = (size - 1) * stride[at] - 2 * padding[at] + kernel[at];
    if (!wanted.empty()) {
      if (wanted[at] < 1 || wanted[at] <= size - stride[at] || wanted[at] >= size + stride[at]) {
        throw std::invalid_argument(
            fmt::format("{}: output_size must be less than a stride away from {} in dim {}, "
                        "got {}",
                        op, size, i - dims, wanted));
      }
      size = wanted[at];
    }
    if (size < 1) fail<ShapeError>(op, "the output would be of size {} in dim {}, got {}", size, i - dims, x.shape());
    if (__builtin_mul_overflow(places, size, &places)) fail<ShapeError>(op, "the output {} is too large", shape);
  }
  const Tensor flat = indices.detach().contiguous();
  const std::int64_t* place = flat.data<std::int64_t>();
  for (std::int64_t i = 0; i < flat.numel(); ++i) {
    if (place[i] < 0 || place[i] >= places) {
      fail<IndexError>(op, "place {} is out of range for {} elements of {}", place[i], places, shape);
    }
  }
  Shape planes = shape;
  for (int i = 1; i < dims; ++i) planes.erase(planes.dim() - 1);
  planes[planes.size() - 1] = places;
  return scatter(zeros(planes, {.dtype = x.dtype()}), -1, flat.flatten(-dims), x.flatten(-dims)).reshape(shape);
}

}  // namespace

Tensor max_unpool1d(const Tensor& x, const Tensor& indices, const Extent& kernel_size,
                    const MaxUnpoolOptions& options) {
  return max_unpool("max_unpool1d", 1, x, indices, kernel_size, options);
}
Tensor max_unpool2d(const Tensor& x, const Tensor& indices, const Extent& kernel_size,
                    const MaxUnpoolOptions& options) {
  return max_unpool("max_unpool2d", 2, x, indices, kernel_size, options);
}
Tensor max_unpool3d(const Tensor& x, const Tensor& indices, const Extent& kernel_size,
                    const MaxUnpoolOptions& options) {
  return max_unpool("max_unpool3d", 3, x, indices, kernel_size, options);
}

}  // namespace descent
