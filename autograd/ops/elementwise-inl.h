// What the elementwise families share: promotion, broadcasting, and the call of the kernel.
#pragma once

#include "../../kernels/elementwise.h"
#include "../fail-inl.h"
#include "../op.h"
#include "../ops.h"

namespace descent::autograd {

/// PyTorch's promotion: a 0-dim tensor widens only when it is of a higher kind (boolean < integer < float).
DType result_type(const Tensor& a, const Tensor& b);

/// View of a tensor broadcast to `shape`; `strides` is scratch that must outlive the view.
kernels::View broadcast_view(const Tensor& tensor, const Shape& shape, Shape& strides);

/// The number as an element of `dtype`, and as a View broadcast to `shape`.
class NumberView {
 public:
  NumberView(Scalar number, DType dtype);
  kernels::View as(const Shape& shape, std::int64_t numel) const;
  const void* element() const { return &storage_; }

 private:
  DType dtype_;
  union {
    bool b;
    std::uint8_t u;
    std::int64_t i;
    float f;
    double d;
  } storage_;
};

/// Runs a binary kernel in `dtype` (operands are converted to it) into a new tensor.
Tensor run_binary(kernels::Binary kind, DType dtype, const Tensor& a, const Tensor& b, const char* op);
Tensor run_binary(kernels::Binary kind, DType dtype, const Tensor& a, Scalar b);
Tensor run_binary(kernels::Binary kind, DType dtype, Scalar a, const Tensor& b);

/// Runs a unary kernel into a new tensor of the input's dtype; `real` turns integers into float32 first.
Tensor run_unary(kernels::Unary kind, const Tensor& a, bool real);

/// A tensor of `dtype` with the same values, not recorded; the tensor itself if it has it.
inline Tensor converted(const Tensor& tensor, DType dtype) {
  return tensor.dtype() == dtype ? tensor : tensor.to(dtype);
}

/// float32 for integers and booleans.
constexpr DType real_type(DType dtype) { return descent::is_floating_point(dtype) ? dtype : float32; }

/// Throws DTypeError with `hint` for boolean.
void no_booleans(const char* op, DType dtype, const char* hint);

/// Checks that `self` may be written in place by a result of this shape and dtype. True when the op must be recorded.
bool begin_in_place(const char* op, const Tensor& self, bool other_requires_grad, const Shape& result, DType dtype);

/// `self` as the tape sees it before the write; with memory of its own when `copy`.
Tensor before_write(const Tensor& self, bool copy);

/// Writes `result` into self's memory and gives self its place on the tape.
void finish_in_place(Tensor& self, const Tensor& result);

}  // namespace descent::autograd
