// Triangles and diagonals of matrices.
#include "diagonal.h"

#include "../../kernels/triangle.h"
#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

template <bool kUpper>
struct Triangle {  // a projection: its own adjoint
  static constexpr const char* name = kUpper ? "triu" : "tril";
  std::int64_t diagonal;
  Tensor forward(const Tensor& a) const {
    const Tensor x = a.contiguous();
    Tensor out = make_tensor(a.shape(), a.dtype());
    const std::int64_t rows = a.size(-2), cols = a.size(-1);
    if (a.numel() > 0) {
      kernels::triangle(kUpper, diagonal, a.numel() / (rows * cols), rows, cols, size_of(a.dtype()), data_of<char>(x),
                        data_of<char>(out));
    }
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return apply(Triangle{diagonal}, g); }
};

template <bool kUpper>
Tensor run_triangle(const Tensor& a, std::int64_t diagonal) {
  constexpr const char* op = Triangle<kUpper>::name;
  a.checked(op);
  if (a.dim() < 2) fail<ShapeError>(op, "needs at least 2 dims, got shape {}", a.shape());
  return apply(Triangle<kUpper>{diagonal}, a);
}

struct DiagonalPlace {
  int dim1, dim2;
  std::int64_t offset;
  Tensor view(const Tensor& a) const {
    const auto d1 = static_cast<std::size_t>(dim1), d2 = static_cast<std::size_t>(dim2);
    const std::int64_t rows = a.shape()[d1], cols = a.shape()[d2];
    const std::int64_t k = std::clamp(offset, -rows, cols);
    const std::int64_t length = k >= 0 ? std::min(rows, cols - k) : std::min(rows + k, cols);
    const std::int64_t start = length == 0 ? 0 : k >= 0 ? k * a.strides()[d2] : -k * a.strides()[d1];
    Shape shape, strides;
    for (std::size_t i = 0; i < a.shape().size(); ++i) {
      if (i == d1 || i == d2) continue;
      shape.push_back(a.shape()[i]);
      strides.push_back(a.strides()[i]);
    }
    shape.push_back(length);
    strides.push_back(a.strides()[d1] + a.strides()[d2]);
    return make_view(a, shape, strides, start);
  }
};

DiagonalPlace place_of(const char* op, std::int64_t dims, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
  if (dims < 2) fail<ShapeError>(op, "needs at least 2 dims, got {}", dims);
  const int d1 = wrap_dim(dim1, dims, op), d2 = wrap_dim(dim2, dims, op);
  if (d1 == d2) fail<ShapeError>(op, "dim1 and dim2 must differ, got {} and {}", dim1, dim2);
  return {d1, d2, offset};
}

struct Diagonal;

struct DiagonalGrad {  // zeros of the whole shape with g on the diagonal
  static constexpr const char* name = "diagonal_grad";
  Shape whole;
  DiagonalPlace place;
  Tensor forward(const Tensor& g) const {
    Tensor out = zeros(whole, {.dtype = g.dtype()});
    kernels::copy(view_of(place.view(out)), view_of(g));
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& h) const;
};

struct Diagonal {
  static constexpr const char* name = "diagonal";
  DiagonalPlace place;
  Tensor forward(const Tensor& a) const { return place.view(a); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return apply(DiagonalGrad{s.shape(0), place}, g); }
};

Tensor DiagonalGrad::vjp(In<0>, const Saved&, const Tensor& h) const { return apply(Diagonal{place}, h); }

}  // namespace

OpList diagonal_ops() { return list_of<Triangle<false>, Triangle<true>, DiagonalGrad, Diagonal>(); }

}  // namespace autograd

using namespace autograd;

Tensor tril(const Tensor& a, const TrilOptions& options) { return run_triangle<false>(a, options.diagonal); }
Tensor tril(const Tensor& a, std::int64_t diagonal) { return run_triangle<false>(a, diagonal); }
Tensor triu(const Tensor& a, const TriuOptions& options) { return run_triangle<true>(a, options.diagonal); }
Tensor triu(const Tensor& a, std::int64_t diagonal) { return run_triangle<true>(a, diagonal); }

Tensor diagonal(const Tensor& a, const DiagonalOptions& options) {
  a.checked("diagonal");
  return apply(Diagonal{place_of("diagonal", a.dim(), options.offset, options.dim1, options.dim2)}, a);
}
Tensor diagonal(const Tensor& a, std::int64_t offset) { return diagonal(a, DiagonalOptions{.offset = offset}); }

Tensor diag_embed(const Tensor& a, const DiagEmbedOptions& options) {
  constexpr const char* op = "diag_embed";
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  a.checked(op);
  if (a.dim() == 0) fail<ShapeError>(op, "needs at least 1 dim, got shape {}", a.shape());
  if (options.offset < -kMost || options.offset > kMost) {
    fail<ShapeError>(op, "offset {} makes the result too large", options.offset);
  }
  const DiagonalPlace place = place_of(op, a.dim() + 1, options.offset, options.dim1, options.dim2);
  const std::int64_t n = a.size(-1) + std::abs(options.offset);
  Shape whole = a.shape();
  whole.erase(whole.dim() - 1);
  whole.insert(std::min(place.dim1, place.dim2), n);
  whole.insert(std::max(place.dim1, place.dim2), n);
  return apply(DiagonalGrad{whole, place}, a);
}

Tensor diag(const Tensor& a, std::int64_t offset) {
  a.checked("diag");
  if (a.dim() == 1) return diag_embed(a, {.offset = offset});
  if (a.dim() != 2) fail<ShapeError>("diag", "takes a vector or a matrix, got shape {}", a.shape());
  return diagonal(a, offset).clone();
}

Tensor diag(const Tensor& a, const DiagOptions& options) { return diag(a, options.diagonal); }

Tensor trace(const Tensor& a) {
  a.checked("trace");
  if (a.dim() != 2) fail<ShapeError>("trace", "takes a matrix, got shape {}", a.shape());
  return diagonal(a).sum();
}

Tensor TensorMethods::tril(std::int64_t diagonal) const { return descent::tril(self(), diagonal); }
Tensor TensorMethods::triu(std::int64_t diagonal) const { return descent::triu(self(), diagonal); }
Tensor TensorMethods::diag(std::int64_t diagonal) const { return descent::diag(self(), diagonal); }
Tensor TensorMethods::diagonal(std::int64_t offset, std::int64_t dim1, std::int64_t dim2) const {
  return descent::diagonal(self(), {.offset = offset, .dim1 = dim1, .dim2 = dim2});
}
Tensor TensorMethods::trace() const { return descent::trace(self()); }

}  // namespace descent
