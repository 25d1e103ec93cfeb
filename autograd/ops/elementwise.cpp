#include "elementwise-inl.h"

namespace descent::autograd {
namespace {

int kind_of(DType dtype) { return dtype == boolean ? 0 : descent::is_floating_point(dtype) ? 2 : 1; }

constexpr std::int64_t kZeroStrides[Shape::kMaxDims] = {};

}  // namespace

DType result_type(const Tensor& a, const Tensor& b) {
  const DType x = a.impl()->dtype, y = b.impl()->dtype;
  if (x == y) return x;
  const bool a_sized = !a.impl()->shape.empty(), b_sized = !b.impl()->shape.empty();
  if (a_sized != b_sized) {
    const DType sized = a_sized ? x : y, single = a_sized ? y : x;
    return kind_of(single) > kind_of(sized) ? single : sized;
  }
  return promote(x, y);
}

kernels::View broadcast_view(const Tensor& tensor, const Shape& shape, Shape& strides) {
  const TensorImpl& impl = *tensor.impl();
  strides = shape;
  const std::size_t shift = shape.size() - impl.shape.size();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    strides[i] = i < shift || impl.shape[i - shift] != shape[i] ? 0 : impl.strides[i - shift];
  }
  std::int64_t numel = 1;
  for (const std::int64_t n : shape) numel *= n;
  return {impl.data, shape.data(), strides.data(), numel, shape.dim(), impl.dtype, is_row_major(shape, strides)};
}

NumberView::NumberView(Scalar number, DType dtype) : dtype_(dtype) {
  switch (dtype) {
    case DType::Boolean:
      storage_.b = number.to<bool>();
      break;
    case DType::UInt8:
      storage_.u = static_cast<std::uint8_t>(number.to<std::int64_t>());
      break;
    case DType::Int64:
      storage_.i = number.to<std::int64_t>();
      break;
    case DType::Float32:
      storage_.f = number.to<float>();
      break;
    default:
      storage_.d = number.to<double>();
  }
}

kernels::View NumberView::as(const Shape& shape, std::int64_t numel) const {
  return {const_cast<void*>(element()), shape.data(), kZeroStrides, numel, shape.dim(), dtype_, numel == 1};
}

Tensor run_binary(kernels::Binary kind, DType dtype, const Tensor& a, const Tensor& b, const char* op) {
  const Tensor x = converted(a, dtype), y = converted(b, dtype);
  if (x.impl()->shape == y.impl()->shape) {
    Tensor out = make_tensor(x.impl()->shape, dtype);
    kernels::binary(kind, view_of(out), view_of(x), view_of(y));
    return out;
  }
  const Shape shape = broadcast_shapes(x.impl()->shape, y.impl()->shape, op);
  Tensor out = make_tensor(shape, dtype);
  Shape x_strides, y_strides;
  kernels::binary(kind, view_of(out), broadcast_view(x, shape, x_strides), broadcast_view(y, shape, y_strides));
  return out;
}

Tensor run_binary(kernels::Binary kind, DType dtype, const Tensor& a, Scalar b) {
  const Tensor x = converted(a, dtype);
  Tensor out = make_tensor(x.impl()->shape, dtype);
  const NumberView number(b, dtype);
  kernels::binary(kind, view_of(out), view_of(x), number.as(x.impl()->shape, x.impl()->numel));
  return out;
}

Tensor run_binary(kernels::Binary kind, DType dtype, Scalar a, const Tensor& b) {
  const Tensor y = converted(b, dtype);
  Tensor out = make_tensor(y.impl()->shape, dtype);
  const NumberView number(a, dtype);
  kernels::binary(kind, view_of(out), number.as(y.impl()->shape, y.impl()->numel), view_of(y));
  return out;
}

Tensor run_unary(kernels::Unary kind, const Tensor& a, bool real) {
  const Tensor x = real ? converted(a, real_type(a.dtype())) : a;
  Tensor out = make_tensor(x.impl()->shape, x.impl()->dtype);
  kernels::unary(kind, view_of(out), view_of(x));
  return out;
}

void no_booleans(const char* op, DType dtype, const char* hint) {
  if (dtype == boolean) fail<DTypeError>(op, "is not defined on booleans; {}", hint);
}

bool begin_in_place(const char* op, const Tensor& self, bool other_requires_grad, const Shape& result, DType dtype) {
  const TensorImpl& impl = self.checked(op);
  if (impl.sparse) refuse_sparse(op);
  if (result != impl.shape) {
    fail<ShapeError>(op, "an in-place result must keep the shape {}, it would be {}", impl.shape, result);
  }
  if (kind_of(dtype) > kind_of(impl.dtype)) {
    fail<DTypeError>(op, "an in-place result of type {} does not fit into {}", dtype, impl.dtype);
  }
  for (std::size_t i = 0; i < impl.shape.size() && impl.numel > 0; ++i) {
    if (impl.strides[i] == 0 && impl.shape[i] > 1) {
      fail<AutogradError>(op, "elements of an expanded tensor share memory; clone() it before writing in place");
    }
  }
  if (!grad_enabled()) return false;
  const bool recorded = impl.requires_grad || other_requires_grad;
  if (impl.requires_grad && self.is_leaf()) {
    fail<AutogradError>(op, "a leaf that requires grad cannot be changed in place; do it under a NoGradGuard");
  }
  const bool alone = impl.storage->tensors.load(std::memory_order_relaxed) <= 1;
  if (impl.is_view && !alone && (recorded || impl.of_grad_tensor)) {
    fail<AutogradError>(op,
                        "a view cannot be changed in place while gradients are recorded; change the whole tensor, or "
                        "do it under a NoGradGuard");
  }
  if (recorded && !alone) {
    fail<AutogradError>(op,
                        "views of this tensor are alive, and a recorded write would not reach their place on the tape; "
                        "take views after the write, or write out of place");
  }
  return recorded;
}

Tensor before_write(const Tensor& self, bool copy) {
  Tensor before = make_alias(self);
  if (copy) {
    NoGradGuard no_grad;
    before = before.clone();
  }
  if (self.impl()->requires_grad) {
    before.impl()->node = self.impl()->node;
    before.impl()->output_index = self.impl()->output_index;
    before.impl()->requires_grad = true;
  }
  return before;
}

void finish_in_place(Tensor& self, const Tensor& result) {
  TensorImpl& impl = *self.impl();
  if (result.impl()->requires_grad) take_place(impl, *result.impl());
  kernels::copy(impl.view(), view_of(result));
  impl.storage->written();
}

}  // namespace descent::autograd
