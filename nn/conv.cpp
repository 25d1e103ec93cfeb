#include "conv.h"

#include <cmath>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "../autograd/ops/pad.h"
#include "init.h"
#include "repr-inl.h"

namespace descent::nn {

ConvNd::ConvNd(const ConvNd& other) = default;
ConvNd& ConvNd::operator=(const ConvNd& other) = default;
ConvNd::~ConvNd() = default;

ConvNd::ConvNd(const Sizes& s, bool with_bias, DType dtype)
    : layer_(s.layer),
      dims_(s.dims),
      in_channels_(s.in_channels),
      out_channels_(s.out_channels),
      groups_(s.groups),
      kernel_size_(s.kernel_size.at_least(1, s.dims, s.layer, "kernel_size")),
      stride_(s.stride.at_least(1, s.dims, s.layer, "stride")),
      padding_(s.padding.at_least(0, s.dims, s.layer, "padding")),
      output_padding_(s.output_padding.at_least(0, s.dims, s.layer, "output_padding")),
      dilation_(s.dilation.at_least(1, s.dims, s.layer, "dilation")),
      padding_text_(s.padding_text),
      padding_mode_(s.padding_mode) {
  check_at_least(1, in_channels_, layer_, "in_channels");
  check_at_least(1, out_channels_, layer_, "out_channels");
  check_at_least(1, groups_, layer_, "groups");
  check_floating(dtype, layer_);
  if (in_channels_ % groups_ != 0 || out_channels_ % groups_ != 0) {
    throw std::invalid_argument(fmt::format("{}: groups must divide in_channels and out_channels, got {}, {} and {}",
                                            layer_, groups_, in_channels_, out_channels_));
  }
  Shape shape =
      s.transposed ? Shape{in_channels_, out_channels_ / groups_} : Shape{out_channels_, in_channels_ / groups_};
  for (const std::int64_t k : kernel_size_) shape.push_back(k);
  weight = register_parameter("weight", empty(shape, {.dtype = dtype}));
  bias = register_parameter("bias", with_bias ? empty({out_channels_}, {.dtype = dtype}) : Tensor());
  reset_parameters();
}

void ConvNd::reset_parameters() {
  // gain √(2 / (1 + a²)) with a = √5 makes kaiming's bound gain·√(3 / fan_in) equal to 1/√fan_in
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (!bias.defined()) return;
  const double fan_in = static_cast<double>(weight.numel() / weight.size(0));
  init::uniform_(bias, -1 / std::sqrt(fan_in), 1 / std::sqrt(fan_in));
}

std::string ConvNd::extra_repr() const {
  const auto all = [](const Shape& values, std::int64_t value) {
    for (const std::int64_t v : values) {
      if (v != value) return false;
    }
    return true;
  };
  std::string text = fmt::format("{}, {}, kernel_size={}, stride={}", in_channels_, out_channels_, python(kernel_size_),
                                 python(stride_));
  if (!padding_text_.empty()) {
    text += ", padding=" + padding_text_;
  } else if (!all(padding_, 0)) {
    text += ", padding=" + python(padding_);
  }
  if (!all(dilation_, 1)) text += ", dilation=" + python(dilation_);
  if (!all(output_padding_, 0)) text += ", output_padding=" + python(output_padding_);
  if (groups_ != 1) text += fmt::format(", groups={}", groups_);
  if (!bias.defined()) text += ", bias=False";
  if (padding_mode_ != "zeros") text += ", padding_mode=" + padding_mode_;
  return text;
}

// ---- Convolutions ---------------------------------------------------------------------------------------------------

ConvForwardNd::ConvForwardNd(const ConvForwardNd& other) = default;
ConvForwardNd& ConvForwardNd::operator=(const ConvForwardNd& other) = default;
ConvForwardNd::~ConvForwardNd() = default;

ConvForwardNd::ConvForwardNd(const char* layer, int dims, std::int64_t in_channels, std::int64_t out_channels,
                             const Extent& kernel_size, const Conv1dOptions& options)
    : ConvNd({.layer = layer,
              .dims = dims,
              .transposed = false,
              .in_channels = in_channels,
              .out_channels = out_channels,
              .kernel_size = kernel_size,
              .stride = options.stride,
              .padding = options.padding.mode().empty() ? options.padding.extent() : Extent(0),
              .output_padding = 0,
              .dilation = options.dilation,
              .groups = options.groups,
              .padding_text = options.padding.mode(),
              .padding_mode = options.padding_mode},
             options.bias, options.dtype) {
  if (!padding_text_.empty() && padding_text_ != "same" && padding_text_ != "valid") {
    throw std::invalid_argument(
        fmt::format("{}: padding must be numbers, \"same\" or \"valid\", got \"{}\"", layer, padding_text_));
  }
  if (padding_mode_ != "zeros" && padding_mode_ != "reflect" && padding_mode_ != "replicate" &&
      padding_mode_ != "circular") {
    throw std::invalid_argument(
        fmt::format("{}: padding_mode must be \"zeros\", \"reflect\", \"replicate\" or \"circular\", got \"{}\"", layer,
                    padding_mode_));
  }
  if (padding_text_ == "same") {
    for (const std::int64_t s : stride_) {
      if (s != 1) {
        throw std::invalid_argument(
            fmt::format("{}: padding = \"same\" needs a stride of 1, got stride = {}", layer, stride_));
      }
    }
  }
  if (padding_mode_ == "zeros") return;
  for (std::size_t i = kernel_size_.size(); i-- > 0;) {  // `pad` counts from the last dim
    const std::int64_t total = dilation_[i] * (kernel_size_[i] - 1);
    const bool same = padding_text_ == "same";
    around_.push_back(same ? total / 2 : padding_[i]);
    around_.push_back(same ? total - total / 2 : padding_[i]);
  }
}

Tensor ConvForwardNd::forward(const Tensor& x) {
  ConvOptions options{.stride = stride_, .padding = 0, .dilation = dilation_, .groups = groups_};
  if (padding_mode_ != "zeros") {
    if (x.dim() != dims_ + 1 && x.dim() != dims_ + 2) {
      fail<ShapeError>(layer_, "takes an input of {} or, without a batch, {} dims, got {}", dims_ + 2, dims_ + 1,
                       x.shape());
    }
    return for_dims(dims_, conv1d, conv2d, conv3d, pad(x, around_, {.mode = padding_mode_}), weight, bias, options);
  }
  options.padding = padding_text_.empty() ? ConvPadding(Extent(padding_)) : ConvPadding(padding_text_);
  return for_dims(dims_, conv1d, conv2d, conv3d, x, weight, bias, options);
}

// ---- Transposed convolutions ----------------------------------------------------------------------------------------

ConvTransposeNd::ConvTransposeNd(const char* layer, int dims, std::int64_t in_channels, std::int64_t out_channels,
                                 const Extent& kernel_size, const ConvTranspose1dOptions& options)
    : ConvNd({.layer = layer,
              .dims = dims,
              .transposed = true,
              .in_channels = in_channels,
              .out_channels = out_channels,
              .kernel_size = kernel_size,
              .stride = options.stride,
              .padding = options.padding,
              .output_padding = options.output_padding,
              .dilation = options.dilation,
              .groups = options.groups,
              .padding_text = "",
              .padding_mode = options.padding_mode},
             options.bias, options.dtype) {
  if (padding_mode_ != "zeros") {
    throw std::invalid_argument(fmt::format("{}: padding_mode must be \"zeros\", got \"{}\"", layer, padding_mode_));
  }
  for (std::size_t i = 0; i < output_padding_.size(); ++i) {
    if (output_padding_[i] >= std::max(stride_[i], dilation_[i])) {
      throw std::invalid_argument(
          fmt::format("{}: output_padding must be smaller than stride or dilation, got output_padding = {}, stride = "
                      "{}, dilation = {}",
                      layer, output_padding_, stride_, dilation_));
    }
  }
}

Tensor ConvTransposeNd::forward(const Tensor& x) { return compute(x, {}); }

Tensor ConvTransposeNd::forward(const Tensor& x, const Extent& output_size) {
  return with_hooks(x, [&](const Tensor& input) { return compute(input, output_size); });
}

Tensor ConvTransposeNd::compute(const Tensor& x, const Extent& output_size) const {
  Shape rest = output_padding_;
  if (output_size.given()) {
    if (x.dim() != dims_ + 1 && x.dim() != dims_ + 2) {
      fail<ShapeError>(layer_, "takes an input of {} or, without a batch, {} dims, got {}", dims_ + 2, dims_ + 1,
                       x.shape());
    }
    const Shape size = output_size.spatial(dims_, x.shape(), layer_, "output_size");
    for (int i = 0; i < dims_; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const std::int64_t least =
          (x.size(i - dims_) - 1) * stride_[at] - 2 * padding_[at] + dilation_[at] * (kernel_size_[at] - 1) + 1;
      if (size[at] < least || size[at] >= least + stride_[at]) {
        throw std::invalid_argument(
            fmt::format("{}: output_size must lie in [{}, {}] in dim {} for the input {}, got {}", layer_, least,
                        least + stride_[at] - 1, i - dims_, x.shape(), size));
      }
      rest[at] = size[at] - least;
    }
  }
  return for_dims(
      dims_, conv_transpose1d, conv_transpose2d, conv_transpose3d, x, weight, bias,
      ConvTransposeOptions{
          .stride = stride_, .padding = padding_, .output_padding = rest, .groups = groups_, .dilation = dilation_});
}

}  // namespace descent::nn
