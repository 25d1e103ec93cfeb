// Padding, and sliding windows (unfold, fold).
#pragma once

#include <string>
#include <vector>

#include "../tensor.h"
#include "window.h"

namespace descent {

struct PadOptions {
  std::string mode = "constant";  ///< "constant", "reflect", "replicate" or "circular"
  double value = 0;               ///< of the elements that "constant" adds
};

/// Adds sizes[0] elements before and sizes[1] behind the last dim, sizes[2] and sizes[3] around the one before, and so
/// on; a negative size takes away. The modes but "constant" repeat the tensor's own elements: mirrored at the edge
/// (fewer than there are), the edge itself, or from the other end (at most as many as there are); they take 1 to 3 dims
/// with one or two dims in front of them, all but the first of two of non-zero size.
/// Throws ShapeError, and std::invalid_argument for another mode.
Tensor pad(const Tensor& a, const std::vector<std::int64_t>& sizes, const PadOptions& options = {});

/// (view) Windows of `size` elements along dim, one every `step`: that dim counts the windows, a new last dim their
/// elements. Throws ShapeError when size is larger than the dim, std::invalid_argument for size < 0 or step < 1.
Tensor unfold(const Tensor& a, std::int64_t dim, std::int64_t size, std::int64_t step);

struct UnfoldOptions {
  Extent dilation = 1;  ///< distance of a window's elements
  Extent padding = 0;   ///< zeros around the image
  Extent stride = 1;    ///< distance of the windows
};
using FoldOptions = UnfoldOptions;

/// Windows of an image as columns (im2col): [N, C, H, W] -> [N, C·kH·kW, L] or without N, L = Lh·Lw windows with
/// Lh = ⌊(H + 2·padding − dilation·(kH − 1) − 1) / stride⌋ + 1. Floating types. Throws ShapeError, DTypeError, and
/// std::invalid_argument for a kernel, stride or dilation below 1 or a negative padding.
Tensor unfold(const Tensor& input, const Extent& kernel_size, const UnfoldOptions& options = {});
/// The adjoint of unfold (col2im): [N, C·kH·kW, L] -> [N, C, H, W] or without N, overlapping elements added up.
/// output_size is {H, W}. Throws as unfold does.
Tensor fold(const Tensor& input, const Extent& output_size, const Extent& kernel_size, const FoldOptions& options = {});

/// [.., C·r², H, W] -> [.., C, H·r, W·r]. Throws ShapeError, and std::invalid_argument unless r >= 1.
Tensor pixel_shuffle(const Tensor& a, std::int64_t upscale_factor);
/// Undoes pixel_shuffle: [.., C, H·r, W·r] -> [.., C·r², H, W].
Tensor pixel_unshuffle(const Tensor& a, std::int64_t downscale_factor);
/// [N, C, ..]: channel (g, c) of `groups` groups becomes channel (c, g).
Tensor channel_shuffle(const Tensor& a, std::int64_t groups);

}  // namespace descent
