// Ops with several results: views of one tensor, whose gradients are joined again in one go.
#include <algorithm>

#include "../op_list.h"
#include "elementwise-inl.h"
#include "repeat.h"

namespace descent {
namespace autograd {
namespace {

/// Nodes of the tape count their results in 16 bits. What has more pieces is recorded piece by piece.
constexpr std::size_t kMostPieces = 60000;

struct Split {  // pieces of these sizes along dim
  static constexpr const char* name = "split";
  int dim;
  std::vector<std::int64_t> sizes;

  Shape piece(const Shape& whole, std::size_t i) const {
    Shape shape = whole;
    shape[static_cast<std::size_t>(dim)] = sizes[i];
    return shape;
  }
  std::vector<Tensor> forward(const Tensor& a) const {
    std::vector<Tensor> result;
    result.reserve(sizes.size());
    std::int64_t at = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      result.push_back(make_view(a, piece(a.shape(), i), a.strides(), at * a.strides()[static_cast<std::size_t>(dim)]));
      at += sizes[i];
    }
    return result;
  }
  std::vector<Tensor> vjp(const Saved& s, std::span<const Tensor> g) const {
    std::vector<Tensor> parts;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      parts.push_back(g[i].defined() ? g[i] : zeros(piece(s.shape(0), i), {.dtype = s.dtype(0)}));
    }
    return {cat(parts, dim)};
  }
};

struct Unbind {  // every position of dim
  static constexpr const char* name = "unbind";
  int dim;
  std::vector<Tensor> forward(const Tensor& a) const {
    Shape shape = a.shape(), strides = a.strides();
    const std::int64_t n = shape[static_cast<std::size_t>(dim)], step = strides[static_cast<std::size_t>(dim)];
    shape.erase(dim);
    strides.erase(dim);
    std::vector<Tensor> result;
    result.reserve(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) result.push_back(make_view(a, shape, strides, i * step));
    return result;
  }
  std::vector<Tensor> vjp(const Saved& s, std::span<const Tensor> g) const {
    Shape shape = s.shape(0);
    shape.erase(dim);
    Tensor nothing;
    std::vector<Tensor> parts;
    for (const Tensor& one : g) {
      if (!one.defined() && !nothing.defined()) nothing = zeros(shape, {.dtype = s.dtype(0)});
      parts.push_back(one.defined() ? one : nothing);
    }
    return {stack(parts, dim)};
  }
};

std::vector<Tensor> pieces(const Tensor& a, int dim, std::vector<std::int64_t> sizes) {
  if (sizes.empty()) return {};
  if (sizes.size() <= kMostPieces) return apply(Split{dim, std::move(sizes)}, a);
  std::vector<Tensor> result;
  std::int64_t at = 0;
  for (const std::int64_t size : sizes) {
    result.push_back(a.narrow(dim, at, size));
    at += size;
  }
  return result;
}

/// The size along `dim`, which is wrapped.
std::int64_t size_along(const char* op, const Tensor& a, std::int64_t& dim) {
  a.checked(op);
  if (a.dim() == 0) fail<IndexError>(op, "needs at least 1 dim, got a 0-dim tensor");
  dim = wrap_dim(dim, a.dim(), op);
  return a.shape()[static_cast<std::size_t>(dim)];
}

/// `size` again and again until n is reached; at least once.
std::vector<std::int64_t> equal_sizes(std::int64_t n, std::int64_t size) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t rest = n; rest > 0; rest -= size) sizes.push_back(std::min(rest, size));
  if (sizes.empty()) sizes.push_back(0);
  return sizes;
}

}  // namespace

OpList split_ops() { return list_of<Split, Unbind>(); }

}  // namespace autograd

using namespace autograd;

std::vector<Tensor> split(const Tensor& a, std::int64_t size, std::int64_t dim) {
  const std::int64_t n = size_along("split", a, dim);
  if (size < 1 && !(size == 0 && n == 0)) {
    throw std::invalid_argument(fmt::format("split: size must be at least 1, got {}", size));
  }
  return pieces(a, static_cast<int>(dim), equal_sizes(n, size));
}

