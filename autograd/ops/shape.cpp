// Ops that rearrange elements. Most make a view; their gradients are rearrangements too.
#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

/// Strides under which `a` has `shape` without a copy, if there are any: dims of `a` that lie in one row-major run are
/// cut anew. Both shapes hold the same number of elements.
std::optional<Shape> view_strides(const Tensor& a, const Shape& shape) {
  const TensorImpl& impl = *a.impl();
  if (impl.contiguous || impl.numel == 0) return contiguous_strides(shape);
  Shape sizes, steps;  // of a, without dims of size 1
  for (std::size_t i = 0; i < impl.shape.size(); ++i) {
    if (impl.shape[i] == 1) continue;
    sizes.push_back(impl.shape[i]);
    steps.push_back(impl.strides[i]);
  }
  Shape strides = contiguous_strides(shape);
  std::size_t to = shape.size();
  for (std::size_t from = sizes.size(); from > 0;) {
    const std::int64_t step = steps[--from];
    std::int64_t run = sizes[from];
    while (from > 0 && steps[from - 1] == sizes[from] * steps[from]) run *= sizes[--from];
    std::int64_t filled = 1;
    while (to > 0 && filled * shape[to - 1] <= run) {
      --to;
      strides[to] = filled * step;
      filled *= shape[to];
    }
    if (filled != run) return std::nullopt;
  }
  return strides;
}

Shape infer_shape(const char* op, const Tensor& a, Shape shape) {
  std::int64_t known = 1;
  int unknown = -1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == -1 && unknown < 0)
      unknown = static_cast<int>(i);
    else if (shape[i] < 0)
      fail<ShapeError>(op, "at most one size may be -1 and none smaller, got {}", shape);
    else if (__builtin_mul_overflow(known, shape[i], &known))
      fail<ShapeError>(op, "the sizes overflow, got {}", shape);
  }
  if (unknown >= 0) {
    if (known == 0 || a.numel() % known != 0) {
      fail<ShapeError>(op, "the -1 in {} cannot be found for {} elements of shape {}", shape, a.numel(), a.shape());
    }
    shape[static_cast<std::size_t>(unknown)] = a.numel() / known;
  } else if (known != a.numel()) {
    fail<ShapeError>(op, "shape {} does not hold the {} elements of shape {}", shape, a.numel(), a.shape());
  }
  shape.numel(op);  // sizes beside a 0
  return shape;
}

struct Reshape {
  static constexpr const char* name = "reshape";
  Shape shape;
  Tensor forward(const Tensor& a) const {
    if (const auto strides = view_strides(a, shape)) return make_view(a, shape, *strides);
    return make_view(a.contiguous(), shape, contiguous_strides(shape));
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g.reshape(s.shape(0)); }
};

struct Transpose {
  static constexpr const char* name = "transpose";
  int dim0, dim1;
  Tensor forward(const Tensor& a) const {
    Shape shape = a.shape(), strides = a.strides();
    if (!shape.empty()) {
      std::swap(shape[static_cast<std::size_t>(dim0)], shape[static_cast<std::size_t>(dim1)]);
      std::swap(strides[static_cast<std::size_t>(dim0)], strides[static_cast<std::size_t>(dim1)]);
    }
    return make_view(a, shape, strides);
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g.transpose(dim0, dim1); }
};

