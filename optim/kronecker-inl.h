// Tensors and the Kronecker factors of their preconditioners, for Shampoo and SOAP.
#pragma once

#include "../autograd/ops.h"

namespace descent::optim::detail {

inline constexpr int kFactors = 6;  ///< trailing dims beyond count as one

/// The shape whose dims have factors: a parameter's, but [1] for a single number.
inline Shape factored(const Shape& shape) {
  if (shape.dim() == 0) return Shape(1);
  Shape out;
  for (int i = 0; i < shape.dim(); ++i) {
    const std::int64_t n = shape[static_cast<std::size_t>(i)];
    if (i < kFactors) {
      out.push_back(n);
    } else {
      out[kFactors - 1] *= n;
    }
  }
  return out;
}

/// x as [before, shape[i], after].
inline Tensor around(const Tensor& x, const Shape& shape, int i) {
  std::int64_t before = 1, after = 1;
  for (int k = 0; k < shape.dim(); ++k) {
    if (k < i) before *= shape[static_cast<std::size_t>(k)];
    if (k > i) after *= shape[static_cast<std::size_t>(k)];
  }
  return x.reshape({before, shape[static_cast<std::size_t>(i)], after});
}

/// X·Xᵀ where X [shape[i], the rest] is x unfolded along dim i.
inline Tensor outer(const Tensor& x, const Shape& shape, int i) {
  const Tensor y =
      around(x, shape, i).permute({1, 0, 2}).contiguous().reshape({shape[static_cast<std::size_t>(i)], -1});
  return mm(y, y.t());
}

/// M·X, folded back: x ×ᵢ M.
inline Tensor along(const Tensor& x, const Shape& shape, int i, const Tensor& M) {
  const Tensor y = around(x, shape, i);
  if (y.size(2) == 1) return mm(y.reshape({y.size(0), y.size(1)}), M.t()).reshape(x.shape());
  if (y.size(0) == 1) return mm(M, y.reshape({y.size(1), y.size(2)})).reshape(x.shape());
  return matmul(M, y).reshape(x.shape());
}

}  // namespace descent::optim::detail
