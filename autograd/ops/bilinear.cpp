#include "bilinear.h"

#include "../fail-inl.h"
#include "matmul.h"
#include "pointwise.h"

namespace descent {

Tensor bilinear(const Tensor& x1, const Tensor& x2, const Tensor& weight, const Tensor& bias) {
  const auto refuse = [&] {
    fail<ShapeError>("bilinear",
                     "needs x1 [.., n], x2 [.., m] with equal leading dims, weight [o, n, m] and bias [o], got {}, {}, "
                     "{} and {}",
                     x1.shape(), x2.shape(), weight.shape(), bias.defined() ? bias.shape().str() : "no bias");
  };
  if (x1.dim() < 1 || x1.dim() != x2.dim() || weight.dim() != 3) refuse();
  const std::int64_t o = weight.size(0), n = weight.size(1), m = weight.size(2);
  Shape leading = x1.shape(), other = x2.shape();
  leading.erase(leading.dim() - 1);
  other.erase(other.dim() - 1);
  if (leading != other || x1.size(-1) != n || x2.size(-1) != m) refuse();
  if (bias.defined() && bias.shape() != Shape{o}) refuse();
  for (const Tensor& t : {x1, x2, weight, bias}) {
    if (!t.defined() || (t.is_floating_point() && t.dtype() == x1.dtype())) continue;
    fail<DTypeError>("bilinear", "takes floats of one type, got {} beside {}", t.dtype(), x1.dtype());
  }
  const std::int64_t rows = leading.numel();
  // [rows, n] x [n, o·m], then each row's [o, m] times its x2
  const Tensor first = matmul(x1.reshape({rows, n}), weight.permute({1, 0, 2}).reshape({n, o * m}));
  Tensor y = matmul(first.reshape({rows, o, m}), x2.reshape({rows, m, 1})).squeeze(-1);
  if (bias.defined()) y = y + bias;
  leading.push_back(o);
  return y.reshape(leading);
}

}  // namespace descent
