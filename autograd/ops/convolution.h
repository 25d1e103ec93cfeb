// Convolutions (cross-correlations, as in PyTorch) and transposed convolutions over 1, 2 or 3 spatial dims.
#pragma once

#include <concepts>
#include <string>

#include "../tensor.h"
#include "window.h"

namespace descent {

/// Padding of a convolution: numbers of zeros on both sides of each dim, "valid" (none), or "same": as many as give an
/// output of the input's size, which needs a stride of 1; an odd one goes to the end.
class ConvPadding {
 public:
  template <std::integral T>
  ConvPadding(T n) : extent_(static_cast<std::int64_t>(n)) {}
  ConvPadding(std::initializer_list<std::int64_t> values) : extent_(values) {}
  ConvPadding(const std::vector<std::int64_t>& values) : extent_(values) {}
  ConvPadding(const Extent& values) : extent_(values) {}
  ConvPadding(const char* mode) : mode_(mode) {}
  ConvPadding(const std::string& mode) : mode_(mode) {}

  /// "" where numbers were given.
  const std::string& mode() const noexcept { return mode_; }
  const Extent& extent() const noexcept { return extent_; }

 private:
  Extent extent_;
  std::string mode_;
};

struct ConvOptions {
  Extent stride = 1;
  ConvPadding padding = 0;
  Extent dilation = 1;
  std::int64_t groups = 1;
};

/// y[n, o, p] = b[o] + Σ_{c, k} w[o, c, k]·x[n, c, p·stride + k·dilation − padding]. x: [N, C, L…] or [C, L…],
/// w: [O, C / groups, K…], b: [O] or Tensor() -> [N, O, ⌊(L + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1, …].
/// Output channel o sees the input channels of its group. Floats of one type. Throws ShapeError when channels do not
/// fit or the output would be empty, DTypeError, and std::invalid_argument for wrong options.
Tensor conv1d(const Tensor& x, const Tensor& w, const Tensor& b = {}, const ConvOptions& options = {});
Tensor conv2d(const Tensor& x, const Tensor& w, const Tensor& b = {}, const ConvOptions& options = {});
Tensor conv3d(const Tensor& x, const Tensor& w, const Tensor& b = {}, const ConvOptions& options = {});

struct ConvTransposeOptions {
  Extent stride = 1;
  Extent padding = 0;
  Extent output_padding = 0;
  std::int64_t groups = 1;
  Extent dilation = 1;
};

/// The gradient of a convolution with respect to its input, as a function of its own: x: [N, C, L…] or [C, L…],
/// w: [C, O / groups, K…], b: [O] or Tensor() ->
/// [N, O, (L − 1)·stride − 2·padding + dilation·(K − 1) + output_padding + 1, …]. Errors as those of conv1d …;
/// output_padding must be smaller than stride or dilation.
Tensor conv_transpose1d(const Tensor& x, const Tensor& w, const Tensor& b = {},
                        const ConvTransposeOptions& options = {});
Tensor conv_transpose2d(const Tensor& x, const Tensor& w, const Tensor& b = {},
                        const ConvTransposeOptions& options = {});
Tensor conv_transpose3d(const Tensor& x, const Tensor& w, const Tensor& b = {},
                        const ConvTransposeOptions& options = {});

}  // namespace descent
