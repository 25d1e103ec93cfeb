// Views made of other views: dims cut, moved, dropped and matched.
#include "../fail-inl.h"
#include "shape.h"

namespace descent {

Tensor unflatten(const Tensor& a, std::int64_t dim, const Shape& sizes) {
  constexpr const char* op = "unflatten";
  a.checked(op);
  if (a.dim() == 0) fail<IndexError>(op, "needs at least 1 dim, got a 0-dim tensor");
  const int d = wrap_dim(dim, a.dim(), op);
  const std::int64_t n = a.shape()[static_cast<std::size_t>(d)];
  Shape cut = sizes;
  std::int64_t known = 1;
  int unknown = -1;
  bool bad = sizes.empty();
  for (int i = 0; i < sizes.dim(); ++i) {
    const std::int64_t size = sizes[static_cast<std::size_t>(i)];
    bad |= size < -1 || (size == -1 && unknown >= 0);
    if (size == -1)
      unknown = i;
    else
      bad |= __builtin_mul_overflow(known, size, &known);
  }
  bad = bad || (unknown < 0 ? known != n : known < 1 || n % known != 0);
  if (bad) fail<ShapeError>(op, "sizes {} do not make up dim {} of size {}", sizes, d, n);
  if (unknown >= 0) cut[static_cast<std::size_t>(unknown)] = n / known;
  Shape shape;
  for (int i = 0; i < a.shape().dim(); ++i) {
    if (i != d) {
      shape.push_back(a.shape()[static_cast<std::size_t>(i)]);
    } else {
      for (const std::int64_t size : cut) shape.push_back(size);
    }
  }
  return a.view(shape);
}

Tensor movedim(const Tensor& a, const Shape& source, const Shape& destination) {
  constexpr const char* op = "movedim";
  a.checked(op);
  if (source.size() != destination.size()) {
    fail<ShapeError>(op, "needs one destination for each source, got {} and {}", source, destination);
  }
  if (a.dim() == 0) {
    for (const std::int64_t dim : source) wrap_dim(dim, 0, op);
    for (const std::int64_t dim : destination) wrap_dim(dim, 0, op);
    return a.permute({});
  }
  Shape order = a.shape();  // place i takes dim order[i]
  for (std::int64_t& dim : order) dim = -1;
  std::uint32_t moved = 0;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const int from = wrap_dim(source[i], a.dim(), op), to = wrap_dim(destination[i], a.dim(), op);
    if (moved >> from & 1) fail<ShapeError>(op, "a dim comes twice in {}", source);
    if (order[static_cast<std::size_t>(to)] >= 0) fail<ShapeError>(op, "a dim comes twice in {}", destination);
    moved |= std::uint32_t{1} << from;
    order[static_cast<std::size_t>(to)] = from;
  }
  int next = 0;
  for (std::int64_t& dim : order) {
    if (dim >= 0) continue;
    while (moved >> next & 1) ++next;
    dim = next++;
  }
  return a.permute(order);
}

Tensor squeeze(const Tensor& a, const Shape& dims) {
  a.checked("squeeze");
  std::uint32_t bits = 0;
  for (const std::int64_t dim : dims) {
    const std::uint32_t bit = std::uint32_t{1} << wrap_dim(dim, a.dim(), "squeeze");
    if (bits & bit) fail<ShapeError>("squeeze", "a dim comes twice in {}", dims);
    bits |= bit;
  }
  Tensor result = a;
  for (int d = static_cast<int>(a.dim()) - 1; d >= 0; --d) {
    if (bits >> d & 1) result = result.squeeze(d);
  }
  return result;
}

Tensor expand_as(const Tensor& a, const Tensor& other) {
  a.checked("expand_as");
  return expand(a, other.shape());
}

Tensor TensorMethods::unflatten(std::int64_t dim, const Shape& sizes) const {
  return descent::unflatten(self(), dim, sizes);
}
Tensor TensorMethods::movedim(const Shape& source, const Shape& destination) const {
  return descent::movedim(self(), source, destination);
}
Tensor TensorMethods::squeeze(const Shape& dims) const { return descent::squeeze(self(), dims); }
Tensor TensorMethods::broadcast_to(const Shape& shape) const { return descent::broadcast_to(self(), shape); }
Tensor TensorMethods::expand_as(const Tensor& other) const { return descent::expand_as(self(), other); }
Tensor TensorMethods::narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const {
  return descent::narrow(self(), dim, start, length);
}

}  // namespace descent
