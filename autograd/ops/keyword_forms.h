// Forms of common ops with PyTorch's keywords: alpha of sums, rounding_mode of div, dtype of sums and products. They
// are made of the plain ops, whose dims, broadcasting and errors they share.
#pragma once

#include <concepts>
#include <optional>
#include <string>

#include "../tensor.h"

namespace descent {

/// Options of add and sub.
struct AddOptions {
  double alpha = 1;  ///< factor of b; whole where the result is of integers (std::invalid_argument)
};
using SubOptions = AddOptions;
/// a + alpha·b, computed in the type of a + b; `a or b` on booleans, where alpha counts as true or false.
Tensor add(const Tensor& a, const Tensor& b, const AddOptions& options);
Tensor add(const Tensor& a, Scalar b, const AddOptions& options);
/// a − alpha·b, computed in the type of a − b; throws DTypeError on two booleans.
Tensor sub(const Tensor& a, const Tensor& b, const SubOptions& options);
Tensor sub(const Tensor& a, Scalar b, const SubOptions& options);

/// Options of index_add.
struct IndexAddOptions {
  double alpha = 1;  ///< factor of the source; whole for integers (std::invalid_argument)
};
/// A copy of `a` with a[.., index[i], ..] += alpha·source[.., i, ..].
Tensor index_add(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source,
                 const IndexAddOptions& options);

/// Options of div.
struct DivOptions {
  std::optional<std::string> rounding_mode = std::nullopt;  ///< "floor", "trunc" (towards 0), or none: true division
};
/// a / b, rounded to a whole number; then integers give integers, exactly, and throw Error for a divisor of 0, booleans
/// throw DTypeError, and the gradients are zero. "floor" of floats is floor_divide, the q with a = q·b + remainder(a,
/// b) (1.0 / 0.1 gives 9, as 0.1 is a little more than a tenth); "trunc" rounds the quotient. std::invalid_argument for
/// another mode.
Tensor div(const Tensor& a, const Tensor& b, const DivOptions& options);
Tensor div(const Tensor& a, Scalar b, const DivOptions& options);

/// Options of sum, mean, prod, cumsum and cumprod.
struct SumOptions {
  std::optional<DType> dtype = std::nullopt;  ///< `a` is converted to it first, and the result is of it
};
using MeanOptions = SumOptions;
using ProdOptions = SumOptions;
using CumsumOptions = SumOptions;
using CumprodOptions = SumOptions;

// In uint8 sums and products wrap around, in boolean they are `or` and `and`; a mean takes a float type (DTypeError).
Tensor sum(const Tensor& a, const Shape& dims, bool keepdim, const SumOptions& options);
Tensor mean(const Tensor& a, const Shape& dims, bool keepdim, const MeanOptions& options);
Tensor prod(const Tensor& a, std::int64_t dim, bool keepdim, const ProdOptions& options);
Tensor prod(const Tensor& a, const ProdOptions& options);
Tensor cumsum(const Tensor& a, std::int64_t dim, const CumsumOptions& options);
Tensor cumprod(const Tensor& a, std::int64_t dim, const CumprodOptions& options);

// keepdim left out.
inline Tensor sum(const Tensor& a, const Shape& dims, const SumOptions& options) {
  return sum(a, dims, false, options);
}
inline Tensor mean(const Tensor& a, const Shape& dims, const MeanOptions& options) {
  return mean(a, dims, false, options);
}
inline Tensor prod(const Tensor& a, std::int64_t dim, const ProdOptions& options) {
  return prod(a, dim, false, options);
}

// Without dims: over all, `sum(a, {.dtype = float64})`. Templates, so that `sum(a, {})` means the plain op's dims.
template <std::same_as<SumOptions> Options = SumOptions>
Tensor sum(const Tensor& a, const Options& options) {
  return sum(a, Shape(), false, options);
}
template <std::same_as<MeanOptions> Options = MeanOptions>
Tensor mean(const Tensor& a, const Options& options) {
  return mean(a, Shape(), false, options);
}

}  // namespace descent
