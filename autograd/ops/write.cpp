// Writing into a tensor: copy_, fill_, zero_.
#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

struct Copy {  // the new values replace the old: these get no gradient
  static constexpr const char* name = "copy_";
  Tensor forward(const Tensor& old, const Tensor& source) const {
    Tensor out = make_tensor(old.shape(), old.dtype());
    Shape strides;
    kernels::copy(view_of(out), broadcast_view(source, old.shape(), strides));
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return zeros(g.shape(), {.dtype = g.dtype()}); }
  Tensor vjp(In<1>, const Saved&, const Tensor& g) const { return g; }
};

}  // namespace

OpList write_ops() { return list_of<Copy>(); }

}  // namespace autograd

using namespace autograd;

Tensor& Tensor::copy_(const Tensor& source) {
  checked("copy_");
  source.checked("copy_");
  if (source.impl() == impl()) return *this;
  const Shape shape = broadcast_shapes(this->shape(), source.shape(), "copy_");
  if (begin_in_place("copy_", *this, source.requires_grad(), shape, boolean)) {  // any type is converted
    finish_in_place(*this, apply(Copy{}, before_write(*this, false), source));
    return *this;
  }
  const NoGradGuard no_grad;
  const bool overlaps = source.impl()->storage.get() == impl()->storage.get();
  const Tensor from = overlaps ? source.clone() : source;
  Shape strides;
  kernels::copy(view_of(*this), broadcast_view(from, shape, strides));
  impl()->storage->written();
  return *this;
}

namespace {

Tensor& fill(const char* op, Tensor& self, Scalar value) {
  const TensorImpl& to = self.checked(op);
  if (begin_in_place(op, self, false, to.shape, boolean)) {
    finish_in_place(self, apply(Copy{}, before_write(self, false), full({}, value, {.dtype = to.dtype})));
    return self;
  }
  const NumberView number(value, to.dtype);
  kernels::fill(to.view(), number.element());
  to.storage->written();
  return self;
}

}  // namespace

Tensor& TensorMethods::fill_(Scalar value) { return fill("fill_", self(), value); }
Tensor& TensorMethods::zero_() { return fill("zero_", self(), 0); }

}  // namespace descent
