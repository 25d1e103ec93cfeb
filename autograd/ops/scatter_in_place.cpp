// Writes at indices in place: the new values of a tensor that already is on the tape, or of its memory alone.
#include "elementwise-inl.h"

namespace descent {

using namespace autograd;

namespace {

/// self = f(self), in self's memory. f gives self's shape and dtype and checks its arguments.
template <class F>
Tensor& write_in_place(const char* op, Tensor& self, const Tensor& source, F f) {
  const TensorImpl& to = self.checked(op);
  if (begin_in_place(op, self, source.checked(op).requires_grad, to.shape, to.dtype)) {
    finish_in_place(self, f(before_write(self, false)));
  } else {
    const NoGradGuard no_grad;
    finish_in_place(self, f(self.detach()));
  }
  return self;
}

Tensor number_for(const char* op, const Tensor& self, Scalar value, const Tensor& index) {
  return full({}, value, {.dtype = self.checked(op).dtype}).expand(index.checked(op).shape);
}

}  // namespace

Tensor& TensorMethods::scatter_(std::int64_t dim, const Tensor& index, const Tensor& source) {
  return write_in_place("scatter_", self(), source,
                        [&](const Tensor& a) { return descent::scatter(a, dim, index, source); });
}
Tensor& TensorMethods::scatter_(std::int64_t dim, const Tensor& index, Scalar value) {
  return scatter_(dim, index, number_for("scatter_", self(), value, index));
}
Tensor& TensorMethods::scatter_add_(std::int64_t dim, const Tensor& index, const Tensor& source) {
  return write_in_place("scatter_add_", self(), source,
                        [&](const Tensor& a) { return descent::scatter_add(a, dim, index, source); });
}
Tensor& TensorMethods::index_add_(std::int64_t dim, const Tensor& index, const Tensor& source) {
  return write_in_place("index_add_", self(), source,
                        [&](const Tensor& a) { return descent::index_add(a, dim, index, source); });
}
Tensor& TensorMethods::index_copy_(std::int64_t dim, const Tensor& index, const Tensor& source) {
  return write_in_place("index_copy_", self(), source,
                        [&](const Tensor& a) { return descent::index_copy(a, dim, index, source); });
}
Tensor& TensorMethods::index_fill_(std::int64_t dim, const Tensor& index, Scalar value) {
  return write_in_place("index_fill_", self(), index,
                        [&](const Tensor& a) { return descent::index_fill(a, dim, index, value); });
}

}  // namespace descent
