// The inner product over last dims, a matrix product of the rows of both.
#include "inner.h"

#include "../fail-inl.h"
#include "../ops.h"

namespace descent {

Tensor inner(const Tensor& a, const Tensor& b) {
  constexpr const char* op = "inner";
  a.checked(op);
  b.checked(op);
  if (a.dim() == 0 || b.dim() == 0) return a * b;
  if (a.dtype() != b.dtype() || !a.is_floating_point()) {
    fail<DTypeError>(op, "takes floats of one type, got {} and {}; convert with .to(float32)", a.dtype(), b.dtype());
  }
  if (a.size(-1) != b.size(-1)) fail<ShapeError>(op, "last sizes must match, got {} and {}", a.shape(), b.shape());
  return tensordot(a, b, {-1}, {-1});
}

}  // namespace descent
