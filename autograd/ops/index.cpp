// Ops that follow int64 indices, in two adjoint pairs: index_select and index_add, gather and scatter_add.
#include "../op_list.h"
#include "index-inl.h"

namespace descent {
namespace autograd {
namespace {

Tensor zeros_shaped(const Shape& shape, const Tensor& like) { return zeros(shape, {.dtype = like.dtype()}); }

struct IndexSelect {
  static constexpr const char* name = "index_select";
  static constexpr Uses uses = {input(1)};
  static constexpr std::uint32_t constant_inputs = input(1);
  int dim;
  Tensor forward(const Tensor& a, const Tensor& index) const {
    Shape shape = a.shape();
    shape[static_cast<std::size_t>(dim)] = index.numel();
    Tensor out = make_tensor(shape, a.dtype());
    kernels::index_select(view_of(out), view_of(a), dim, view_of(index));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return index_add(zeros_shaped(s.shape(0), g), dim, s.in(1), g);
  }
};

struct IndexAdd {
  static constexpr const char* name = "index_add";
  static constexpr Uses uses = {0, 0, input(1)};
  static constexpr std::uint32_t constant_inputs = input(1);
  int dim;
  Tensor forward(const Tensor& a, const Tensor& index, const Tensor& source) const {
    Tensor out = a.clone();
    kernels::index_add(view_of(out), view_of(source), dim, view_of(index));
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
  Tensor vjp(In<2>, const Saved& s, const Tensor& g) const { return index_select(g, dim, s.in(1)); }
};

struct Gather {
  static constexpr const char* name = "gather";
  static constexpr Uses uses = {input(1)};
  static constexpr std::uint32_t constant_inputs = input(1);
  int dim;
  Tensor forward(const Tensor& a, const Tensor& index) const {
    Tensor out = make_tensor(index.shape(), a.dtype());
    kernels::gather(view_of(out), view_of(a), dim, view_of(index));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return scatter_add(zeros_shaped(s.shape(0), g), dim, s.in(1), g);
  }
};

struct ScatterAdd {
  static constexpr const char* name = "scatter_add";
  static constexpr Uses uses = {0, 0, input(1)};
  static constexpr std::uint32_t constant_inputs = input(1);
  int dim;
  Tensor forward(const Tensor& a, const Tensor& index, const Tensor& source) const {
    Tensor out = a.clone();
    kernels::scatter_add(view_of(out), view_of(source), dim, view_of(index));
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
  Tensor vjp(In<2>, const Saved& s, const Tensor& g) const { return gather(g, dim, s.in(1)); }
};

void check_range(const char* op, const Tensor& index, std::int64_t lo, std::int64_t size, int dim) {
  if (index.checked(op).dtype != int64) fail<DTypeError>(op, "the index must be int64, got {}", index.dtype());
  const std::int64_t bad = kernels::first_outside(view_of(index), lo, size);
  if (bad >= 0) {
    fail<IndexError>(op, "index {} at position {} is out of range for dim {} of size {}",
                     index.to_vector<std::int64_t>()[static_cast<std::size_t>(bad)], bad, dim, size);
  }
}

}  // namespace

void check_index(const char* op, const Tensor& index, std::int64_t size, int dim) {
  check_range(op, index, 0, size, dim);
}

Tensor wrap_index(const char* op, const Tensor& index, std::int64_t size, int dim) {
  check_range(op, index, -size, size, dim);
  if (kernels::first_outside(view_of(index), 0, size) < 0) return index;
  return where(index < 0, index + size, index);
}

Tensor check_1d(const char* op, const Tensor& a, int dim, const Tensor& index, bool wrap) {
  if (index.checked(op).shape.size() > 1)
    fail<ShapeError>(op, "the index has at most one dim, got shape {}", index.shape());
  const std::int64_t size = a.shape()[static_cast<std::size_t>(dim)];
  if (wrap) return wrap_index(op, index, size, dim).reshape({-1});
  check_index(op, index, size, dim);
  return index.reshape({-1});
}

void check_nd(const char* op, const Tensor& a, int dim, const Tensor& index) {
  const Shape& shape = index.checked(op).shape;
  if (shape.size() != a.shape().size()) {
    fail<ShapeError>(op, "the index must have as many dims as the tensor, got {} and {}", shape, a.shape());
  }
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (static_cast<int>(i) != dim && shape[i] > a.shape()[i]) {
      fail<ShapeError>(op, "the index of shape {} is larger than the tensor of shape {} in dim {}", shape, a.shape(),
                       i);
    }
  }
  check_index(op, index, a.dim() == 0 ? 1 : a.shape()[static_cast<std::size_t>(dim)], dim);
}

Tensor check_source(const char* op, const Tensor& index, const Tensor& source) {
  const Shape &shape = index.shape(), &from = source.shape();
  Tensor part = source;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (from.size() != shape.size() || shape[i] > from[i]) {
      fail<ShapeError>(op, "the source must be at least as large as the index in every dim, got {} and {}", from,
                       shape);
    }
    if (shape[i] < from[i]) part = part.slice(static_cast<std::int64_t>(i), 0, shape[i]);
  }
  if (from.size() != shape.size()) {
    fail<ShapeError>(op, "the source must have as many dims as the index, got {} and {}", from, shape);
  }
  return part;
}

void same_dtype(const char* op, const Tensor& a, const Tensor& source) {
  if (source.checked(op).dtype != a.dtype()) {
    fail<DTypeError>(op, "tensor and source must be of one type, got {} and {}", a.dtype(), source.dtype());
  }
}

OpList index_ops() { return list_of<IndexSelect, IndexAdd, Gather, ScatterAdd>(); }

}  // namespace autograd

using namespace autograd;

Tensor index_select(const Tensor& a, std::int64_t dim, const Tensor& index) {
  a.checked("index_select");
  const int d = wrap_dim(dim, a.dim(), "index_select");
  if (a.dim() == 0) return index_select(a.reshape({1}), 0, index).reshape({});
  const Tensor flat = check_1d("index_select", a, d, index);
  return apply(IndexSelect{d}, a, flat);
}

Tensor index_add(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source) {
  a.checked("index_add");
  same_dtype("index_add", a, source);
  const int d = wrap_dim(dim, a.dim(), "index_add");
  if (a.dim() == 0) fail<ShapeError>("index_add", "needs at least one dim, got a 0-dim tensor");
  const Tensor flat = check_1d("index_add", a, d, index);
  Shape expected = a.shape();
  expected[static_cast<std::size_t>(d)] = flat.numel();
  if (source.shape() != expected) {
    fail<ShapeError>("index_add", "the source must have shape {}, got {}", expected, source.shape());
  }
  return apply(IndexAdd{d}, a, flat, source);
}

Tensor gather(const Tensor& a, std::int64_t dim, const Tensor& index) {
  a.checked("gather");
  const int d = wrap_dim(dim, a.dim(), "gather");
  check_nd("gather", a, d, index);
  if (a.dim() == 0) return a.clone();
  return apply(Gather{d}, a, index);
}

Tensor scatter_add(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source) {
  a.checked("scatter_add");
  same_dtype("scatter_add", a, source);
  const int d = wrap_dim(dim, a.dim(), "scatter_add");
  check_nd("scatter_add", a, d, index);
  if (a.dim() == 0) return a + source;
  return apply(ScatterAdd{d}, a, index, check_source("scatter_add", index, source));
}

Tensor TensorMethods::index_add(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return descent::index_add(self(), dim, index, source);
}
Tensor TensorMethods::scatter_add(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return descent::scatter_add(self(), dim, index, source);
}

}  // namespace descent
