// Matrix products on the GEMM kernel. Transposed operands are read in place.
#include "../../kernels/gemm.h"

#include "../multiply_adds.h"
#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

/// The last two dims of a tensor as GEMM wants them: row-major with a row distance, or the transpose of that.
struct Matrix {
  Tensor tensor;  // keeps a copy alive where one was needed
  std::int64_t rows, cols, ld;
  bool transposed;
};

Matrix matrix_of(const Tensor& a, bool transpose) {
  const TensorImpl& impl = *a.impl();
  const std::size_t n = impl.shape.size();
  const std::int64_t rows = impl.shape[n - 2], cols = impl.shape[n - 1];
  const std::int64_t row_step = impl.strides[n - 2], col_step = impl.strides[n - 1];
  Matrix m{a, transpose ? cols : rows, transpose ? rows : cols, std::max<std::int64_t>(cols, 1), transpose};
  if (impl.contiguous) return m;
  if ((col_step == 1 || cols == 1) && (row_step >= cols || rows == 1)) {
    if (rows > 1) m.ld = std::max<std::int64_t>(row_step, 1);
  } else if ((row_step == 1 || rows == 1) && (col_step >= rows || cols == 1)) {
    m.transposed = !transpose;
    m.ld = cols > 1 ? std::max<std::int64_t>(col_step, 1) : std::max<std::int64_t>(rows, 1);
  } else {
    m.tensor = a.contiguous();
  }
  return m;
}

/// Where each product of a broadcast batch starts, in elements.
std::vector<std::int64_t> batch_offsets(const Tensor& a, const Shape& batch) {
  const Shape own(a.shape().data(), a.shape().size() - 2);
  Shape strides = batch, at = batch;
  const std::size_t shift = batch.size() - own.size();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    strides[i] = i < shift || own[i - shift] == 1 ? 0 : a.strides()[i - shift];
    at[i] = 0;
  }
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(batch.numel()));
  std::int64_t offset = 0;
  for (std::int64_t& value : offsets) {
    value = offset;
    for (std::size_t i = batch.size(); i-- > 0;) {
      offset += strides[i];
      if (++at[i] < batch[i]) break;
      offset -= strides[i] * batch[i];
      at[i] = 0;
    }
  }
  return offsets;
}

struct MatMul {  // op(A)·op(B) over the last two dims, op transposing or not
  static constexpr const char* name = "matmul";
  static constexpr Uses uses = {input(1), input(0)};
  bool ta = false, tb = false;
  Tensor forward(const Tensor& a, const Tensor& b) const {
    const Matrix x = matrix_of(a, ta), y = matrix_of(b, tb);
    kernels::Gemm gemm{.trans_a = x.transposed,
                       .trans_b = y.transposed,
                       .m = x.rows,
                       .n = y.cols,
                       .k = x.cols,
                       .lda = x.ld,
                       .ldb = y.ld,
                       .ldc = std::max<std::int64_t>(y.cols, 1)};
    if (a.dim() == 2 && b.dim() == 2) {
      count_multiply_adds(gemm.m * gemm.n * gemm.k);
      Tensor out = make_tensor({x.rows, y.cols}, a.dtype());
      kernels::gemm(a.dtype(), gemm, data_of<char>(x.tensor), data_of<char>(y.tensor), data_of<char>(out));
      return out;
    }
    const Shape batch = broadcast_shapes(Shape(a.shape().data(), a.shape().size() - 2),
                                         Shape(b.shape().data(), b.shape().size() - 2), name);
    Shape shape = batch;
    shape.push_back(x.rows);
    shape.push_back(y.cols);
    count_multiply_adds(batch.numel() * gemm.m * gemm.n * gemm.k);
    Tensor out = make_tensor(shape, a.dtype());
    const std::vector<std::int64_t> a_offsets = batch_offsets(x.tensor, batch),
                                    b_offsets = batch_offsets(y.tensor, batch);
    kernels::gemm(a.dtype(), gemm,
                  {.count = batch.numel(),
                   .c_step = x.rows * y.cols,
                   .a_offsets = a_offsets.data(),
                   .b_offsets = b_offsets.data()},
                  data_of<char>(x.tensor), data_of<char>(y.tensor), data_of<char>(out));
    return out;
  }
  // C = op(A)·op(B):  ∂A = g·op(B)ᵀ, transposed where A is;  ∂B = op(A)ᵀ·g, likewise.
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return ta ? apply(MatMul{tb, true}, s.in(1), g) : apply(MatMul{false, !tb}, g, s.in(1));
  }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const {
    return tb ? apply(MatMul{true, ta}, g, s.in(0)) : apply(MatMul{!ta, false}, s.in(0), g);
  }
};

