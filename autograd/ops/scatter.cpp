// Ops that write at indices. A write is the adjoint of a read: index_copy and index_select, scatter and gather.
#include "scatter.h"

#include <limits>

#include "../op_list.h"
#include "index-inl.h"
#include "sorting.h"
#include "statistics-inl.h"

namespace descent {
namespace autograd {
namespace {

using kernels::Write;

Tensor zero_like(const Tensor& a) { return zeros({}, {.dtype = a.dtype()}); }

/// 0 … n − 1 in index's shape, written where `write` says and read back: true for the writes that nothing overwrote.
template <class F, class G>
Tensor last_writes(const Shape& target, const Tensor& index, F write, G read) {
  const Tensor numbers = arange(index.numel()).reshape(index.shape());
  Tensor owner = make_tensor(target, int64), found = make_tensor(index.shape(), int64);
  write(view_of(owner), view_of(numbers));
  read(view_of(found), view_of(owner));
  return found == numbers;
}

struct Scatter {  // of a: 0 at the written places; of the source: g there, for the write that counted
  static constexpr const char* name = "scatter";
  static constexpr Uses uses = {input(1), 0, input(1)};
  static constexpr std::uint32_t constant_inputs = input(1);
  int dim;
  Tensor forward(const Tensor& a, const Tensor& index, const Tensor& source) const {
    Tensor out = a.clone();
    kernels::scatter(Write::Assign, view_of(out), view_of(source), dim, view_of(index));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor index = s.in(1);
    return apply(Scatter{dim}, g, index, zero_like(g).expand(index.shape()));
  }
  Tensor vjp(In<2>, const Saved& s, const Tensor& g) const {
    const Tensor index = s.in(1);
    const Tensor last = last_writes(
        g.shape(), index,
        [&](kernels::View out, kernels::View in) { kernels::scatter(Write::Assign, out, in, dim, view_of(index)); },
        [&](kernels::View out, kernels::View in) { kernels::gather(out, in, dim, view_of(index)); });
    return where(last, gather(g, dim, index), 0);
  }
};

struct IndexCopy {  // the same for whole rows
  static constexpr const char* name = "index_copy";
  static constexpr Uses uses = {input(1), 0, input(1)};
  static constexpr std::uint32_t constant_inputs = input(1);
  int dim;
  Tensor forward(const Tensor& a, const Tensor& index, const Tensor& source) const {
    Tensor out = a.clone();
    kernels::index_write(Write::Assign, view_of(out), view_of(source), dim, view_of(index));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor index = s.in(1);
    Shape rows = g.shape();
    rows[static_cast<std::size_t>(dim)] = index.numel();
    return apply(IndexCopy{dim}, g, index, zero_like(g).expand(rows));
  }
  Tensor vjp(In<2>, const Saved& s, const Tensor& g) const {
    const Tensor index = s.in(1);
    const Tensor last = last_writes(
        {g.shape()[static_cast<std::size_t>(dim)]}, index,
        [&](kernels::View out, kernels::View in) { kernels::index_write(Write::Assign, out, in, 0, view_of(index)); },
        [&](kernels::View out, kernels::View in) { kernels::index_select(out, in, 0, view_of(index)); });
    Shape column(std::vector<std::int64_t>(static_cast<std::size_t>(g.dim()), 1));
    column[static_cast<std::size_t>(dim)] = index.numel();
    return where(last.reshape(column), index_select(g, dim, index), 0);
  }
};

Tensor run_scatter(Write kind, const Tensor& a, int dim, const Tensor& index, const Tensor& source) {
  Tensor out = a.clone();
  kernels::scatter(kind, view_of(out), view_of(source), dim, view_of(index));
  return out;
}

template <bool kLargest>
struct ScatterExtreme {  // all that reach the extreme share its gradient
  static constexpr const char* name = kLargest ? "scatter_amax" : "scatter_amin";
  static constexpr Uses uses = {input(0) | input(1) | input(2) | output(), 0,
                                input(0) | input(1) | input(2) | output()};
  static constexpr std::uint32_t constant_inputs = input(1);
  int dim;
  Tensor forward(const Tensor& a, const Tensor& index, const Tensor& source) const {
    return run_scatter(kLargest ? Write::Maximum : Write::Minimum, a, dim, index, source);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return reaches(s.in(0), s.out()).to(g.dtype()) * share(s, g);
  }
  Tensor vjp(In<2>, const Saved& s, const Tensor& g) const {
    return reached(s).to(g.dtype()) * gather(share(s, g), dim, s.in(1));
  }
  Tensor reached(const Saved& s) const { return reaches(s.in(2), gather(s.out(), dim, s.in(1))); }
  Tensor share(const Saved& s, const Tensor& g) const {
    return g / scatter_add(reaches(s.in(0), s.out()).to(g.dtype()), dim, s.in(1), reached(s).to(g.dtype()));
  }
};

/// For each entry of x the product of those before it in its run (behind it, for way = −1); rank[i] counts them. The
/// window of factors doubles each time: no division, so zeros do no harm.
Tensor product_of_run(const Tensor& x, const Tensor& rank, std::int64_t way) {
  const std::int64_t n = x.numel(), most = rank.max().item<std::int64_t>();
  const auto back = [&](const Tensor& t, std::int64_t by) {
    return index_select(t, 0, clamp(arange(n) - way * by, 0.0, static_cast<double>(n - 1)));
  };
  Tensor product = where(rank > 0, back(x, 1), 1);
  for (std::int64_t width = 1; width < most; width *= 2) {
    product = where(rank > width, product * back(product, width), product);
  }
  return product;
}

/// For each entry of the source the product of all others that fall on the same place.
Tensor others(const Shape& target, int dim, const Tensor& index, const Tensor& source) {
  if (source.numel() == 0) return source;
  const Tensor place = gather(arange(target.numel()).reshape(target), dim, index).flatten();
  const Tensor order = argsort(place), sorted = index_select(place, 0, order), at = arange(place.numel());
  const Tensor x = index_select(source.reshape({place.numel()}), 0, order);
  const Tensor product = product_of_run(x, at - searchsorted(sorted, sorted), 1) *
                         product_of_run(x, searchsorted(sorted, sorted, {.right = true}) - 1 - at, -1);
  return index_select(product, 0, argsort(order)).reshape(source.shape());
}

struct ScatterProd {  // of each factor: g times the product of the others
  static constexpr const char* name = "scatter_prod";
  static constexpr Uses uses = {input(1) | input(2), 0, input(0) | input(1) | input(2)};
  static constexpr std::uint32_t constant_inputs = input(1);
  int dim;
  Tensor forward(const Tensor& a, const Tensor& index, const Tensor& source) const {
    return run_scatter(Write::Multiply, a, dim, index, source);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return g * apply(ScatterProd{dim}, ones_like(g), s.in(1), s.in(2));
  }
  Tensor vjp(In<2>, const Saved& s, const Tensor& g) const {
    const Tensor index = s.in(1);
    return gather(g * s.in(0), dim, index) * others(s.in(0).shape(), dim, index, s.in(2));
  }
};

/// The number with which each kind of reduction begins.
Scalar neutral(const std::string& reduce, DType dtype) {
  if (reduce == "prod") return 1;
  if (reduce == "sum" || reduce == "mean") return 0;
  const bool largest = reduce == "amax";
  if (descent::is_floating_point(dtype)) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return largest ? -kInfinity : kInfinity;
  }
  if (dtype == int64) {
    using Limits = std::numeric_limits<std::int64_t>;
    return largest ? Limits::min() : Limits::max();
  }
  return largest ? 0 : dtype == uint8 ? 255 : 1;
}

}  // namespace

Tensor write_at(const Tensor& a, int dim, const Tensor& index, const Tensor& source) {
  return apply(IndexCopy{dim}, a, index, source);
}

OpList scatter_ops() { return list_of<Scatter, IndexCopy, ScatterExtreme<true>, ScatterExtreme<false>, ScatterProd>(); }

}  // namespace autograd