std::vector<Tensor> split(const Tensor& a, const std::vector<std::int64_t>& sizes, std::int64_t dim) {
  const std::int64_t n = size_along("split", a, dim);
  std::int64_t total = 0;
  bool bad = false;
  for (const std::int64_t size : sizes) bad |= size < 0 || __builtin_add_overflow(total, size, &total);
  if (bad || total != n) {
    fail<ShapeError>("split", "the sizes must add up to {}, the size of dim {}, got {}", n, dim,
                     sizes.size() <= Shape::kMaxDims ? Shape(sizes).str() : fmt::format("{} sizes", sizes.size()));
  }
  return pieces(a, static_cast<int>(dim), sizes);
}

std::vector<Tensor> chunk(const Tensor& a, std::int64_t n, std::int64_t dim) {
  const std::int64_t size = size_along("chunk", a, dim);
  if (n < 1) throw std::invalid_argument(fmt::format("chunk: n must be at least 1, got {}", n));
  // As in PyTorch, nothing makes n pieces of nothing.
  if (size == 0) return pieces(a, static_cast<int>(dim), std::vector<std::int64_t>(static_cast<std::size_t>(n)));
  return pieces(a, static_cast<int>(dim), equal_sizes(size, size / n + (size % n != 0)));
}

std::vector<Tensor> unbind(const Tensor& a, std::int64_t dim) {
  const std::int64_t n = size_along("unbind", a, dim);
  if (n == 0) return {};
  if (n <= static_cast<std::int64_t>(kMostPieces)) return apply(Unbind{static_cast<int>(dim)}, a);
  std::vector<Tensor> result;
  for (std::int64_t i = 0; i < n; ++i) result.push_back(a.select(dim, i));
  return result;
}

std::vector<Tensor> meshgrid(const std::vector<Tensor>& tensors, const MeshgridOptions& options) {
  constexpr const char* op = "meshgrid";
  if (options.indexing != "ij" && options.indexing != "xy") {
    throw std::invalid_argument(fmt::format("{}: indexing must be \"ij\" or \"xy\", got \"{}\"", op, options.indexing));
  }
  if (tensors.empty()) throw std::invalid_argument("meshgrid: needs at least one tensor");
  if (tensors.size() > Shape::kMaxDims) {
    fail<ShapeError>(op, "takes at most {} tensors, got {}", Shape::kMaxDims, tensors.size());
  }
  Shape grid;
  for (const Tensor& t : tensors) {
    if (t.checked(op).shape.size() > 1) fail<ShapeError>(op, "takes vectors, got shape {}", t.shape());
    if (t.dtype() != tensors[0].dtype()) {
      fail<DTypeError>(op, "all dtypes must be equal, got {} and {}", tensors[0].dtype(), t.dtype());
    }
    grid.push_back(t.numel());
  }
  const bool swapped = options.indexing == "xy" && tensors.size() > 1;
  std::vector<Tensor> result;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    Shape own = grid;
    std::fill(own.begin(), own.end(), 1);
    own[i] = grid[i];
    const Tensor t = tensors[i].reshape(own).expand(grid);
    result.push_back(swapped ? t.transpose(0, 1) : t);
  }
  return result;
}

std::vector<Tensor> TensorMethods::split(std::int64_t size, std::int64_t dim) const {
  return descent::split(self(), size, dim);
}
std::vector<Tensor> TensorMethods::split(const std::vector<std::int64_t>& sizes, std::int64_t dim) const {
  return descent::split(self(), sizes, dim);
}
std::vector<Tensor> TensorMethods::chunk(std::int64_t n, std::int64_t dim) const {
  return descent::chunk(self(), n, dim);
}
std::vector<Tensor> TensorMethods::unbind(std::int64_t dim) const { return descent::unbind(self(), dim); }

}  // namespace descent
