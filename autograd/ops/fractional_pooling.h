// Max pooling over windows that begin at random places: Graham, "Fractional max-pooling", 2014,
// https://arxiv.org/abs/1412.6071.
#pragma once

#include "resample.h"

namespace descent {

/// Options of the fractional max pools; one of output_size and output_ratio must be given.
struct FractionalMaxPoolOptions {
  Extent output_size = {};
  ScaleFactor output_ratio = {};  ///< between 0 and 1: ⌊L·ratio⌋ of a size L
  /// The u of each plane, [N, C, dims] in [0, 1) and of x's type, those of images for the width first; drawn unless
  /// given.
  Tensor random_samples = {};

  /// Throws std::invalid_argument for sizes or ratios out of range, ShapeError for a wrong count of them.
  void check(int dims, const char* op) const;
};

/// The largest element of each window, for x [N, C, L…] or, without a batch, [C, L…]. Along a dim of size L window i of
/// `out` begins at ⌊(i + u)·α⌋ − ⌊u·α⌋, α = (L − kernel)/(out − 1), the last one at L − kernel.
/// Throws ShapeError (out + kernel − 1 above L among others), DTypeError, std::invalid_argument for options.
Tensor fractional_max_pool2d(const Tensor& x, const Extent& kernel_size, const FractionalMaxPoolOptions& options);
Tensor fractional_max_pool3d(const Tensor& x, const Extent& kernel_size, const FractionalMaxPoolOptions& options);
/// Also where they are, counted through the flattened spatial dims of x.
ValuesAndIndices fractional_max_pool2d_with_indices(const Tensor& x, const Extent& kernel_size,
                                                    const FractionalMaxPoolOptions& options);
ValuesAndIndices fractional_max_pool3d_with_indices(const Tensor& x, const Extent& kernel_size,
                                                    const FractionalMaxPoolOptions& options);

}  // namespace descent