using namespace autograd;

Tensor scatter(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source,
               const ScatterOptions& options) {
  constexpr const char* op = "scatter";
  a.checked(op);
  same_dtype(op, a, source);
  const int d = wrap_dim(dim, a.dim(), op);
  check_nd(op, a, d, index);
  const Tensor part = check_source(op, index, source);
  if (options.reduce && *options.reduce != "add" && *options.reduce != "multiply") {
    throw std::invalid_argument(
        fmt::format("scatter: reduce must be \"add\" or \"multiply\", got \"{}\"", *options.reduce));
  }
  if (a.dim() == 0) return scatter(a.reshape({1}), 0, index.reshape({1}), part.reshape({1}), options).reshape({});
  if (!options.reduce) return apply(Scatter{d}, a, index, part);
  if (*options.reduce == "add") return scatter_add(a, d, index, part);
  return apply(ScatterProd{d}, a, index, part);
}

Tensor scatter(const Tensor& a, std::int64_t dim, const Tensor& index, Scalar value, const ScatterOptions& options) {
  const DType dtype = a.checked("scatter").dtype;
  return scatter(a, dim, index, full({}, value, {.dtype = dtype}).expand(index.checked("scatter").shape), options);
}

Tensor scatter_reduce(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source,
                      const std::string& reduce, const ScatterReduceOptions& options) {
  constexpr const char* op = "scatter_reduce";
  a.checked(op);
  same_dtype(op, a, source);
  const int d = wrap_dim(dim, a.dim(), op);
  check_nd(op, a, d, index);
  const Tensor part = check_source(op, index, source);
  if (reduce != "sum" && reduce != "prod" && reduce != "mean" && reduce != "amax" && reduce != "amin") {
    throw std::invalid_argument(fmt::format(
        "scatter_reduce: reduce must be \"sum\", \"prod\", \"mean\", \"amax\" or \"amin\", got \"{}\"", reduce));
  }
  if (reduce == "mean" && !a.is_floating_point()) fail<DTypeError>(op, "a mean is of floats, got {}", a.dtype());
  if (a.dim() == 0) {
    return scatter_reduce(a.reshape({1}), 0, index.reshape({1}), part.reshape({1}), reduce, options).reshape({});
  }
  const Tensor base = options.include_self ? a : scatter(a, d, index, neutral(reduce, a.dtype()));
  if (reduce == "prod") return apply(ScatterProd{d}, base, index, part);
  if (reduce == "amax") return apply(ScatterExtreme<true>{d}, base, index, part);
  if (reduce == "amin") return apply(ScatterExtreme<false>{d}, base, index, part);
  const Tensor summed = scatter_add(base, d, index, part);
  if (reduce == "sum") return summed;
  Tensor count = ones(a.shape(), {.dtype = a.dtype()});
  if (!options.include_self) count = scatter(count, d, index, 0);
  count = scatter_add(count, d, index, ones(index.shape(), {.dtype = a.dtype()}));
  return summed / count;
}

