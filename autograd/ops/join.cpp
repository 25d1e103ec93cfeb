// Ops that put several tensors together.
#include <algorithm>

#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

struct Cat {  // each input gets its slice of g
  static constexpr const char* name = "cat";
  int dim;
  std::vector<std::int64_t> sizes;
  Tensor forward(const std::vector<Tensor>& all) const {
    const auto d = static_cast<std::size_t>(dim);
    Shape shape = all[0].shape();
    DType dtype = all[0].dtype();
    shape[d] = 0;
    for (const Tensor& t : all) {
      shape[d] += t.shape()[d];
      dtype = promote(dtype, t.dtype());
    }
    Tensor out = make_tensor(shape, dtype);
    std::int64_t at = 0;
    for (const Tensor& t : all) {
      kernels::copy(view_of(make_view(out, t.shape(), out.strides(), at * out.strides()[d])), view_of(t));
      at += t.shape()[d];
    }
    return out;
  }
  std::vector<Tensor> vjp(const Saved& s, std::span<const Tensor> g) const {
    std::vector<Tensor> result(sizes.size());
    std::int64_t at = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if (s.needs(static_cast<int>(i))) result[i] = g[0].slice(dim, at, at + sizes[i]);
      at += sizes[i];
    }
    return result;
  }
};

Tensor join(const char* op, const std::vector<Tensor>& tensors, std::int64_t dim) {
  if (tensors.empty()) throw std::invalid_argument(fmt::format("{}: needs at least one tensor", op));
  for (const Tensor& t : tensors) t.checked(op);
  // As in PyTorch, an empty vector joins anything: where a loop starts to collect results.
  const auto empty_vector = [](const Tensor& t) { return t.shape() == Shape{0}; };
  const auto other = std::find_if_not(tensors.begin(), tensors.end(), empty_vector);
  const Shape first = other == tensors.end() ? Shape{0} : other->shape();
  if (first.empty()) fail<ShapeError>(op, "0-dim tensors cannot be joined; use stack");
  const int d = wrap_dim(dim, first.dim(), op);
  Shape nothing = first;
  nothing[static_cast<std::size_t>(d)] = 0;
  std::vector<Tensor> parts;
  std::vector<std::int64_t> sizes;
  for (const Tensor& t : tensors) {
    const bool skipped = first.size() > 1 && empty_vector(t);
    parts.push_back(skipped ? t.reshape(nothing) : t);
    Shape shape = parts.back().shape();
    if (shape.size() == first.size()) {
      sizes.push_back(shape[static_cast<std::size_t>(d)]);
      shape[static_cast<std::size_t>(d)] = first[static_cast<std::size_t>(d)];
    }
    if (shape != first) {
      fail<ShapeError>(op, "all sizes but that of dim {} must be equal, got {} and {}", d, first, t.shape());
    }
  }
  return apply_list(Cat{d, std::move(sizes)}, parts);
}

/// Every tensor with at least `dims` dims: new ones go in front, but dim 2 behind.
std::vector<Tensor> widened(const char* op, const std::vector<Tensor>& tensors, std::size_t dims) {
  std::vector<Tensor> result;
  for (const Tensor& t : tensors) {
    Shape shape = t.checked(op).shape;
    if (shape.empty()) shape.push_back(1);
    if (shape.size() == 1 && dims > 1) shape.insert(0, 1);
    if (shape.size() == 2 && dims > 2) shape.push_back(1);
    result.push_back(shape == t.shape() ? t : t.reshape(shape));
  }
  return result;
}

}  // namespace

OpList join_ops() { return list_of<Cat>(); }

}  // namespace autograd

using namespace autograd;

Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim) { return join("cat", tensors, dim); }

Tensor hstack(const std::vector<Tensor>& tensors) {
  const std::vector<Tensor> all = widened("hstack", tensors, 1);
  return join("hstack", all, !all.empty() && all[0].dim() > 1 ? 1 : 0);
}

Tensor vstack(const std::vector<Tensor>& tensors) { return join("vstack", widened("vstack", tensors, 2), 0); }

Tensor dstack(const std::vector<Tensor>& tensors) { return join("dstack", widened("dstack", tensors, 3), 2); }

Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim) {
  if (tensors.empty()) throw std::invalid_argument("stack: needs at least one tensor");
  const Shape& first = tensors[0].checked("stack").shape;
  const int d = wrap_dim(dim, first.dim() + 1, "stack");
  std::vector<Tensor> rows;
  for (const Tensor& t : tensors) {
    if (t.checked("stack").shape != first) {
      fail<ShapeError>("stack", "all shapes must be equal, got {} and {}", first, t.shape());
    }
    rows.push_back(t.unsqueeze(d));
  }
  return cat(rows, d);
}

}  // namespace descent
