// Products of vectors and matrices with an addend, powers, Kronecker products: made of matmul and elementwise ops.
#include "product.h"

#include "linalg-inl.h"

namespace descent {
namespace autograd {
namespace {

void check_types(const char* op, const Tensor& a, const Tensor& b) {
  a.checked(op);
  b.checked(op);
  if (a.dtype() != b.dtype()) {
    fail<DTypeError>(op, "operands must be of one type, got {} and {}", a.dtype(), b.dtype());
  }
}

/// Two floats of the given numbers of dims whose last and last but one (or only) sizes match.
void check_product(const char* op, const Tensor& a, const Tensor& b, std::int64_t a_dim, std::int64_t b_dim) {
  check_types(op, a, b);
  if (!a.is_floating_point()) fail<DTypeError>(op, "takes floats, got {}; convert with .to(float32)", a.dtype());
  if (a.dim() != a_dim || b.dim() != b_dim) {
    fail<ShapeError>(op, "takes {} and {} dims, got {} x {}", a_dim, b_dim, a.shape(), b.shape());
  }
  if (a.size(-1) != b.size(b_dim == 1 ? 0 : -2)) {
    fail<ShapeError>(op, "inner sizes must match, got {} x {}", a.shape(), b.shape());
  }
}

/// β·input + α·product, input broadcast.
Tensor add_scaled(const Tensor& input, const Tensor& product, const AddmmOptions& options) {
  const Tensor scaled = options.alpha == 1 ? product : product * options.alpha;
  // beta = 0: an addend that takes part, so that it has a gradient of zeros, without its values
  if (options.beta == 0) return where(zeros({}, {.dtype = boolean}), input, scaled);
  return (options.beta == 1 ? input : input * options.beta) + scaled;
}

void check_addend(const char* op, const Tensor& input, const Tensor& m, const Shape& result) {
  check_types(op, input, m);
  const Shape& shape = input.shape();
  bool fits = shape.size() <= result.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i) {
    const std::int64_t wanted = result[result.size() - shape.size() + i];
    fits = shape[i] == wanted || shape[i] == 1;
  }
  if (!fits) fail<ShapeError>(op, "input must broadcast to {}, got {}", result, shape);
}

}  // namespace

OpList product_ops() { return list_of<>(); }

}  // namespace autograd

using namespace autograd;

Tensor mv(const Tensor& a, const Tensor& b) {
  check_product("mv", a, b, 2, 1);
  return matmul(a, b);
}

Tensor dot(const Tensor& a, const Tensor& b) {
  check_product("dot", a, b, 1, 1);
  return matmul(a, b);
}

Tensor outer(const Tensor& a, const Tensor& b) {
  a.checked("outer");
  b.checked("outer");
  if (a.dim() != 1 || b.dim() != 1) fail<ShapeError>("outer", "takes two vectors, got {} x {}", a.shape(), b.shape());
  return a.unsqueeze(1) * b.unsqueeze(0);
}

Tensor addmm(const Tensor& input, const Tensor& m1, const Tensor& m2, const AddmmOptions& options) {
  input.checked("addmm");
  check_product("addmm", m1, m2, 2, 2);
  check_addend("addmm", input, m1, {m1.size(0), m2.size(1)});
  return add_scaled(input, mm(m1, m2), options);
}

Tensor addmv(const Tensor& input, const Tensor& m, const Tensor& v, const AddmvOptions& options) {
  input.checked("addmv");
  check_product("addmv", m, v, 2, 1);
  check_addend("addmv", input, m, {m.size(0)});
  return add_scaled(input, matmul(m, v), options);
}

Tensor baddbmm(const Tensor& input, const Tensor& b1, const Tensor& b2, const BaddbmmOptions& options) {
  input.checked("baddbmm");
  check_product("baddbmm", b1, b2, 3, 3);
  if (b1.size(0) != b2.size(0)) {
    fail<ShapeError>("baddbmm", "batches must be of one length, got {} x {}", b1.shape(), b2.shape());
  }
  check_addend("baddbmm", input, b1, {b1.size(0), b1.size(1), b2.size(2)});
  return add_scaled(input, bmm(b1, b2), options);
}

Tensor matrix_power(const Tensor& a, std::int64_t n) {
  constexpr const char* op = "matrix_power";
  a.checked(op);
  if (!a.is_floating_point()) fail<DTypeError>(op, "takes floats, got {}; convert with .to(float32)", a.dtype());
  if (a.dim() < 2 || a.size(-1) != a.size(-2)) {
    fail<ShapeError>(op, "takes square matrices, got shape {}", a.shape());
  }
  if (n == 0) return where(zeros({}, {.dtype = boolean}), a, eye(a.size(-1), {.dtype = a.dtype()}));
  Tensor square = n < 0 ? inverse_for(op, a) : a, result;
  for (std::uint64_t rest = n < 0 ? 0 - static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n);;) {
    if (rest & 1) result = result.defined() ? matmul(result, square) : square;
    rest >>= 1;
    if (rest == 0) return n == 1 ? result.clone() : result;
    square = matmul(square, square);
  }
}

