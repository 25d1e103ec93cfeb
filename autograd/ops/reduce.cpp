// Reductions. The gradient of a reduced dim is spread back over it.
#include "reduce-inl.h"

#include "../op_list.h"
#include "statistics-inl.h"

namespace descent {
namespace autograd {

std::uint32_t dim_mask(const char* op, const Tensor& a, const Shape& dims) {
  const int n = static_cast<int>(a.dim());
  if (dims.empty()) return (std::uint32_t{1} << n) - 1;
  std::uint32_t mask = 0;
  for (const std::int64_t dim : dims) {
    const std::uint32_t bit = std::uint32_t{1} << wrap_dim(dim, n, op);
    if (mask & bit) fail<ShapeError>(op, "dim {} comes twice in {}", dim, dims);
    mask |= bit;
  }
  return n == 0 ? 0 : mask;
}

Shape reduced_shape(const Shape& shape, std::uint32_t mask, bool keepdim) {
  Shape result;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (!(mask >> i & 1))
      result.push_back(shape[i]);
    else if (keepdim)
      result.push_back(1);
  }
  return result;
}

Tensor run_reduce(kernels::Reduce kind, const Tensor& a, std::uint32_t mask, bool keepdim, DType dtype) {
  return run_rows(a, mask, keepdim, dtype,
                  [kind](kernels::View out, kernels::View in) { kernels::reduce(kind, out, in); });
}

Tensor with_reduced_dims(const Tensor& g, const Shape& whole, std::uint32_t mask) {
  return g.reshape(reduced_shape(whole, mask, true));
}

std::int64_t reduced_count(const Shape& shape, std::uint32_t mask) {
  std::int64_t n = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) n *= mask >> i & 1 ? shape[i] : 1;
  return n;
}

void floating(const char* op, const Tensor& a) {
  if (!descent::is_floating_point(a.checked(op).dtype)) {
    fail<DTypeError>(op, "takes floats, got {}; convert with .to(float32)", a.dtype());
  }
}

void not_empty(const char* op, const Tensor& a) {
  if (a.checked(op).numel == 0)
    fail<ShapeError>(op, "nothing to choose from in an empty tensor of shape {}", a.shape());
}

int not_empty_dim(const char* op, const Tensor& a, std::int64_t dim) {
  a.checked(op);
  const int d = wrap_dim(dim, a.dim(), op);
  if (a.dim() > 0 && a.shape()[static_cast<std::size_t>(d)] == 0) {
    fail<IndexError>(op, "nothing to choose from along dim {} of shape {}", d, a.shape());
  }
  return d;
}

namespace {

struct Sum {
  static constexpr const char* name = "sum";
  std::uint32_t mask;
  bool keepdim;
  Tensor forward(const Tensor& a) const {
    return run_reduce(kernels::Reduce::Sum, a, mask, keepdim,
                      descent::is_floating_point(a.dtype()) ? a.dtype() : int64);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return expand(with_reduced_dims(g, s.shape(0), mask), s.shape(0));
  }
};

struct Mean {  // g / n
  static constexpr const char* name = "mean";
  std::uint32_t mask;
  bool keepdim;
  Tensor forward(const Tensor& a) const { return run_reduce(kernels::Reduce::Mean, a, mask, keepdim, a.dtype()); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return expand(with_reduced_dims(g / reduced_count(s.shape(0), mask), s.shape(0), mask), s.shape(0));
  }
};

template <bool kLargest>
struct Extreme {  // over all elements; those that reach it share the gradient
  static constexpr const char* name = kLargest ? "max" : "min";
  static constexpr Uses uses = {input(0) | output()};
  Tensor forward(const Tensor& a) const {
    return run_reduce(kLargest ? kernels::Reduce::Max : kernels::Reduce::Min, a, dim_mask(name, a, {}), false,
                      a.dtype());
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor a = s.in(0);
    const std::uint32_t mask = dim_mask(name, a, {});
    return share_among(reaches(a, s.out()), with_reduced_dims(g, a.shape(), mask), mask);
  }
};

std::pair<Tensor, Tensor> run_arg(bool largest, const Tensor& a, int dim, bool keepdim, bool with_values) {
  Tensor in = a.detach();
  if (a.dim() > 0) {
    Shape order;
    for (int i = 0; i < static_cast<int>(a.dim()); ++i) {
      if (i != dim) order.push_back(i);
    }
    order.push_back(dim);
    in = in.permute(order);
  } else {
    in = in.reshape({1});
  }
  Shape kept = in.shape();
  kept.erase(kept.dim() - 1);
  Tensor index = make_tensor(kept, int64), values;
  kernels::View value_view;
  if (with_values) {
    values = make_tensor(kept, a.dtype());
    value_view = view_of(values);
  }
  kernels::arg_reduce(largest, value_view, view_of(index), view_of(in));
  if (keepdim && a.dim() > 0) {
    index = index.unsqueeze(dim);
    if (with_values) values = values.unsqueeze(dim);
  }
  return {values, index};
}

template <bool kLargest>
struct ExtremeDim {  // along a dim; the first index that reaches it gets the gradient
  static constexpr const char* name = kLargest ? "max.dim" : "min.dim";
  static constexpr Uses uses = {output(1)};
  int dim;
  bool keepdim;
  ValuesAndIndices forward(const Tensor& a) const {
    auto [values, index] = run_arg(kLargest, a, dim, keepdim, true);
    return {values, index};
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return at_choice(s.shape(0), dim, keepdim, s.out(1), g); }
};

}  // namespace

