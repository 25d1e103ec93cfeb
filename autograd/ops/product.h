// Products of vectors and matrices with an addend, powers, Kronecker products, and sums of products by an equation.
// Matrix products take floats, both operands of one type (DTypeError).
#pragma once

#include <string>
#include <vector>

#include "../tensor.h"

namespace descent {

Tensor mv(const Tensor& a, const Tensor& b);     ///< [n, k] x [k] -> [n]; ShapeError otherwise
Tensor dot(const Tensor& a, const Tensor& b);    ///< Σ aᵢ·bᵢ of two vectors of one length
Tensor outer(const Tensor& a, const Tensor& b);  ///< aᵢ·bⱼ of two vectors, of any dtype

/// Options of addmm, addmv and baddbmm. With beta = 0 the addend is ignored: its NaN do not pass.
struct AddmmOptions {
  double beta = 1;
  double alpha = 1;
};
using AddmvOptions = AddmmOptions;
using BaddbmmOptions = AddmmOptions;
/// β·input + α·m1·m2 with matrices m1 [n, k], m2 [k, m]; input broadcasts to [n, m].
Tensor addmm(const Tensor& input, const Tensor& m1, const Tensor& m2, const AddmmOptions& options = {});
/// β·input + α·m·v with m [n, k], v [k]; input broadcasts to [n].
Tensor addmv(const Tensor& input, const Tensor& m, const Tensor& v, const AddmvOptions& options = {});
/// β·input + α·b1·b2 with batches b1 [b, n, k], b2 [b, k, m]; input broadcasts to [b, n, m].
Tensor baddbmm(const Tensor& input, const Tensor& b1, const Tensor& b2, const BaddbmmOptions& options = {});

/// Sum of products by Einstein's notation: "ij,jk->ik". A letter names a dim; letters that the output lacks are summed.
/// Without "->" the output has the letters that come once, upper case first, after the dims of "...". A letter that
/// comes twice in one operand takes its diagonal. "..." stands for any dims, which broadcast; so do sizes of 1. Spaces
/// do not count. Operands are contracted from left to right, each pair by one batched matrix product; they are of one
/// dtype. std::invalid_argument for a wrong equation or number of operands, ShapeError for dims or sizes that do not
/// fit it.
Tensor einsum(const std::string& equation, const std::vector<Tensor>& operands);

/// Aⁿ of square matrices [.., m, m]; the inverse's power for n < 0.
Tensor matrix_power(const Tensor& a, std::int64_t n);
/// The Kronecker product: blocks a[i]·b, of any equal or different number of dims.
Tensor kron(const Tensor& a, const Tensor& b);
/// Sums over the last `dims` dims of a and the first of b.
Tensor tensordot(const Tensor& a, const Tensor& b, std::int64_t dims = 2);
/// Sums over dims_a of a and dims_b of b, pair by pair.
Tensor tensordot(const Tensor& a, const Tensor& b, const Shape& dims_a, const Shape& dims_b);

}  // namespace descent
