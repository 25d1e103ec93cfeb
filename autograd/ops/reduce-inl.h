// What the families of reductions share.
#pragma once

#include "../../kernels/reduce.h"
#include "elementwise-inl.h"

namespace descent::autograd {

/// The dims to reduce as bits. An empty list means all. Throws IndexError, and ShapeError for one given twice.
std::uint32_t dim_mask(const char* op, const Tensor& a, const Shape& dims);

/// `shape` without the dims in `mask`, or with size 1 there.
Shape reduced_shape(const Shape& shape, std::uint32_t mask, bool keepdim);

/// How many elements fall into one.
std::int64_t reduced_count(const Shape& shape, std::uint32_t mask);

/// Calls `kernel(out, in)` as kernels::reduce wants it, the kept dims of `in` first, and shapes the result.
template <class Kernel>
Tensor run_rows(const Tensor& a, std::uint32_t mask, bool keepdim, DType dtype, Kernel&& kernel) {
  const TensorImpl& impl = *a.impl();
  Shape shape, strides, kept;
  for (const bool reduced : {false, true}) {
    for (std::size_t i = 0; i < impl.shape.size(); ++i) {
      if ((mask >> i & 1) != reduced) continue;
      shape.push_back(impl.shape[i]);
      strides.push_back(impl.strides[i]);
      if (!reduced) kept.push_back(impl.shape[i]);
    }
  }
  Tensor out = make_tensor(kept, dtype);
  kernel(view_of(out), kernels::View{impl.data, shape.data(), strides.data(), impl.numel, shape.dim(), impl.dtype,
                                     is_row_major(shape, strides)});
  if (!keepdim) return out;
  const Shape full = reduced_shape(impl.shape, mask, true);
  return make_view(out, full, contiguous_strides(full));
}

Tensor run_reduce(kernels::Reduce kind, const Tensor& a, std::uint32_t mask, bool keepdim, DType dtype);

/// g with the reduced dims put back as size 1, so that it broadcasts over the input.
Tensor with_reduced_dims(const Tensor& g, const Shape& whole, std::uint32_t mask);

/// Throws DTypeError unless `a` holds floats.
void floating(const char* op, const Tensor& a);
/// Throws ShapeError on an empty tensor.
void not_empty(const char* op, const Tensor& a);
/// The dim counted from the front; throws IndexError when its size is 0.
int not_empty_dim(const char* op, const Tensor& a, std::int64_t dim);

}  // namespace descent::autograd