Tensor index_copy(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source) {
  constexpr const char* op = "index_copy";
  a.checked(op);
  same_dtype(op, a, source);
  const int d = wrap_dim(dim, a.dim(), op);
  if (a.dim() == 0) {
    if (source.numel() != 1) fail<ShapeError>(op, "the source must have one element, got shape {}", source.shape());
    return index_copy(a.reshape({1}), 0, index, source.reshape({1})).reshape({});
  }
  const Tensor flat = check_1d(op, a, d, index);
  Shape expected = a.shape();
  expected[static_cast<std::size_t>(d)] = flat.numel();
  if (source.shape() != expected && !(index.dim() == 0 && a.dim() == 1 && source.dim() == 0)) {
    fail<ShapeError>(op, "the source must have shape {}, got {}", expected, source.shape());
  }
  return write_at(a, d, flat, source.reshape(expected));
}

Tensor index_fill(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& value) {
  constexpr const char* op = "index_fill";
  a.checked(op);
  if (value.checked(op).shape.size() != 0) {
    fail<ShapeError>(op, "the value must be a number or 0-dim, got shape {}", value.shape());
  }
  const int d = wrap_dim(dim, a.dim(), op);
  if (a.dim() == 0) return index_fill(a.reshape({1}), 0, index, value).reshape({});
  const Tensor flat = check_1d(op, a, d, index, true);
  Shape rows = a.shape();
  rows[static_cast<std::size_t>(d)] = flat.numel();
  return write_at(a, d, flat, value.to(a.dtype()).expand(rows));
}

Tensor index_fill(const Tensor& a, std::int64_t dim, const Tensor& index, Scalar value) {
  return index_fill(a, dim, index, full({}, value, {.dtype = a.checked("index_fill").dtype}));
}

Tensor take(const Tensor& a, const Tensor& index) {
  a.checked("take");
  index.checked("take");
  const Tensor at = wrap_index("take", index, a.numel(), 0);
  return index_select(a.reshape({a.numel()}), 0, at.reshape({at.numel()})).reshape(at.shape());
}

Tensor take_along_dim(const Tensor& a, const Tensor& index, std::optional<std::int64_t> dim) {
  constexpr const char* op = "take_along_dim";
  a.checked(op);
  index.checked(op);
  if (!dim) return take_along_dim(a.reshape({a.numel()}), index.reshape({index.numel()}), 0);
  if (a.dim() != index.dim()) {
    fail<ShapeError>(op, "tensor and index must have as many dims, got {} and {}", a.shape(), index.shape());
  }
  const int d = wrap_dim(*dim, a.dim(), op);
  if (a.dim() == 0) return gather(a, 0, index);
  const auto at = static_cast<std::size_t>(d);
  Shape from = a.shape(), to = index.shape();
  from[at] = to[at] = 1;
  from = to = broadcast_shapes(from, to, op);
  from[at] = a.shape()[at];
  to[at] = index.shape()[at];
  check_index(op, index, from[at], d);
  return gather(a.expand(from), d, index.expand(to));
}

Tensor TensorMethods::scatter(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return descent::scatter(self(), dim, index, source);
}
Tensor TensorMethods::scatter(std::int64_t dim, const Tensor& index, Scalar value) const {
  return descent::scatter(self(), dim, index, value);
}
Tensor TensorMethods::index_copy(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return descent::index_copy(self(), dim, index, source);
}
Tensor TensorMethods::index_fill(std::int64_t dim, const Tensor& index, Scalar value) const {
  return descent::index_fill(self(), dim, index, value);
}
Tensor TensorMethods::take(const Tensor& index) const { return descent::take(self(), index); }

}  // namespace descent