struct Permute {
  static constexpr const char* name = "permute";
  Shape dims;
  Tensor forward(const Tensor& a) const {
    Shape shape = a.shape(), strides = a.strides();
    for (std::size_t i = 0; i < dims.size(); ++i) {
      shape[i] = a.shape()[static_cast<std::size_t>(dims[i])];
      strides[i] = a.strides()[static_cast<std::size_t>(dims[i])];
    }
    return make_view(a, shape, strides);
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const {
    Shape inverse = dims;
    for (std::size_t i = 0; i < dims.size(); ++i)
      inverse[static_cast<std::size_t>(dims[i])] = static_cast<std::int64_t>(i);
    return g.permute(inverse);
  }
};

struct Squeeze {  // drops the dims whose bit is set
  static constexpr const char* name = "squeeze";
  std::uint32_t dims;
  Tensor forward(const Tensor& a) const {
    Shape shape, strides;
    for (std::size_t i = 0; i < a.shape().size(); ++i) {
      if (dims >> i & 1) continue;
      shape.push_back(a.shape()[i]);
      strides.push_back(a.strides()[i]);
    }
    return make_view(a, shape, strides);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g.reshape(s.shape(0)); }
};

struct Unsqueeze {
  static constexpr const char* name = "unsqueeze";
  int dim;
  Tensor forward(const Tensor& a) const {
    Shape shape = a.shape(), strides = a.strides();
    const auto at = static_cast<std::size_t>(dim);
    strides.insert(dim, at < shape.size() ? shape[at] * strides[at] : 1);
    shape.insert(dim, 1);
    return make_view(a, shape, strides);
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g.squeeze(dim); }
};

struct Expand {  // the engine sums the gradient back over the new and stretched dims
  static constexpr const char* name = "expand";
  Shape shape;
  Tensor forward(const Tensor& a) const {
    Shape strides;
    broadcast_view(a, shape, strides);
    return make_view(a, shape, strides);
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
};

struct Slice;

struct SliceGrad {  // zeros of the whole shape with g in the slice
  static constexpr const char* name = "slice_grad";
  Shape whole;
  int dim;
  std::int64_t start, length, step;
  Tensor forward(const Tensor& g) const;
  Tensor vjp(In<0>, const Saved&, const Tensor& h) const;
};

struct Slice {
  static constexpr const char* name = "slice";
  int dim;
  std::int64_t start, length, step;
  Tensor forward(const Tensor& a) const {
    const auto d = static_cast<std::size_t>(dim);
    Shape shape = a.shape(), strides = a.strides();
    const std::int64_t offset = start * strides[d];
    shape[d] = length;
    strides[d] *= step;
    return make_view(a, shape, strides, offset);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return apply(SliceGrad{s.shape(0), dim, start, length, step}, g);
  }
};

Tensor SliceGrad::forward(const Tensor& g) const {
  Tensor out = zeros(whole, {.dtype = g.dtype()});
  kernels::copy(view_of(Slice{dim, start, length, step}.forward(out)), view_of(g));
  return out;
}
Tensor SliceGrad::vjp(In<0>, const Saved&, const Tensor& h) const { return apply(Slice{dim, start, length, step}, h); }

struct To {
  static constexpr const char* name = "to";
  DType dtype;
  Tensor forward(const Tensor& a) const {
    Tensor out = make_tensor(a.shape(), dtype);
    kernels::copy(view_of(out), view_of(a));
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }  // converted by the engine
};

struct Clone {
  static constexpr const char* name = "clone";
  Tensor forward(const Tensor& a) const { return To{a.dtype()}.forward(a); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
};

}  // namespace

OpList shape_ops() {
  return list_of<Reshape, Transpose, Permute, Squeeze, Unsqueeze, Expand, SliceGrad, Slice, To, Clone>();
}

}  // namespace autograd

using namespace autograd;

Tensor reshape(const Tensor& a, const Shape& shape) {
  a.checked("reshape");
  return apply(Reshape{infer_shape("reshape", a, shape)}, a);
}

Tensor view(const Tensor& a, const Shape& shape) {
  a.checked("view");
  const Shape full = infer_shape("view", a, shape);
  if (!view_strides(a, full)) {
    fail<ShapeError>("view", "shape {} needs a copy of strides {} of shape {}; use reshape", full, a.strides(),
                     a.shape());
  }
  return apply(Reshape{full}, a);
}

Tensor flatten(const Tensor& a, std::int64_t start_dim, std::int64_t end_dim) {
  a.checked("flatten");
  const int start = wrap_dim(start_dim, a.dim(), "flatten"), end = wrap_dim(end_dim, a.dim(), "flatten");
  if (start > end) fail<ShapeError>("flatten", "start_dim {} comes after end_dim {}", start_dim, end_dim);
  if (a.dim() == 0) return a.reshape({1});
  Shape shape;
  std::int64_t joined = 1;
  for (int i = 0; i < static_cast<int>(a.dim()); ++i) {
    const std::int64_t n = a.shape()[static_cast<std::size_t>(i)];
    joined *= i >= start && i <= end ? n : 1;
    if (i < start || i > end)
      shape.push_back(n);
    else if (i == end)
      shape.push_back(joined);
  }
  return a.reshape(shape);
}

Tensor transpose(const Tensor& a, std::int64_t dim0, std::int64_t dim1) {
  a.checked("transpose");
  const int d0 = wrap_dim(dim0, a.dim(), "transpose"), d1 = wrap_dim(dim1, a.dim(), "transpose");
  return apply(Transpose{d0, d1}, a);
}

Tensor t(const Tensor& a) {
  a.checked("t");
  if (a.dim() > 2) fail<ShapeError>("t", "takes at most 2 dims, got shape {}; use transpose or permute", a.shape());
  return a.dim() < 2 ? apply(Transpose{0, 0}, a) : apply(Transpose{0, 1}, a);
}

Tensor permute(const Tensor& a, const Shape& dims) {
  a.checked("permute");
  if (static_cast<std::int64_t>(dims.size()) != a.dim()) {
    fail<ShapeError>("permute", "needs one dim for each of shape {}, got {}", a.shape(), dims);
  }
  Shape order = dims;
  std::uint32_t seen = 0;
  for (std::int64_t& dim : order) {
    dim = wrap_dim(dim, a.dim(), "permute");
    if (seen >> dim & 1) fail<ShapeError>("permute", "a dim comes twice in {}", dims);
    seen |= std::uint32_t{1} << dim;
  }
  return apply(Permute{order}, a);
}

Tensor squeeze(const Tensor& a) {
  const Shape& shape = a.checked("squeeze").shape;
  std::uint32_t dims = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) dims |= shape[i] == 1 ? std::uint32_t{1} << i : 0;
  return apply(Squeeze{dims}, a);
}

