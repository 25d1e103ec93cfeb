// Reductions beyond sums: products, variances, norms, medians, extremes over several dims, logical reductions.
// An empty list of dims means all, as in PyTorch. A dim out of range throws IndexError, one given twice ShapeError.
#pragma once

#include <concepts>
#include <string>
#include <utility>

#include "../tensor.h"

namespace descent {

/// Product; integers and booleans multiply to int64. The gradient is right where there are zeros, in every order.
Tensor prod(const Tensor& a);
Tensor prod(const Tensor& a, std::int64_t dim, bool keepdim = false);

namespace detail {
/// A first member that nothing converts to: plain braces `{1}` are then dims and never options.
class NamesOnly {
  NamesOnly() = default;
  friend struct descent::VarOptions;
};
}  // namespace detail

/// Of var, std and their kin.
struct VarOptions {
  detail::NamesOnly names_only = {};
  double correction = 1;  ///< the divisor is max(0, n − correction): 1 for a sample, 0 for all there is; finite
  bool keepdim = false;
};

/// Σ (a − mean)² / max(0, n − correction), in two passes; floats only (DTypeError). std is its root, whose gradient is
/// 0 where it is 0. Throws std::invalid_argument for a bad correction.
Tensor var(const Tensor& a, const Shape& dims, const VarOptions& options);
Tensor std(const Tensor& a, const Shape& dims, const VarOptions& options);
/// The variance (or deviation), and the mean.
std::pair<Tensor, Tensor> var_mean(const Tensor& a, const Shape& dims, const VarOptions& options);
std::pair<Tensor, Tensor> std_mean(const Tensor& a, const Shape& dims, const VarOptions& options);

// Without dims: over all, `var(a, {.correction = 0})`.
Tensor var(const Tensor& a, const VarOptions& options = {});
Tensor std(const Tensor& a, const VarOptions& options = {});
std::pair<Tensor, Tensor> var_mean(const Tensor& a, const VarOptions& options = {});
std::pair<Tensor, Tensor> std_mean(const Tensor& a, const VarOptions& options = {});

// Dims alone. Templates, because g++ 12 also turns `{.correction = 0}` into a Shape: the plain function then wins.
template <std::convertible_to<Shape> Dims = Shape>
Tensor var(const Tensor& a, const Dims& dims) {
  return var(a, Shape(dims), VarOptions());
}
template <std::convertible_to<Shape> Dims = Shape>
Tensor std(const Tensor& a, const Dims& dims) {
  return descent::std(a, Shape(dims), VarOptions());
}
template <std::convertible_to<Shape> Dims = Shape>
std::pair<Tensor, Tensor> var_mean(const Tensor& a, const Dims& dims) {
  return var_mean(a, Shape(dims), VarOptions());
}
template <std::convertible_to<Shape> Dims = Shape>
std::pair<Tensor, Tensor> std_mean(const Tensor& a, const Dims& dims) {
  return std_mean(a, Shape(dims), VarOptions());
}

/// Largest (smallest) element over several dims; NaN wins, ties share the gradient equally, that of NaN is NaN.
/// Throws ShapeError on an empty tensor, IndexError where a given dim is empty.
Tensor amax(const Tensor& a, const Shape& dims = {}, bool keepdim = false);
Tensor amin(const Tensor& a, const Shape& dims = {}, bool keepdim = false);

/// log Σ eᵃ without overflow, −∞ over nothing; integers become float32. The gradient of −∞ is 0.
Tensor logsumexp(const Tensor& a, const Shape& dims, bool keepdim = false);

/// (Σ |a|ᵖ)^(1/p) for any p; the largest |a| for p = ∞, the smallest for −∞, the number of elements that are not 0 for
/// p = 0. Computed without overflow on the way; floats only (DTypeError). The gradient is 0 where the norm is 0, and
/// shared equally by ties for ±∞. Throws std::invalid_argument for a NaN, ShapeError for p < 0 or ∞ over nothing.
Tensor norm(const Tensor& a, double p = 2);
Tensor norm(const Tensor& a, double p, const Shape& dims, bool keepdim = false);
/// "fro" is p = 2; anything else throws std::invalid_argument.
Tensor norm(const Tensor& a, const std::string& p, const Shape& dims = {}, bool keepdim = false);

/// Whether all (any) elements are not 0: boolean, NaN counts as true; true (false) over nothing. Not differentiable.
Tensor all(const Tensor& a, const Shape& dims = {}, bool keepdim = false);
Tensor any(const Tensor& a, const Shape& dims = {}, bool keepdim = false);
/// int64 number of elements that are not 0. Not differentiable.
Tensor count_nonzero(const Tensor& a, const Shape& dims = {});

/// The lower median; NaN wins; NaN over nothing (ShapeError for integers). Ties share the gradient equally.
/// Throws DTypeError on booleans.
Tensor median(const Tensor& a);
/// Along a dim, with the first place that holds it, which gets the gradient. Throws IndexError along an empty dim.
ValuesAndIndices median(const Tensor& a, std::int64_t dim, bool keepdim = false);
/// The same over what is not NaN; NaN where there is nothing else.
Tensor nanmedian(const Tensor& a);
ValuesAndIndices nanmedian(const Tensor& a, std::int64_t dim, bool keepdim = false);

/// Sum and mean over what is not NaN, whose gradient is 0; the mean of nothing is NaN and takes floats only
/// (DTypeError).
Tensor nansum(const Tensor& a, const Shape& dims = {}, bool keepdim = false);
Tensor nanmean(const Tensor& a, const Shape& dims = {}, bool keepdim = false);

template <std::convertible_to<Shape> Dims>
Tensor TensorMethods::var(const Dims& dims) const {
  return descent::var(self(), Shape(dims), VarOptions());
}
template <std::convertible_to<Shape> Dims>
Tensor TensorMethods::std(const Dims& dims) const {
  return descent::std(self(), Shape(dims), VarOptions());
}

}  // namespace descent
