// Indexing by tensors. Indexed dims are made one, so that every case is an index_select or its adjoint along one dim.
#include "index-inl.h"
#include "scatter.h"

namespace descent {
namespace autograd {
namespace {

/// How a tensor is brought to [before…, n, after…], with the int64 positions along n.
struct Plan {
  Shape merged;      // of a, where each mask has made its dims one
  Shape order;       // permutation of merged that puts indexed dims first; empty where they are adjacent
  int first = 0;     // where the indexed dims begin after that
  int count = 0;     // how many they are
  Shape broadcast;   // of the indices
  Tensor positions;  // [n]

  Tensor arrange(const Tensor& a) const {
    Tensor t = a.reshape(merged);
    if (!order.empty()) t = t.permute(order);
    return t.reshape(joined(t.shape(), true));
  }
  /// The inverse of arrange.
  Tensor restore(const Tensor& t, const Shape& shape) const {
    Shape split;
    for (int i = 0; i < merged.dim(); ++i) {
      split.push_back(merged[static_cast<std::size_t>(order.empty() ? i : order[static_cast<std::size_t>(i)])]);
    }
    Tensor back = t.reshape(split);
    if (!order.empty()) {
      Shape inverse = order;
      for (std::size_t i = 0; i < order.size(); ++i) {
        inverse[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
      }
      back = back.permute(inverse);
    }
    return back.reshape(shape);
  }
  /// `shape` (permuted) with the indexed dims replaced by their product, or by `broadcast`.
  Shape joined(const Shape& shape, bool product) const {
    Shape result;
    std::int64_t n = 1;
    for (int i = 0; i < first; ++i) result.push_back(shape[static_cast<std::size_t>(i)]);
    for (int i = first; i < first + count; ++i) n *= shape[static_cast<std::size_t>(i)];
    if (product)
      result.push_back(n);
    else
      for (const std::int64_t size : broadcast) result.push_back(size);
    for (int i = first + count; i < shape.dim(); ++i) result.push_back(shape[static_cast<std::size_t>(i)]);
    return result;
  }
  /// The shape of index(a, indices).
  Shape result() const {
    Shape shape = merged;
    for (std::size_t i = 0; i < order.size(); ++i) shape[i] = merged[static_cast<std::size_t>(order[i])];
    return joined(shape, false);
  }
  Shape rows() const {  // the same with positions as one dim
    Plan flat = *this;
    flat.broadcast = {positions.numel()};
    return flat.result();
  }
};

/// Positions where the mask holds, along its dims made one.
Tensor mask_positions(const char* op, const Tensor& a, std::size_t dim, const Tensor& mask) {
  for (std::size_t i = 0; i < mask.shape().size(); ++i) {
    if (dim + i >= a.shape().size() || mask.shape()[i] != a.shape()[dim + i]) {
      fail<ShapeError>(op, "a mask of shape {} does not fit a tensor of shape {} from dim {} on", mask.shape(),
                       a.shape(), dim);
    }
  }
  return positions_of(mask);
}

Plan make_plan(const char* op, const Tensor& a, const std::vector<Tensor>& indices) {
  const Shape& shape = a.checked(op).shape;
  if (indices.empty()) fail<ShapeError>(op, "needs at least one index");
  Plan plan;
  std::vector<Tensor> at;  // one a dim of plan.merged
  std::size_t dim = 0;
  for (const Tensor& index : indices) {
    const bool mask = index.defined() && index.dtype() == boolean;
    const std::size_t covers = mask ? index.shape().size() : 1;
    if (index.defined() && !mask && index.dtype() != int64) {
      fail<DTypeError>(op, "an index must be int64 or boolean, got {}", index.dtype());
    }
    if (dim + covers > shape.size()) fail<IndexError>(op, "too many indices for a tensor of shape {}", shape);
    std::int64_t size = 1;
    for (std::size_t i = 0; i < covers; ++i) size *= shape[dim + i];
    if (mask)
      at.push_back(mask_positions(op, a, dim, index));
    else
      at.push_back(index.defined() ? wrap_index(op, index.detach(), size, static_cast<int>(dim)) : index);
    plan.merged.push_back(size);
    dim += covers;
  }
  for (; dim < shape.size(); ++dim) plan.merged.push_back(shape[dim]);
  at.resize(plan.merged.size());

  bool adjacent = true;
  for (int i = 0; i < plan.merged.dim(); ++i) {
    const Tensor& index = at[static_cast<std::size_t>(i)];
    if (!index.defined()) continue;
    if (plan.count == 0) plan.first = i;
    adjacent = adjacent && i == plan.first + plan.count;
    plan.order.push_back(i);
    plan.broadcast = plan.count == 0 ? index.shape() : broadcast_shapes(plan.broadcast, index.shape(), op);
    // row-major position among the indexed dims
    plan.positions = plan.count == 0 ? index : plan.positions * plan.merged[static_cast<std::size_t>(i)] + index;
    ++plan.count;
  }
  if (plan.count == 0) fail<IndexError>(op, "at least one index must be a tensor");
  plan.positions = plan.positions.reshape({plan.positions.numel()});
  if (adjacent) {
    plan.order = {};
  } else {
    plan.first = 0;
    for (int i = 0; i < plan.merged.dim(); ++i) {
      if (!at[static_cast<std::size_t>(i)].defined()) plan.order.push_back(i);
    }
  }
  return plan;
}

Tensor check_values(const char* op, const Tensor& a, const Plan& plan, const Tensor& values) {
  same_dtype(op, a, values);
  const Shape shape = plan.result();
  const Shape& from = values.shape();
  bool fits = from.size() <= shape.size();
  for (std::size_t i = 0; fits && i < from.size(); ++i) {
    fits = from[i] == 1 || from[i] == shape[shape.size() - from.size() + i];
  }
  if (!fits) {
    fail<ShapeError>(op, "values of shape {} do not broadcast to the indexed shape {}", from, shape);
  }
  return values.expand(shape).reshape(plan.rows());
}

Tensor put(const Tensor& a, const Plan& plan, const Tensor& values, bool accumulate) {
  const Tensor arranged = plan.arrange(a);
  return plan.restore(accumulate ? index_add(arranged, plan.first, plan.positions, values)
                                 : write_at(arranged, plan.first, plan.positions, values),
                      a.shape());
}

}  // namespace
}  // namespace autograd

using namespace autograd;

Tensor index(const Tensor& a, const std::vector<Tensor>& indices) {
  const Plan plan = make_plan("index", a, indices);
  return index_select(plan.arrange(a), plan.first, plan.positions).reshape(plan.result());
}

Tensor index_put(const Tensor& a, const std::vector<Tensor>& indices, const Tensor& values,
                 const IndexPutOptions& options) {
  const Plan plan = make_plan("index_put", a, indices);
  return put(a, plan, check_values("index_put", a, plan, values), options.accumulate);
}

Tensor index_put(const Tensor& a, const std::vector<Tensor>& indices, Scalar value, const IndexPutOptions& options) {
  return index_put(a, indices, full({}, value, {.dtype = a.checked("index_put").dtype}), options);
}

Tensor& TensorMethods::index_put_(const std::vector<Tensor>& indices, const Tensor& values,
                                  const IndexPutOptions& options) {
  constexpr const char* op = "index_put_";
  Tensor& a = self();
  const Plan plan = make_plan(op, a, indices);
  const Tensor rows = check_values(op, a, plan, values);
  if (begin_in_place(op, a, values.requires_grad(), a.shape(), a.dtype())) {
    finish_in_place(a, put(before_write(a, false), plan, rows, options.accumulate));
    return a;
  }
  const NoGradGuard no_grad;
  const Tensor arranged = plan.arrange(a.detach());
  if (arranged.impl()->storage.get() != a.impl()->storage.get()) {  // its strides did not allow a view
    finish_in_place(a, put(a.detach(), plan, rows.detach(), options.accumulate));
    return a;
  }
  const auto apart = [&](const Tensor& t) {
    return t.impl()->storage.get() == a.impl()->storage.get() ? t.clone() : t;
  };
  const Tensor from = apart(rows), positions = apart(plan.positions);
  kernels::index_write(options.accumulate ? kernels::Write::Add : kernels::Write::Assign, view_of(arranged),
                       view_of(from), plan.first, view_of(positions));
  a.impl()->storage->written();
  return a;
}

Tensor& TensorMethods::index_put_(const std::vector<Tensor>& indices, Scalar value, const IndexPutOptions& options) {
  return index_put_(indices, full({}, value, {.dtype = self().checked("index_put_").dtype}), options);
}
Tensor& TensorMethods::index_put_(const std::vector<Tensor>& indices, const Tensor& values) {
  return index_put_(indices, values, IndexPutOptions());
}
Tensor& TensorMethods::index_put_(const std::vector<Tensor>& indices, Scalar value) {
  return index_put_(indices, value, IndexPutOptions());
}

Tensor TensorMethods::operator[](const Tensor& index) const {
  index.checked("index");
  return descent::index(self(), {index});
}
Tensor TensorMethods::index(const std::vector<Tensor>& indices) const { return descent::index(self(), indices); }
Tensor TensorMethods::index_put(const std::vector<Tensor>& indices, const Tensor& values) const {
  return descent::index_put(self(), indices, values);
}
Tensor TensorMethods::index_put(const std::vector<Tensor>& indices, const Tensor& values,
                                const IndexPutOptions& options) const {
  return descent::index_put(self(), indices, values, options);
}

}  // namespace descent
