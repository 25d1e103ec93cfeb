// Ops that follow boolean masks: a mask becomes the positions where it holds, and these an index.
#include "masks.h"

#include "../../kernels/nonzero.h"

#include "../op_list.h"
#include "index-inl.h"

namespace descent {
namespace autograd {
namespace {

void check_mask(const char* op, const Tensor& a, const Tensor& mask) {
  a.checked(op);
  if (mask.checked(op).dtype != boolean) fail<DTypeError>(op, "the mask must be boolean, got {}", mask.dtype());
}

}  // namespace

Tensor positions_of(const Tensor& mask) {
  const Tensor flat = mask.detach().contiguous();
  const std::vector<std::int64_t> counts = kernels::count_nonzero(view_of(flat));
  std::int64_t total = 0;
  for (const std::int64_t n : counts) total += n;
  Tensor out = make_tensor({total}, int64);
  kernels::nonzero(view_of(flat), counts, data_of<std::int64_t>(out));
  return out;
}

OpList masks_ops() { return list_of<>(); }

}  // namespace autograd

using namespace autograd;

Tensor masked_fill(const Tensor& a, const Tensor& mask, const Tensor& value) {
  constexpr const char* op = "masked_fill";
  check_mask(op, a, mask);
  if (value.checked(op).shape.size() != 0) {
    fail<ShapeError>(op, "the value must be a number or 0-dim, got shape {}", value.shape());
  }
  broadcast_shapes(a.shape(), mask.shape(), op);
  return where(mask, value.to(a.dtype()), a);
}

Tensor masked_fill(const Tensor& a, const Tensor& mask, Scalar value) {
  return masked_fill(a, mask, full({}, value, {.dtype = a.checked("masked_fill").dtype}));
}

Tensor masked_select(const Tensor& a, const Tensor& mask) {
  check_mask("masked_select", a, mask);
  const Shape shape = broadcast_shapes(a.shape(), mask.shape(), "masked_select");
  return index_select(a.expand(shape).reshape({shape.numel()}), 0, positions_of(mask.expand(shape)));
}

Tensor masked_scatter(const Tensor& a, const Tensor& mask, const Tensor& source) {
  constexpr const char* op = "masked_scatter";
  check_mask(op, a, mask);
  same_dtype(op, a, source);
  const Shape shape = broadcast_shapes(a.shape(), mask.shape(), op);
  const Tensor at = positions_of(mask.expand(shape));
  if (at.numel() > source.numel()) {
    fail<ShapeError>(op, "the mask takes {} elements, but the source of shape {} has {}", at.numel(), source.shape(),
                     source.numel());
  }
  const Tensor values = source.reshape({source.numel()}).slice(0, 0, at.numel());
  return write_at(a.expand(shape).reshape({shape.numel()}), 0, at, values).reshape(shape);
}

Tensor nonzero(const Tensor& a) {
  a.checked("nonzero");
  const Tensor flat = positions_of(a);
  Tensor out = make_tensor({flat.numel(), a.dim()}, int64);
  kernels::unravel(data_of<std::int64_t>(flat), flat.numel(), a.shape().data(), a.shape().dim(),
                   data_of<std::int64_t>(out));
  return out;
}

std::vector<Tensor> where(const Tensor& condition) {
  condition.checked("where");
  const Tensor all = nonzero(condition.dim() == 0 ? condition.reshape({1}) : condition);
  std::vector<Tensor> columns;
  for (std::int64_t d = 0; d < all.size(1); ++d) columns.push_back(all.select(1, d).clone());
  return columns;
}

Tensor TensorMethods::masked_fill(const Tensor& mask, Scalar value) const {
  return descent::masked_fill(self(), mask, value);
}
Tensor TensorMethods::masked_fill(const Tensor& mask, const Tensor& value) const {
  return descent::masked_fill(self(), mask, value);
}
Tensor TensorMethods::masked_select(const Tensor& mask) const { return descent::masked_select(self(), mask); }
Tensor TensorMethods::nonzero() const { return descent::nonzero(self()); }

}  // namespace descent
