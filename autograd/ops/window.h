// Sizes of windows: kernels, strides, paddings, dilations.
#pragma once

#include "../shape.h"

namespace descent {

/// One number for all dimensions, or one for each: `.stride = 2`, `.stride = {2, 1}`. Without any it counts as not
/// given.
class Extent {
 public:
  Extent() = default;
  Extent(std::int64_t n) : values_(n) {}
  /// Throws ShapeError for more than Shape::kMaxDims numbers.
  Extent(std::initializer_list<std::int64_t> values) : values_(values) {}
  Extent(const std::vector<std::int64_t>& values) : values_(values) {}

  /// False for `{}`.
  bool given() const noexcept { return !values_.empty(); }
  const Shape& values() const noexcept { return values_; }

  /// `n` numbers, a single one repeated. Throws ShapeError naming `op` and `option` when the count is another.
  Shape expand(int n, const char* op, const char* option) const;
  /// As above, and throws std::invalid_argument when one is smaller than `least`.
  Shape at_least(std::int64_t least, int n, const char* op, const char* option) const;

 private:
  Shape values_;
};

}  // namespace descent
