// Sizes of a tensor, kept inline: no heap.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <vector>

namespace descent {

/// Up to 12 sizes, dims or strides. Built from braces, a std::vector<int64_t> or one number.
class Shape {
 public:
  static constexpr int kMaxDims = 12;

  Shape() noexcept : size_(0) {}
  Shape(std::int64_t n) : size_(1) { values_[0] = n; }
  /// Throws ShapeError for more than kMaxDims values.
  Shape(std::initializer_list<std::int64_t> values) : Shape(values.begin(), values.size()) {}
  Shape(const std::vector<std::int64_t>& values) : Shape(values.data(), values.size()) {}
  Shape(const std::int64_t* values, std::size_t count) : size_(static_cast<int>(count)) {
    if (count > kMaxDims) too_many(count);
    for (int i = 0; i < size_; ++i) values_[i] = values[i];
  }
  Shape(const Shape& other) noexcept : size_(other.size_) {
    for (int i = 0; i < size_; ++i) values_[i] = other.values_[i];
  }
  Shape& operator=(const Shape& other) noexcept {
    size_ = other.size_;
    for (int i = 0; i < size_; ++i) values_[i] = other.values_[i];
    return *this;
  }

  std::size_t size() const noexcept { return static_cast<std::size_t>(size_); }
  int dim() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::int64_t operator[](std::size_t i) const noexcept { return values_[i]; }
  std::int64_t& operator[](std::size_t i) noexcept { return values_[i]; }
  std::int64_t front() const noexcept { return values_[0]; }
  std::int64_t back() const noexcept { return values_[size_ - 1]; }
  const std::int64_t* data() const noexcept { return values_; }
  const std::int64_t* begin() const noexcept { return values_; }
  const std::int64_t* end() const noexcept { return values_ + size_; }
  std::int64_t* begin() noexcept { return values_; }
  std::int64_t* end() noexcept { return values_ + size_; }
  void push_back(std::int64_t value) {
    if (size_ == kMaxDims) too_many(kMaxDims + 1);
    values_[size_++] = value;
  }
  void insert(int at, std::int64_t value);
  void erase(int at);

  /// Product of the sizes, 1 without any. Throws ShapeError when a size is negative or the product of those that are
  /// not 0 exceeds 2⁵⁹: strides are such products, whether there are elements or not.
  std::int64_t numel() const;
  /// The same; the error names `op`.
  std::int64_t numel(const char* op) const;

  /// "[2, 3]".
  std::string str() const;

  operator std::vector<std::int64_t>() const { return {begin(), end()}; }
  friend bool operator==(const Shape& a, const Shape& b) noexcept {
    if (a.size_ != b.size_) return false;
    for (int i = 0; i < a.size_; ++i) {
      if (a.values_[i] != b.values_[i]) return false;
    }
    return true;
  }
  friend std::ostream& operator<<(std::ostream& out, const Shape& shape);

 private:
  [[noreturn]] static void too_many(std::size_t count);

  int size_;
  std::int64_t values_[kMaxDims];  // only the first size_ are ever read or copied
};

/// Row-major strides, in elements; 0 where they would overflow, which numel() refuses.
Shape contiguous_strides(const Shape& shape) noexcept;

/// The shape both broadcast to (sizes are equal, or one of them is 1 or missing).
/// Throws ShapeError naming `op` and both shapes, or the result if its number of elements overflows.
Shape broadcast_shapes(const Shape& a, const Shape& b, const char* op = "broadcast");

/// `dim` counted from the front, dim in [−n, n). A 0-dim tensor counts as having one dimension.
/// Throws IndexError naming `op`, the dim and the range.
int wrap_dim(std::int64_t dim, std::int64_t n, const char* op);

}  // namespace descent