Tensor squeeze(const Tensor& a, std::int64_t dim) {
  a.checked("squeeze");
  const int d = wrap_dim(dim, a.dim(), "squeeze");
  const bool drop = a.dim() > 0 && a.shape()[static_cast<std::size_t>(d)] == 1;
  return apply(Squeeze{drop ? std::uint32_t{1} << d : 0}, a);
}

Tensor unsqueeze(const Tensor& a, std::int64_t dim) {
  a.checked("unsqueeze");
  return apply(Unsqueeze{wrap_dim(dim, a.dim() + 1, "unsqueeze")}, a);
}

Tensor expand(const Tensor& a, const Shape& shape) {
  const Shape& from = a.checked("expand").shape;
  Shape full = shape;
  if (shape.size() < from.size()) {
    fail<ShapeError>("expand", "shape {} has fewer dims than the tensor's {}", shape, from);
  }
  const std::size_t shift = shape.size() - from.size();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool kept = shape[i] == -1;
    if (kept && i >= shift) full[i] = from[i - shift];
    if (full[i] < 0) fail<ShapeError>("expand", "-1 keeps a size that the tensor has, got {} for {}", shape, from);
    if (i >= shift && from[i - shift] != full[i] && from[i - shift] != 1) {
      fail<ShapeError>("expand", "a size must match or be 1 to be expanded, got {} for {}", shape, from);
    }
  }
  full.numel("expand");
  return apply(Expand{full}, a);
}

Tensor broadcast_to(const Tensor& a, const Shape& shape) { return expand(a, shape); }

Tensor slice(const Tensor& a, std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step) {
  a.checked("slice");
  if (a.dim() == 0) fail<IndexError>("slice", "a 0-dim tensor cannot be sliced");
  if (step < 1) throw std::invalid_argument(fmt::format("slice: step must be at least 1, got {}", step));
  const int d = wrap_dim(dim, a.dim(), "slice");
  const std::int64_t n = a.shape()[static_cast<std::size_t>(d)];
  const auto clip = [n](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + n : i, 0, n); };
  const std::int64_t from = clip(start), to = std::max(from, clip(end));
  step = std::min(step, std::max<std::int64_t>(n, 1));  // a larger one takes the first alone, too
  return apply(Slice{d, from, (to - from) / step + ((to - from) % step != 0), step}, a);
}

Tensor narrow(const Tensor& a, std::int64_t dim, std::int64_t start, std::int64_t length) {
  a.checked("narrow");
  if (a.dim() == 0) fail<IndexError>("narrow", "a 0-dim tensor cannot be narrowed");
  const int d = wrap_dim(dim, a.dim(), "narrow");
  const std::int64_t n = a.shape()[static_cast<std::size_t>(d)];
  const std::int64_t from = start < 0 ? start + n : start;
  if (from < 0 || length < 0 || from > n || length > n - from) {
    fail<IndexError>("narrow", "start {} and length {} leave dim {} of size {}", start, length, d, n);
  }
  return apply(Slice{d, from, length, 1}, a);
}

Tensor select(const Tensor& a, std::int64_t dim, std::int64_t index) {
  a.checked("select");
  if (a.dim() == 0) fail<IndexError>("select", "a 0-dim tensor cannot be indexed");
  const int d = wrap_dim(dim, a.dim(), "select");
  const std::int64_t n = a.shape()[static_cast<std::size_t>(d)];
  if (index < -n || index >= n)
    fail<IndexError>("select", "index {} is out of range for dim {} of size {}", index, d, n);
  return apply(Squeeze{std::uint32_t{1} << d}, apply(Slice{d, index < 0 ? index + n : index, 1, 1}, a));
}

Tensor to(const Tensor& a, DType dtype) { return a.to(dtype); }

Tensor Tensor::to(DType dtype) const {
  if (checked("to").dtype == dtype) return *this;
  if (!descent::is_floating_point(dtype)) return To{dtype}.forward(*this);  // no gradient passes through integers
  return apply(To{dtype}, *this);
}

Tensor Tensor::clone() const {
  checked("clone");
  return apply(Clone{}, *this);
}

Tensor Tensor::contiguous() const { return checked("contiguous").contiguous ? *this : clone(); }

}  // namespace descent
