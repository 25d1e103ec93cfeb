// Convolutions. The product is linear in x and in w; its two adjoints are ops as well, and each formula is one of the
// three.
#include "convolution.h"

#include "../../kernels/convolution.h"
#include "../fail-inl.h"
#include "../multiply_adds.h"
#include "../op_list.h"
#include "../ops.h"

namespace descent {
namespace autograd {
namespace {

/// Attributes of all three: the sizes, but for batch, which is that of the tensors.
struct Sizes {
  int dims;  // spatial ones
  kernels::Convolution c;

  /// For a product that is about to run, which it counts.
  kernels::Convolution with_batch(std::int64_t batch) const {
    kernels::Convolution all = c;
    all.batch = batch;
    count_multiply_adds(batch * c.out_plane() * c.out_channels * (c.in_channels / c.groups) * c.taps());
    return all;
  }
  Shape shape(std::int64_t first, std::int64_t second, const std::int64_t (&spatial)[3]) const {
    Shape result{first, second};
    for (int i = 3 - dims; i < 3; ++i) result.push_back(spatial[i]);
    return result;
  }
  Tensor bias_grad(const Tensor& g) const {  // over all dims but that of the channels
    Shape along{0};
    for (int i = 0; i < dims; ++i) along.push_back(2 + i);
    return g.sum(along);
  }
};

const void* memory_of(const Tensor& t) { return t.defined() ? data_of<char>(t) : nullptr; }
Tensor row_major(const Tensor& t) { return t.defined() ? t.contiguous() : t; }

struct ConvInputGrad;
struct ConvWeightGrad;

struct Convolution {  // y = w * x + b
  static constexpr const char* name = "convolution";
  static constexpr Uses uses = {input(1), input(0), 0};
  Sizes sizes;
  Tensor forward(const Tensor& x, const Tensor& w, const Tensor& b) const {
    const Tensor xc = x.contiguous(), wc = w.contiguous(), bc = row_major(b);
    Tensor y = make_tensor(sizes.shape(x.size(0), sizes.c.out_channels, sizes.c.out), x.dtype());
    kernels::convolution(x.dtype(), sizes.with_batch(x.size(0)), memory_of(xc), memory_of(wc), memory_of(bc),
                         data_of<char>(y));
    return y;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const;
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const;
  Tensor vjp(In<2>, const Saved&, const Tensor& g) const { return sizes.bias_grad(g); }
};

struct ConvInputGrad {  // x' = wᵀ * g + b
  static constexpr const char* name = "convolution_input_grad";
  static constexpr Uses uses = {input(1), input(0), 0};
  Sizes sizes;
  Tensor forward(const Tensor& g, const Tensor& w, const Tensor& b) const {
    const Tensor gc = g.contiguous(), wc = w.contiguous(), bc = row_major(b);
    Tensor x = make_tensor(sizes.shape(g.size(0), sizes.c.in_channels, sizes.c.in), g.dtype());
    kernels::convolution_input_grad(g.dtype(), sizes.with_batch(g.size(0)), memory_of(gc), memory_of(wc), memory_of(bc),
                                    data_of<char>(x));
    return x;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& h) const { return apply(Convolution{sizes}, h, s.in(1), Tensor()); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& h) const;
  Tensor vjp(In<2>, const Saved&, const Tensor& h) const { return sizes.bias_grad(h); }
};

struct ConvWeightGrad {  // w' = Σ_n x ⋆ g
  static constexpr const char* name = "convolution_weight_grad";
  static constexpr Uses uses = {input(1), input(0)};
  Sizes sizes;
  Tensor forward(const Tensor& x, const Tensor& g) const {
    const Tensor xc = x.contiguous(), gc = g.contiguous();
    const kernels::Convolution& c = sizes.c;
    Tensor w = make_tensor(sizes.shape(c.out_channels, c.in_channels / c.groups, c.kernel), x.dtype());
    kernels::convolution_weight_grad(x.dtype(), sizes.with_batch(x.size(0)), memory_of(xc), memory_of(gc),
                                     data_of<char>(w));
    return w;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& h) const { return apply(ConvInputGrad{sizes}, s.in(1), h, Tensor()); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& h) const { return apply(Convolution{sizes}, s.in(0), h, Tensor()); }
};

Tensor Convolution::vjp(In<0>, const Saved& s, const Tensor& g) const {
  return apply(ConvInputGrad{sizes}, g, s.in(1), Tensor());
}
Tensor Convolution::vjp(In<1>, const Saved& s, const Tensor& g) const {
  return apply(ConvWeightGrad{sizes}, s.in(0), g);
}
Tensor ConvInputGrad::vjp(In<1>, const Saved& s, const Tensor& h) const {
  return apply(ConvWeightGrad{sizes}, h, s.in(0));
}

/// No size may be so large that the sums below overflow.
constexpr std::int64_t kMostSize = std::int64_t{1} << 30;
void check_most(const char* op, const char* option, const Shape& values) {
  for (const std::int64_t v : values) {
    if (v > kMostSize) throw std::invalid_argument(fmt::format("{}: {} = {} is too large", op, option, v));
  }
}

void check_tensors(const char* op, int dims, const Tensor& x, const Tensor& w, const Tensor& b) {
  x.checked(op);
  w.checked(op);
  if (!x.is_floating_point()) fail<DTypeError>(op, "takes floats, got {}; convert with .to(float32)", x.dtype());
  if (x.dtype() != w.dtype() || (b.defined() && b.dtype() != x.dtype())) {
    fail<DTypeError>(op, "input, weight and bias must be of one type, got {}, {} and {}", x.dtype(), w.dtype(),
                     b.defined() ? name_of(b.dtype()) : "none");
  }
  if (x.dim() != dims + 2 && x.dim() != dims + 1) {
    fail<ShapeError>(op, "takes an input of {} or, without a batch, {} dims, got {}", dims + 2, dims + 1, x.shape());
  }
  if (w.dim() != dims + 2) fail<ShapeError>(op, "takes a weight of {} dims, got {}", dims + 2, w.shape());
  for (const std::int64_t size : x.shape()) {
    if (size > kMostSize) fail<ShapeError>(op, "takes sizes up to {}, got {}", kMostSize, x.shape());
  }
  for (int i = 2; i < dims + 2; ++i) {
    if (w.size(i) == 0) fail<ShapeError>(op, "the kernel must not be empty, got the weight {}", w.shape());
  }
}

void check_groups(const char* op, std::int64_t groups, std::int64_t channels, const char* of, const Tensor& w) {
  if (groups < 1) throw std::invalid_argument(fmt::format("{}: groups must be at least 1, got {}", op, groups));
  if (channels % groups != 0) {
    fail<ShapeError>(op, "groups = {} must divide the {} {} channels of the weight {}", groups, channels, of,
                     w.shape());
  }
}

void check_channels(const char* op, const Tensor& x, const Tensor& w, int dims, std::int64_t groups,
                    std::int64_t takes) {
  const std::int64_t channels = x.size(-dims - 1);
  if (channels != takes) {
    fail<ShapeError>(op, "the input has {} channels but the weight {} with groups = {} takes {}", channels, w.shape(),
                     groups, takes);
  }
}

void check_bias(const char* op, const Tensor& b, std::int64_t channels) {
  if (b.defined() && b.shape() != Shape{channels}) {
    fail<ShapeError>(op, "the bias must be [{}], one number for each output channel, got {}", channels, b.shape());
  }
}

/// Applies the op to a batch, which is one of one image where there is none.
template <class Op>
Tensor apply_batched(const Op& op, const Tensor& x, const Tensor& w, const Tensor& b) {
  if (x.dim() == op.sizes.dims + 2) return apply(op, x, w, b);
  return apply(op, x.unsqueeze(0), w, b).squeeze(0);
}

Tensor conv(const char* op, int dims, const Tensor& x, const Tensor& w, const Tensor& b, const ConvOptions& options) {
  check_tensors(op, dims, x, w, b);
  const std::string& mode = options.padding.mode();
  if (!mode.empty() && mode != "same" && mode != "valid") {
    throw std::invalid_argument(
        fmt::format("{}: padding must be numbers, \"same\" or \"valid\", got \"{}\"", op, mode));
  }
  const Shape stride = options.stride.at_least(1, dims, op, "stride"),
              dilation = options.dilation.at_least(1, dims, op, "dilation"),
              padding = mode.empty() ? options.padding.extent().at_least(0, dims, op, "padding")
                                     : Extent(0).expand(dims, op, "padding");
  check_most(op, "stride", stride), check_most(op, "dilation", dilation), check_most(op, "padding", padding);
  check_groups(op, options.groups, w.size(0), "output", w);
  check_channels(op, x, w, dims, options.groups, w.size(1) * options.groups);
  check_bias(op, b, w.size(0));
  Sizes sizes{dims, {}};
  kernels::Convolution& c = sizes.c;
  c.groups = options.groups;
  c.in_channels = w.size(1) * options.groups;
  c.out_channels = w.size(0);
  for (int i = 0; i < dims; ++i) {
    const int at = 3 - dims + i;
    const auto from = static_cast<std::size_t>(i);
    c.in[at] = x.size(i - dims);
    c.kernel[at] = w.size(i + 2);
    c.stride[at] = stride[from];
    c.dilation[at] = dilation[from];
    const std::int64_t reach = c.dilation[at] * (c.kernel[at] - 1);
    std::int64_t padded = c.in[at] + 2 * padding[from];
    c.padding[at] = padding[from];
    if (mode == "same") {
      if (c.stride[at] != 1) {
        throw std::invalid_argument(
            fmt::format("{}: padding = \"same\" needs a stride of 1, got stride = {}", op, stride));
      }
      c.padding[at] = reach / 2;
      padded = c.in[at] + reach;
    }
    if (padded <= reach) {
      fail<ShapeError>(op,
                       "the kernel, which spans {} with its dilation, is larger than the padded input of size {} "
                       "in dim {}, got the input {} and the weight {}",
                       reach + 1, padded, i - dims, x.shape(), w.shape());
    }
    c.out[at] = (padded - reach - 1) / c.stride[at] + 1;
  }
  return apply_batched(Convolution{sizes}, x, w, b);
}

Tensor conv_transpose(const char* op, int dims, const Tensor& x, const Tensor& w, const Tensor& b,
                      const ConvTransposeOptions& options) {
  check_tensors(op, dims, x, w, b);
  const Shape stride = options.stride.at_least(1, dims, op, "stride"),
              padding = options.padding.at_least(0, dims, op, "padding"),
              extra = options.output_padding.at_least(0, dims, op, "output_padding"),
              dilation = options.dilation.at_least(1, dims, op, "dilation");
  check_most(op, "stride", stride), check_most(op, "dilation", dilation), check_most(op, "padding", padding);
  check_groups(op, options.groups, w.size(0), "input", w);
  check_channels(op, x, w, dims, options.groups, w.size(0));
  check_bias(op, b, w.size(1) * options.groups);
  Sizes sizes{dims, {}};
  kernels::Convolution& c = sizes.c;  // of the convolution whose gradient this is
  c.groups = options.groups;
  c.in_channels = w.size(1) * options.groups;
  c.out_channels = w.size(0);
  for (int i = 0; i < dims; ++i) {
    const int at = 3 - dims + i;
    const auto from = static_cast<std::size_t>(i);
    if (extra[from] >= std::max(stride[from], dilation[from])) {
      throw std::invalid_argument(
          fmt::format("{}: output_padding must be smaller than stride or dilation, got output_padding = {}, stride = "
                      "{}, dilation = {}",
                      op, extra, stride, dilation));
    }
    c.out[at] = x.size(i - dims);
    if (c.out[at] == 0) fail<ShapeError>(op, "takes no input without elements in dim {}, got {}", i - dims, x.shape());
    c.kernel[at] = w.size(i + 2);
    c.stride[at] = stride[from];
    c.padding[at] = padding[from];
    c.dilation[at] = dilation[from];
    c.in[at] =
        (c.out[at] - 1) * c.stride[at] - 2 * c.padding[at] + c.dilation[at] * (c.kernel[at] - 1) + extra[from] + 1;
    if (c.in[at] <= 0) {
      fail<ShapeError>(op, "the output would be of size {} in dim {}, got the input {}, the weight {}, padding = {}",
                       c.in[at], i - dims, x.shape(), w.shape(), padding);
    }
  }
  return apply_batched(ConvInputGrad{sizes}, x, w, b);
}

}  // namespace

OpList convolution_ops() { return list_of<Convolution, ConvInputGrad, ConvWeightGrad>(); }

}  // namespace autograd

using namespace autograd;

Tensor conv1d(const Tensor& x, const Tensor& w, const Tensor& b, const ConvOptions& options) {
  return conv("conv1d", 1, x, w, b, options);
}
Tensor conv2d(const Tensor& x, const Tensor& w, const Tensor& b, const ConvOptions& options) {
  return conv("conv2d", 2, x, w, b, options);
}
Tensor conv3d(const Tensor& x, const Tensor& w, const Tensor& b, const ConvOptions& options) {
  return conv("conv3d", 3, x, w, b, options);
}
Tensor conv_transpose1d(const Tensor& x, const Tensor& w, const Tensor& b, const ConvTransposeOptions& options) {
  return conv_transpose("conv_transpose1d", 1, x, w, b, options);
}
Tensor conv_transpose2d(const Tensor& x, const Tensor& w, const Tensor& b, const ConvTransposeOptions& options) {
  return conv_transpose("conv_transpose2d", 2, x, w, b, options);
}
Tensor conv_transpose3d(const Tensor& x, const Tensor& w, const Tensor& b, const ConvTransposeOptions& options) {
  return conv_transpose("conv_transpose3d", 3, x, w, b, options);
}

}  // namespace descent