struct Linear {  // x·Wᵀ + b:  g·W,  gᵀ·x,  g summed over the rows (by the engine)
  static constexpr const char* name = "linear";
  static constexpr Uses uses = {input(1), input(0), 0};
  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias) const {
    const Matrix a = matrix_of(x, false), w = matrix_of(weight, true);
    count_multiply_adds(a.rows * a.cols * w.cols);
    Tensor out = make_tensor({a.rows, w.cols}, x.dtype());
    const Tensor b = bias.defined() ? bias.contiguous() : bias;
    kernels::gemm(x.dtype(),
                  {.trans_a = a.transposed,
                   .trans_b = w.transposed,
                   .m = a.rows,
                   .n = w.cols,
                   .k = a.cols,
                   .lda = a.ld,
                   .ldb = w.ld,
                   .ldc = std::max<std::int64_t>(w.cols, 1),
                   .bias = b.defined() ? data_of<char>(b) : nullptr},
                  data_of<char>(a.tensor), data_of<char>(w.tensor), data_of<char>(out));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return apply(MatMul{}, g, s.in(1)); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return apply(MatMul{true, false}, g, s.in(0)); }
  Tensor vjp(In<2>, const Saved&, const Tensor& g) const { return g; }
};

void check_types(const char* op, const Tensor& a, const Tensor& b) {
  a.checked(op);
  b.checked(op);
  if (a.dtype() != b.dtype()) {
    fail<DTypeError>(op, "both operands must be of one type, got {} and {}", a.dtype(), b.dtype());
  }
  if (!descent::is_floating_point(a.dtype()))
    fail<DTypeError>(op, "takes floats, got {}; convert with .to(float32)", a.dtype());
}

Tensor checked_matmul(const char* op, const Tensor& a, const Tensor& b) {
  if (a.size(-1) != b.size(-2)) fail<ShapeError>(op, "inner sizes must match, got {} x {}", a.shape(), b.shape());
  return apply(MatMul{}, a, b);
}

}  // namespace

OpList matmul_ops() { return list_of<MatMul, Linear>(); }

}  // namespace autograd

using namespace autograd;

Tensor matmul(const Tensor& a, const Tensor& b) {
  check_types("matmul", a, b);
  if (a.dim() == 0 || b.dim() == 0) {
    fail<ShapeError>("matmul", "needs at least one dim on both sides, got {} x {}", a.shape(), b.shape());
  }
  const std::int64_t inner = a.size(-1), other = b.size(b.dim() == 1 ? 0 : -2);
  if (inner != other) fail<ShapeError>("matmul", "inner sizes must match, got {} x {}", a.shape(), b.shape());
  if (a.dim() == 1) {  // a row that disappears again
    const Tensor c = matmul(a.unsqueeze(0), b.dim() == 1 ? b.unsqueeze(1) : b);
    return b.dim() == 1 ? c.reshape({}) : c.squeeze(-2);
  }
  if (b.dim() == 1) return matmul(a, b.unsqueeze(1)).squeeze(-1);
  if (a.dim() > 2 && b.dim() == 2) {  // one large product instead of many
    Shape shape = a.shape();
    shape[shape.size() - 1] = b.size(1);
    return apply(MatMul{}, a.flatten(0, -2), b).reshape(shape);
  }
  return apply(MatMul{}, a, b);
}

Tensor mm(const Tensor& a, const Tensor& b) {
  check_types("mm", a, b);
  if (a.dim() != 2 || b.dim() != 2) fail<ShapeError>("mm", "takes two matrices, got {} x {}", a.shape(), b.shape());
  return checked_matmul("mm", a, b);
}

Tensor bmm(const Tensor& a, const Tensor& b) {
  check_types("bmm", a, b);
  if (a.dim() != 3 || b.dim() != 3 || a.size(0) != b.size(0)) {
    fail<ShapeError>("bmm", "takes two batches of matrices of one length, got {} x {}", a.shape(), b.shape());
  }
  return checked_matmul("bmm", a, b);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check_types("linear", x, weight);
  if (weight.dim() != 2) fail<ShapeError>("linear", "weight must be [out, in], got {}", weight.shape());
  if (x.dim() == 0 || x.size(-1) != weight.shape()[1]) {
    fail<ShapeError>("linear", "the last size of x must be weight's in = {}, got x {}", weight.shape()[1], x.shape());
  }
  if (bias.defined()) {
    check_types("linear", x, bias);
    if (bias.shape() != Shape{weight.shape()[0]}) {
      fail<ShapeError>("linear", "bias must be [out] = [{}], got {}", weight.shape()[0], bias.shape());
    }
  }
  if (x.dim() == 2) return apply(Linear{}, x, weight, bias);
  Shape shape = x.shape();
  shape[shape.size() - 1] = weight.shape()[0];
  return apply(Linear{}, x.dim() == 1 ? x.unsqueeze(0) : x.flatten(0, -2), weight, bias).reshape(shape);
}

}  // namespace descent
