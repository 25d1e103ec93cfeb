#include "shape.h"

#include <ostream>

#include "fail-inl.h"

namespace descent {

void Shape::too_many(std::size_t count) {
  fail<ShapeError>("Shape", "a tensor has at most {} dimensions, got {}", kMaxDims, count);
}

void Shape::insert(int at, std::int64_t value) {
  push_back(value);
  for (int i = size_ - 1; i > at; --i) values_[i] = values_[i - 1];
  values_[at] = value;
}

void Shape::erase(int at) {
  for (int i = at; i + 1 < size_; ++i) values_[i] = values_[i + 1];
  --size_;
}

std::int64_t Shape::numel() const { return numel("Shape"); }

std::int64_t Shape::numel(const char* op) const {
  std::int64_t product = 1;
  bool overflow = false, zero = false;
  for (int i = 0; i < size_; ++i) {
    if (values_[i] < 0) fail<ShapeError>(op, "sizes must not be negative, got {}", *this);
    zero |= values_[i] == 0;
    overflow |= values_[i] > 0 && __builtin_mul_overflow(product, values_[i], &product);
  }
  // Bytes and element offsets must fit as well.
  if (overflow || product > (std::int64_t{1} << 59)) {
    fail<ShapeError>(op, "the number of elements overflows, got {}", *this);
  }
  return zero ? 0 : product;
}

std::string Shape::str() const {
  std::string text = "[";
  for (int i = 0; i < size_; ++i) text += (i ? ", " : "") + std::to_string(values_[i]);
  return text + "]";
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.str(); }

Shape contiguous_strides(const Shape& shape) noexcept {
  Shape strides = shape;
  std::int64_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = step;
    if (shape[i] > 1 && __builtin_mul_overflow(step, shape[i], &step)) step = 0;
  }
  return strides;
}

Shape broadcast_shapes(const Shape& a, const Shape& b, const char* op) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape result = longer;
  const std::size_t shift = longer.size() - shorter.size();
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    const std::int64_t x = longer[i + shift], y = shorter[i];
    if (x != y && x != 1 && y != 1) fail<ShapeError>(op, "shapes do not broadcast, got {} and {}", a, b);
    result[i + shift] = x == 1 ? y : x;
  }
  result.numel(op);
  return result;
}

int wrap_dim(std::int64_t dim, std::int64_t n, const char* op) {
  const std::int64_t range = n > 0 ? n : 1;
  if (dim < -range || dim >= range) {
    fail<IndexError>(op, "dim must be in [{}, {}], got {}", -range, range - 1, dim);
  }
  return static_cast<int>(dim < 0 ? dim + range : dim);
}

}  // namespace descent