OpList reduce_ops() { return list_of<Sum, Mean, Extreme<true>, Extreme<false>, ExtremeDim<true>, ExtremeDim<false>>(); }

}  // namespace autograd

using namespace autograd;

Tensor sum(const Tensor& a) { return sum(a, Shape{}); }
Tensor sum(const Tensor& a, const Shape& dims, bool keepdim) {
  a.checked("sum");
  return apply(Sum{dim_mask("sum", a, dims), keepdim}, a);
}
Tensor mean(const Tensor& a) { return mean(a, Shape{}); }
Tensor mean(const Tensor& a, const Shape& dims, bool keepdim) {
  floating("mean", a);
  return apply(Mean{dim_mask("mean", a, dims), keepdim}, a);
}

Tensor max(const Tensor& a) { return not_empty("max", a), apply(Extreme<true>{}, a); }
Tensor min(const Tensor& a) { return not_empty("min", a), apply(Extreme<false>{}, a); }
ValuesAndIndices max(const Tensor& a, std::int64_t dim, bool keepdim) {
  return apply(ExtremeDim<true>{not_empty_dim("max", a, dim), keepdim}, a);
}
ValuesAndIndices min(const Tensor& a, std::int64_t dim, bool keepdim) {
  return apply(ExtremeDim<false>{not_empty_dim("min", a, dim), keepdim}, a);
}

Tensor argmax(const Tensor& a) {
  return not_empty("argmax", a), run_arg(true, a.detach().flatten(), 0, false, false).second;
}
Tensor argmin(const Tensor& a) {
  return not_empty("argmin", a), run_arg(false, a.detach().flatten(), 0, false, false).second;
}
Tensor argmax(const Tensor& a, std::int64_t dim, bool keepdim) {
  return run_arg(true, a, not_empty_dim("argmax", a, dim), keepdim, false).second;
}
Tensor argmin(const Tensor& a, std::int64_t dim, bool keepdim) {
  return run_arg(false, a, not_empty_dim("argmin", a, dim), keepdim, false).second;
}

Tensor sum_to(const Tensor& a, const Shape& shape) {
  const Shape& from = a.checked("sum_to").shape;
  if (from == shape) return a;
  if (broadcast_shapes(from, shape, "sum_to") != from) {
    fail<ShapeError>("sum_to", "shape {} does not broadcast to {}", shape, from);
  }
  const std::size_t shift = from.size() - shape.size();
  std::uint32_t mask = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (i < shift || (shape[i - shift] == 1 && from[i] != 1)) mask |= std::uint32_t{1} << i;
  }
  const Tensor summed = mask ? apply(Sum{mask, false}, a) : a;
  return summed.reshape(shape);
}

}  // namespace descent
