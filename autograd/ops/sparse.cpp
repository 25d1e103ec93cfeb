#include "sparse.h"

#include <algorithm>
#include <numeric>

#include "../../kernels/index.h"
#include "../../kernels/sparse.h"

#include "../op_list.h"
#include "elementwise-inl.h"
#include "sparse-inl.h"

namespace descent {
namespace autograd {

Tensor sparse_from_rows(const Tensor& indices, const Tensor& values, const Shape& shape) {
  const NoGradGuard no_grad;
  const std::vector<std::int64_t> at = indices.to_vector<std::int64_t>();
  std::vector<std::int64_t> rows = at;
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  if (rows == at) return make_sparse(from_vector(rows), values.detach().contiguous(), shape);
  Shape size = values.shape();
  size[0] = static_cast<std::int64_t>(rows.size());
  std::vector<std::int64_t> place(at.size());
  for (std::size_t i = 0; i < at.size(); ++i) {
    place[i] = std::lower_bound(rows.begin(), rows.end(), at[i]) - rows.begin();
  }
  const Tensor sums = zeros(size, {.dtype = values.dtype()}), to = from_vector(place);
  kernels::index_add(view_of(sums), view_of(values), 0, view_of(to));
  return make_sparse(from_vector(rows), sums, shape);
}

Tensor sparse_sum(const Tensor& a, const Tensor& b) {
  const NoGradGuard no_grad;
  const SparseRows &x = *a.impl()->rows, &y = *b.impl()->rows;
  return sparse_from_rows(cat({x.indices, y.indices}, 0), cat({x.values, y.values}, 0), a.shape());
}

namespace {

/// The transposed pattern, and `values` in its order.
struct Transposed {
  Transposed(const Tensor& crow, const Tensor& col, std::int64_t rows, std::int64_t columns)
      : pattern(kernels::csr_transpose(data_of<std::int64_t>(crow), data_of<std::int64_t>(col), rows, columns)) {}
  Tensor order(const Tensor& values) const { return index_select(values, 0, from_vector(pattern.from)); }
  kernels::CsrTransposed pattern;
};

struct CsrSampled {  // out_e = Σ_j x[row e, j]·y[col e, j]
  static constexpr const char* name = "csr_sampled";
  static constexpr Uses uses = {0, 0, input(0) | input(1) | input(3), input(0) | input(1) | input(2)};
  static constexpr std::uint32_t constant_inputs = input(0) | input(1);
  std::int64_t rows, columns;
  Tensor forward(const Tensor& crow, const Tensor& col, const Tensor& x, const Tensor& y) const;
  Tensor vjp(In<2>, const Saved& s, const Tensor& g) const;
  Tensor vjp(In<3>, const Saved& s, const Tensor& g) const;
};

struct CsrMatmul {  // A·b, or Aᵀ·b; A rows × columns with `values` at (crow, col)
  static constexpr const char* name = "csr_matmul";
  static constexpr Uses uses = {0, 0, input(0) | input(1) | input(3), input(0) | input(1) | input(2)};
  static constexpr std::uint32_t constant_inputs = input(0) | input(1);
  std::int64_t rows, columns;
  bool transposed;
  Tensor forward(const Tensor& crow, const Tensor& col, const Tensor& values, const Tensor& b) const {
    const Tensor v = values.contiguous(), right = b.contiguous();
    Tensor out = make_tensor({transposed ? columns : rows, b.shape()[1]}, b.dtype());
    if (transposed) {
      const Transposed t(crow, col, rows, columns);
      const Tensor ordered = t.order(v);
      kernels::csr_matmul(view_of(out), t.pattern.crow.data(), t.pattern.col.data(), view_of(ordered), view_of(right));
    } else {
      kernels::csr_matmul(view_of(out), data_of<std::int64_t>(crow), data_of<std::int64_t>(col), view_of(v),
                          view_of(right));
    }
    return out;
  }
  Tensor vjp(In<2>, const Saved& s, const Tensor& g) const {
    return transposed ? apply(CsrSampled{rows, columns}, s.in(0), s.in(1), s.in(3), g)
                      : apply(CsrSampled{rows, columns}, s.in(0), s.in(1), g, s.in(3));
  }
  Tensor vjp(In<3>, const Saved& s, const Tensor& g) const {
    return apply(CsrMatmul{rows, columns, !transposed}, s.in(0), s.in(1), s.in(2), g);
  }
};

Tensor CsrSampled::forward(const Tensor& crow, const Tensor& col, const Tensor& x, const Tensor& y) const {
  const Tensor left = x.contiguous(), right = y.contiguous();
  Tensor out = make_tensor({col.numel()}, x.dtype());
  kernels::csr_sampled(view_of(out), data_of<std::int64_t>(crow), data_of<std::int64_t>(col), view_of(left),
                       view_of(right));
  return out;
}
Tensor CsrSampled::vjp(In<2>, const Saved& s, const Tensor& g) const {
  return apply(CsrMatmul{rows, columns, false}, s.in(0), s.in(1), g, s.in(3));
}
Tensor CsrSampled::vjp(In<3>, const Saved& s, const Tensor& g) const {
  return apply(CsrMatmul{rows, columns, true}, s.in(0), s.in(1), g, s.in(2));
}

void need_int64(const char* op, const char* what, const Tensor& t) {
  if (t.checked(op).dtype != int64) fail<DTypeError>(op, "{} must be int64, got {}", what, t.dtype());
}
void need_floats(const char* op, const Tensor& values) {
  if (!values.checked(op).sparse && values.is_floating_point()) return;
  fail<DTypeError>(op, "values must be dense floats, got {}", values.dtype());
}

}  // namespace

OpList sparse_ops() { return list_of<CsrMatmul, CsrSampled>(); }

}  // namespace autograd

using namespace autograd;

bool Tensor::is_sparse() const { return checked("is_sparse").sparse; }

Tensor Tensor::indices() const {
  const TensorImpl& impl = checked("indices");
  if (!impl.sparse) fail<Error>("indices", "the tensor is dense; only sparse ones have indices");
  return impl.rows->indices.detach().unsqueeze(0);
}

Tensor Tensor::values() const {
  const TensorImpl& impl = checked("values");
  if (!impl.sparse) fail<Error>("values", "the tensor is dense; only sparse ones have values apart");
  return impl.rows->values.detach();
}

Tensor Tensor::to_dense() const {
  const TensorImpl& impl = checked("to_dense");
  if (!impl.sparse) return *this;
  Tensor out = zeros(impl.shape, {.dtype = impl.dtype});
  kernels::index_add(view_of(out), view_of(impl.rows->values), 0, view_of(impl.rows->indices));
  return out;
}

Tensor sparse_coo_tensor(const Tensor& indices, const Tensor& values, const Shape& size) {
  constexpr const char* op = "sparse_coo_tensor";
  need_int64(op, "indices", indices);
  need_floats(op, values);
  const bool row = indices.dim() == 2 && indices.size(0) == 1;
  if (!row && indices.dim() != 1) {
    fail<ShapeError>(op, "indices must be [1, n] (rows alone are sparse), got {}", indices.shape());
  }
  Shape rows = size;
  if (rows.empty()) fail<ShapeError>(op, "size needs at least one dim, got {}", size);
  rows[0] = indices.numel();
  static_cast<void>(size.numel());  // throws unless the sizes are good
  if (values.shape() != rows) {
    fail<ShapeError>(op, "{} indices and size {} need values of shape {}, got {}", indices.numel(), size, rows,
                     values.shape());
  }
  const Tensor at = indices.reshape({-1}).contiguous();
  if (const std::int64_t bad = kernels::first_outside(view_of(at), 0, size[0]); bad >= 0) {
    fail<IndexError>(op, "index {} at position {} is out of range for {} rows", data_of<std::int64_t>(at)[bad], bad,
                     size[0]);
  }
  return sparse_from_rows(at, values, size);
}

SparseCsrTensor sparse_csr_tensor(const Tensor& crow_indices, const Tensor& col_indices, const Tensor& values,
                                  const Shape& size) {
  constexpr const char* op = "sparse_csr_tensor";
  need_int64(op, "crow_indices", crow_indices);
  need_int64(op, "col_indices", col_indices);
  need_floats(op, values);
  static_cast<void>(size.numel());  // throws unless the sizes are good
  if (size.size() != 2) fail<ShapeError>(op, "size must be [rows, columns], got {}", size);
  if (crow_indices.shape() != Shape{size[0] + 1}) {
    fail<ShapeError>(op, "{} rows need crow_indices of shape [{}], got {}", size[0], size[0] + 1, crow_indices.shape());
  }
  if (col_indices.dim() != 1 || values.shape() != col_indices.shape()) {
    fail<ShapeError>(op, "col_indices and values must be 1-D of one length, got {} and {}", col_indices.shape(),
                     values.shape());
  }
  SparseCsrTensor out;
  out.crow_ = crow_indices.detach().clone();
  out.col_ = col_indices.detach().clone();
  out.values_ = values;
  out.shape_ = size;
  const std::int64_t* crow = data_of<std::int64_t>(out.crow_);
  for (std::int64_t i = 0; i <= size[0]; ++i) {
    const bool right = i == 0 ? crow[0] == 0 : crow[i] >= crow[i - 1];
    if (!right || (i == size[0] && crow[i] != values.numel())) {
      fail<IndexError>(op, "crow_indices must rise from 0 to {}, got {} at position {}", values.numel(), crow[i], i);
    }
  }
  if (const std::int64_t bad = kernels::first_outside(view_of(out.col_), 0, size[1]); bad >= 0) {
    fail<IndexError>(op, "column {} at position {} is out of range for {} columns",
                     data_of<std::int64_t>(out.col_)[bad], bad, size[1]);
  }
  return out;
}

Tensor SparseCsrTensor::to_dense() const { return matmul(*this, eye(shape_[1], {.dtype = values_.dtype()})); }

Tensor matmul(const SparseCsrTensor& a, const Tensor& b) {
  constexpr const char* op = "matmul";
  const TensorImpl& right = b.checked(op);
  a.values().checked(op);
  if (right.dtype != a.values().dtype()) {
    fail<DTypeError>(op, "a sparse matrix of {} needs a dense one of the same type, got {}", a.values().dtype(),
                     right.dtype);
  }
  const bool vector = b.dim() == 1;
  if ((!vector && b.dim() != 2) || right.shape[0] != a.shape()[1]) {
    fail<ShapeError>(op, "inner sizes must match, got sparse {} x {}", a.shape(), right.shape);
  }
  const Tensor out = apply(CsrMatmul{a.shape()[0], a.shape()[1], false}, a.crow_indices(), a.col_indices(), a.values(),
                           vector ? b.unsqueeze(1) : b);
  return vector ? out.squeeze(1) : out;
}

}  // namespace descent
