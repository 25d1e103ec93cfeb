// Resampling of signals, images and volumes.
#pragma once

#include <string>
#include <type_traits>

#include "../tensor.h"
#include "window.h"

namespace descent {

/// One factor for all spatial dims, or one for each: `.scale_factor = 2`, `.scale_factor = {2, 1.5}`.
class ScaleFactor {
 public:
  ScaleFactor() = default;
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  ScaleFactor(T factor) : values_{static_cast<double>(factor)} {}
  ScaleFactor(std::initializer_list<double> values) : values_(values) {}
  ScaleFactor(const std::vector<double>& values) : values_(values) {}

  /// False for `{}`.
  bool given() const noexcept { return !values_.empty(); }
  const std::vector<double>& values() const noexcept { return values_; }

 private:
  std::vector<double> values_;
};

/// Either `size` or `scale_factor` must be given; the latter makes ⌊L·factor⌋ of a size L.
struct InterpolateOptions {
  Extent size = {};
  ScaleFactor scale_factor = {};
  std::string mode = "nearest";
  bool align_corners = false;
  bool recompute_scale_factor = false;  ///< the ratio of the sizes in place of scale_factor
  bool antialias = false;               ///< "bilinear" and "bicubic": what shrinks is smoothed first
};

/// x [N, C, L…] resampled along its 1 to 3 spatial dims. Modes: "nearest" (also of integers), "nearest-exact", "area"
/// (adaptive mean), "linear" (3-D inputs), "bilinear" and "bicubic" (4-D), "trilinear" (5-D). With align_corners, which
/// the last four modes take, the outermost elements stay where they are; otherwise the outermost borders do.
/// Throws ShapeError, DTypeError, and std::invalid_argument for wrong options.
Tensor interpolate(const Tensor& x, const InterpolateOptions& options);

}  // namespace descent
