// Pooling over windows of 1, 2 or 3 spatial dims. Inputs are [N, C, L…] or [C, L…], floats; kernel sizes and options
// are one number or one for each spatial dim. Wrong options throw std::invalid_argument, shapes ShapeError.
#pragma once

#include <optional>

#include "../tensor.h"
#include "resample.h"
#include "window.h"

namespace descent {

struct MaxPoolOptions {
  Extent stride = {};  ///< the kernel size, unless given
  Extent padding = 0;  ///< of −∞, at most half the kernel
  Extent dilation = 1;
  bool ceil_mode = false;  ///< also the window that begins inside but ends beyond the padding
};

/// The largest element of each window: [.., ⌊(L + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1, …]. NaN wins; the
/// gradient goes to the first of equals.
Tensor max_pool1d(const Tensor& x, const Extent& kernel_size, const MaxPoolOptions& options = {});
Tensor max_pool2d(const Tensor& x, const Extent& kernel_size, const MaxPoolOptions& options = {});
Tensor max_pool3d(const Tensor& x, const Extent& kernel_size, const MaxPoolOptions& options = {});
/// Also where they are, counted through the flattened spatial dims of x.
ValuesAndIndices max_pool1d_with_indices(const Tensor& x, const Extent& kernel_size,
                                         const MaxPoolOptions& options = {});
ValuesAndIndices max_pool2d_with_indices(const Tensor& x, const Extent& kernel_size,
                                         const MaxPoolOptions& options = {});
ValuesAndIndices max_pool3d_with_indices(const Tensor& x, const Extent& kernel_size,
                                         const MaxPoolOptions& options = {});

struct MaxUnpoolOptions {
  Extent stride = {};  ///< the kernel size, unless given
  Extent padding = 0;
  /// (L − 1)·stride − 2·padding + kernel, unless given; less than a stride away from that. Also a whole shape.
  Extent output_size = {};
};

/// Puts the elements of a max_pool back to their places, zeros elsewhere. indices: of max_pool…_with_indices, shaped
/// like x. Where a place comes twice, the last one counts. Throws IndexError for a place outside of the output.
Tensor max_unpool1d(const Tensor& x, const Tensor& indices, const Extent& kernel_size,
                    const MaxUnpoolOptions& options = {});
Tensor max_unpool2d(const Tensor& x, const Tensor& indices, const Extent& kernel_size,
                    const MaxUnpoolOptions& options = {});
Tensor max_unpool3d(const Tensor& x, const Tensor& indices, const Extent& kernel_size,
                    const MaxUnpoolOptions& options = {});

struct AvgPoolOptions {
  Extent stride = {};  ///< the kernel size, unless given
  Extent padding = 0;  ///< of zeros, at most half the kernel
  bool ceil_mode = false;
  bool count_include_pad = true;                                ///< divide by the window with its padding
  std::optional<std::int64_t> divisor_override = std::nullopt;  ///< divide by this instead; not 0
};

/// The mean of each window, sizes as above.
Tensor avg_pool1d(const Tensor& x, const Extent& kernel_size, const AvgPoolOptions& options = {});
Tensor avg_pool2d(const Tensor& x, const Extent& kernel_size, const AvgPoolOptions& options = {});
Tensor avg_pool3d(const Tensor& x, const Extent& kernel_size, const AvgPoolOptions& options = {});

struct LpPoolOptions {
  Extent stride = {};  ///< the kernel size, unless given
  bool ceil_mode = false;
};

/// (Σ xᵖ)^(1/p) over each window; the gradient is 0 where the sum is.
Tensor lp_pool1d(const Tensor& x, double norm_type, const Extent& kernel_size, const LpPoolOptions& options = {});
Tensor lp_pool2d(const Tensor& x, double norm_type, const Extent& kernel_size, const LpPoolOptions& options = {});

/// Windows that cover the input and give an output of the sizes asked for, of the input's size where std::nullopt is:
/// window i is ⌊i·L / out⌋ … ⌈(i + 1)·L / out⌉.
Tensor adaptive_avg_pool1d(const Tensor& x, const PooledSize& output_size);
Tensor adaptive_avg_pool2d(const Tensor& x, const PooledSize& output_size);
Tensor adaptive_avg_pool3d(const Tensor& x, const PooledSize& output_size);
Tensor adaptive_max_pool1d(const Tensor& x, const PooledSize& output_size);
Tensor adaptive_max_pool2d(const Tensor& x, const PooledSize& output_size);
Tensor adaptive_max_pool3d(const Tensor& x, const PooledSize& output_size);
ValuesAndIndices adaptive_max_pool1d_with_indices(const Tensor& x, const PooledSize& output_size);
ValuesAndIndices adaptive_max_pool2d_with_indices(const Tensor& x, const PooledSize& output_size);
ValuesAndIndices adaptive_max_pool3d_with_indices(const Tensor& x, const PooledSize& output_size);

}  // namespace descent
