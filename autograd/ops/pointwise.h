// Elementwise ops. Two tensors broadcast and promote as in PyTorch; a C++ number never widens a float tensor.
// Shapes that do not broadcast throw ShapeError. Functions of real values turn integers into float32.
#pragma once

#include "../tensor.h"

namespace descent {

Tensor add(const Tensor& a, const Tensor& b);  ///< a + b; `or` on booleans
Tensor sub(const Tensor& a, const Tensor& b);  ///< a − b; throws DTypeError on two booleans
Tensor mul(const Tensor& a, const Tensor& b);  ///< a · b
Tensor div(const Tensor& a, const Tensor& b);  ///< a / b, true division
Tensor pow(const Tensor& a, const Tensor& b);  ///< aᵇ; gradient of b is 0 where a = 0 and b >= 0
Tensor add(const Tensor& a, Scalar b);
Tensor sub(const Tensor& a, Scalar b);
Tensor mul(const Tensor& a, Scalar b);
Tensor div(const Tensor& a, Scalar b);
Tensor pow(const Tensor& a, Scalar b);
Tensor add(Scalar a, const Tensor& b);
Tensor sub(Scalar a, const Tensor& b);
Tensor mul(Scalar a, const Tensor& b);
Tensor div(Scalar a, const Tensor& b);
Tensor pow(Scalar a, const Tensor& b);
Tensor maximum(const Tensor& a, const Tensor& b);  ///< NaN wins; ties share the gradient half and half
Tensor minimum(const Tensor& a, const Tensor& b);

Tensor neg(const Tensor& a);     ///< −a; throws DTypeError on booleans
Tensor abs(const Tensor& a);     ///< |a|, derivative 0 at 0
Tensor sign(const Tensor& a);    ///< −1, 0 or 1; derivative 0
Tensor square(const Tensor& a);  ///< a²; of booleans int64
Tensor exp(const Tensor& a);
Tensor log(const Tensor& a);  ///< natural
Tensor sqrt(const Tensor& a);
Tensor sin(const Tensor& a);
Tensor cos(const Tensor& a);
Tensor tanh(const Tensor& a);
Tensor sigmoid(const Tensor& a);  ///< 1 / (1 + e⁻ᵃ)
Tensor relu(const Tensor& a);     ///< max(a, 0), derivative 0 at 0, NaN stays
/// min(max(a, lo), hi), NaN where a bound is; either bound may be left out (std::nullopt), not both
/// (std::invalid_argument). An integer keeps its type unless a bound has a fraction. The derivative is 1 for
/// lo <= a <= hi, else 0.
Tensor clamp(const Tensor& a, std::optional<double> min, std::optional<double> max = std::nullopt);
/// condition (boolean) ? a : b, all three broadcast.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, Scalar b);
Tensor where(const Tensor& condition, Scalar a, const Tensor& b);

// Comparisons give booleans and have no gradient.
Tensor eq(const Tensor& a, const Tensor& b);
Tensor ne(const Tensor& a, const Tensor& b);
Tensor lt(const Tensor& a, const Tensor& b);
Tensor le(const Tensor& a, const Tensor& b);
Tensor gt(const Tensor& a, const Tensor& b);
Tensor ge(const Tensor& a, const Tensor& b);
Tensor eq(const Tensor& a, Scalar b);
Tensor ne(const Tensor& a, Scalar b);
Tensor lt(const Tensor& a, Scalar b);
Tensor le(const Tensor& a, Scalar b);
Tensor gt(const Tensor& a, Scalar b);
Tensor ge(const Tensor& a, Scalar b);

/// Options of allclose.
struct AllcloseOptions {
  double rtol = 1e-5;
  double atol = 1e-8;
  bool equal_nan = false;
};
/// True when |a − b| <= atol + rtol·|b| everywhere.
bool allclose(const Tensor& a, const Tensor& b, const AllcloseOptions& options = {});
/// True when shape, dtype and every element are equal.
bool equal(const Tensor& a, const Tensor& b);

inline Tensor operator-(const Tensor& a) { return neg(a); }
inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator+(const Tensor& a, Scalar b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, Scalar b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, Scalar b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, Scalar b) { return div(a, b); }
inline Tensor operator+(Scalar a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(Scalar a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(Scalar a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(Scalar a, const Tensor& b) { return div(a, b); }
inline Tensor& operator+=(Tensor& a, const Tensor& b) { return a.add_(b); }
inline Tensor& operator-=(Tensor& a, const Tensor& b) { return a.sub_(b); }
inline Tensor& operator*=(Tensor& a, const Tensor& b) { return a.mul_(b); }
inline Tensor& operator/=(Tensor& a, const Tensor& b) { return a.div_(b); }
inline Tensor& operator+=(Tensor& a, Scalar b) { return a.add_(b); }
inline Tensor& operator-=(Tensor& a, Scalar b) { return a.sub_(b); }
inline Tensor& operator*=(Tensor& a, Scalar b) { return a.mul_(b); }
inline Tensor& operator/=(Tensor& a, Scalar b) { return a.div_(b); }
// On what an expression gives, `w[0] += 1`: it shares w's memory.
inline Tensor operator+=(Tensor&& a, const Tensor& b) { return a.add_(b); }
inline Tensor operator-=(Tensor&& a, const Tensor& b) { return a.sub_(b); }
inline Tensor operator*=(Tensor&& a, const Tensor& b) { return a.mul_(b); }
inline Tensor operator/=(Tensor&& a, const Tensor& b) { return a.div_(b); }
inline Tensor operator+=(Tensor&& a, Scalar b) { return a.add_(b); }
inline Tensor operator-=(Tensor&& a, Scalar b) { return a.sub_(b); }
inline Tensor operator*=(Tensor&& a, Scalar b) { return a.mul_(b); }
inline Tensor operator/=(Tensor&& a, Scalar b) { return a.div_(b); }

inline Tensor operator==(const Tensor& a, const Tensor& b) { return eq(a, b); }
inline Tensor operator!=(const Tensor& a, const Tensor& b) { return ne(a, b); }
inline Tensor operator<(const Tensor& a, const Tensor& b) { return lt(a, b); }
inline Tensor operator<=(const Tensor& a, const Tensor& b) { return le(a, b); }
inline Tensor operator>(const Tensor& a, const Tensor& b) { return gt(a, b); }
inline Tensor operator>=(const Tensor& a, const Tensor& b) { return ge(a, b); }
inline Tensor operator==(const Tensor& a, Scalar b) { return eq(a, b); }
inline Tensor operator!=(const Tensor& a, Scalar b) { return ne(a, b); }
inline Tensor operator<(const Tensor& a, Scalar b) { return lt(a, b); }
inline Tensor operator<=(const Tensor& a, Scalar b) { return le(a, b); }
inline Tensor operator>(const Tensor& a, Scalar b) { return gt(a, b); }
inline Tensor operator>=(const Tensor& a, Scalar b) { return ge(a, b); }
inline Tensor operator==(Scalar a, const Tensor& b) { return eq(b, a); }
inline Tensor operator!=(Scalar a, const Tensor& b) { return ne(b, a); }
inline Tensor operator<(Scalar a, const Tensor& b) { return gt(b, a); }
inline Tensor operator<=(Scalar a, const Tensor& b) { return ge(b, a); }
inline Tensor operator>(Scalar a, const Tensor& b) { return lt(b, a); }
inline Tensor operator>=(Scalar a, const Tensor& b) { return le(b, a); }

}  // namespace descent