Tensor kron(const Tensor& a, const Tensor& b) {
  a.checked("kron");
  b.checked("kron");
  const std::size_t n = std::max(a.shape().size(), b.shape().size());
  if (2 * n > Shape::kMaxDims) fail<ShapeError>("kron", "takes at most 6 dims, got {} x {}", a.shape(), b.shape());
  Shape left, right, joined;  // [a0, 1, a1, 1, ..] * [1, b0, 1, b1, ..]
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t skip_a = n - a.shape().size(), skip_b = n - b.shape().size();
    const std::int64_t x = i < skip_a ? 1 : a.shape()[i - skip_a], y = i < skip_b ? 1 : b.shape()[i - skip_b];
    left.push_back(x);
    left.push_back(1);
    right.push_back(1);
    right.push_back(y);
    joined.push_back(x * y);
  }
  return (a.reshape(left) * b.reshape(right)).reshape(joined);
}

Tensor tensordot(const Tensor& a, const Tensor& b, const Shape& dims_a, const Shape& dims_b) {
  constexpr const char* op = "tensordot";
  check_types(op, a, b);
  if (!a.is_floating_point()) fail<DTypeError>(op, "takes floats, got {}; convert with .to(float32)", a.dtype());
  if (dims_a.size() != dims_b.size()) {
    fail<ShapeError>(op, "needs as many dims of a as of b, got {} and {}", dims_a, dims_b);
  }
  // [free, summed] x [summed, free]
  const auto split = [&](const Tensor& t, const Shape& dims, Shape& free) {
    std::uint32_t summed = 0;
    Shape order;
    for (const std::int64_t dim : dims) {
      if (t.dim() == 0) fail<IndexError>(op, "dim {} of a 0-dim tensor", dim);
      const int d = wrap_dim(dim, t.dim(), op);
      if (summed >> d & 1) fail<ShapeError>(op, "a dim comes twice in {}", dims);
      summed |= std::uint32_t{1} << d;
      order.push_back(d);
    }
    for (int d = 0; d < static_cast<int>(t.dim()); ++d) {
      if (!(summed >> d & 1)) free.push_back(d);
    }
    return order;
  };
  Shape free_a, free_b, shape;
  const Shape sum_a = split(a, dims_a, free_a), sum_b = split(b, dims_b, free_b);
  std::int64_t inner = 1;
  for (std::size_t i = 0; i < sum_a.size(); ++i) {
    if (a.size(sum_a[i]) != b.size(sum_b[i])) {
      fail<ShapeError>(op, "summed sizes must match, got dims {} of {} and {} of {}", dims_a, a.shape(), dims_b,
                       b.shape());
    }
    inner *= a.size(sum_a[i]);
  }
  std::int64_t rows = 1, cols = 1;
  for (const std::int64_t d : free_a) shape.push_back(a.size(d)), rows *= a.size(d);
  for (const std::int64_t d : free_b) shape.push_back(b.size(d)), cols *= b.size(d);
  Shape order_a = free_a, order_b = sum_b;
  for (const std::int64_t d : sum_a) order_a.push_back(d);
  for (const std::int64_t d : free_b) order_b.push_back(d);
  return mm(a.permute(order_a).reshape({rows, inner}), b.permute(order_b).reshape({inner, cols})).reshape(shape);
}

Tensor tensordot(const Tensor& a, const Tensor& b, std::int64_t dims) {
  a.checked("tensordot");
  b.checked("tensordot");
  if (dims < 0 || dims > a.dim() || dims > b.dim()) {
    fail<ShapeError>("tensordot", "cannot sum over {} dims of {} and {}", dims, a.shape(), b.shape());
  }
  Shape last, first;
  for (std::int64_t i = 0; i < dims; ++i) last.push_back(a.dim() - dims + i), first.push_back(i);
  return tensordot(a, b, last, first);
}

Tensor TensorMethods::mm(const Tensor& b) const { return descent::mm(self(), b); }
Tensor TensorMethods::bmm(const Tensor& b) const { return descent::bmm(self(), b); }
Tensor TensorMethods::mv(const Tensor& b) const { return descent::mv(self(), b); }
Tensor TensorMethods::dot(const Tensor& b) const { return descent::dot(self(), b); }
Tensor TensorMethods::outer(const Tensor& b) const { return descent::outer(self(), b); }

}  // namespace descent
