// Sizes of windows: kernels, strides, paddings, dilations; and of what adaptive ones give.
#pragma once

#include <optional>

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
  Extent(const Shape& values) : values_(values) {}

  /// False for `{}`.
  bool given() const noexcept { return !values_.empty(); }
  const Shape& values() const noexcept { return values_; }

  /// `n` numbers, a single one repeated. Throws ShapeError naming `op` and `option` when the count is another.
  Shape expand(int n, const char* op, const char* option) const;
  /// As above, and throws std::invalid_argument when one is smaller than `least`.
  Shape at_least(std::int64_t least, int n, const char* op, const char* option) const;
  /// As expand; of as many numbers as x has dims, those of the last `n`: PyTorch takes `other.size()` for spatial
  /// sizes.
  Shape spatial(int n, const Shape& x, const char* op, const char* option) const;

 private:
  Shape values_;
};

/// What adaptive pooling makes of the spatial dims: one size for all, or one for each; std::nullopt keeps the input's:
/// `{std::nullopt, 7}`.
class PooledSize {
 public:
  using Size = std::optional<std::int64_t>;
  PooledSize(std::int64_t n) : sizes_{n} {}
  PooledSize(std::initializer_list<std::int64_t> sizes) : sizes_(sizes.begin(), sizes.end()) {}
  PooledSize(std::initializer_list<Size> sizes) : sizes_(sizes) {}
  PooledSize(const std::vector<std::int64_t>& sizes) : sizes_(sizes.begin(), sizes.end()) {}
  PooledSize(const std::vector<Size>& sizes) : sizes_(sizes) {}
  PooledSize(const Extent& sizes) : sizes_(sizes.values().begin(), sizes.values().end()) {}

  /// Throws ShapeError naming `op` unless there are one or `n` sizes, std::invalid_argument for a negative one.
  void check(int n, const char* op) const;
  /// The sizes for `n` dims, those of `input` in the place of std::nullopt. Throws as check does.
  Shape resolve(int n, const Shape& input, const char* op) const;
  /// As PyTorch prints it: "7", "(None, 7)".
  std::string str() const;

 private:
  std::vector<Size> sizes_;
};

}  // namespace descent
