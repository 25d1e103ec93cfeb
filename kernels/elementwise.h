// Elementwise loops: one pass over memory, SIMD chosen at run time, threaded above kGrain elements.
//
// All operands have the shape of `out`; a broadcast operand has strides of 0. Operands may equal `out` exactly
// (in-place), but may not overlap it otherwise. None of these functions throws.
#pragma once

#include "view.h"

namespace descent::kernels {

/// y = f(x). Neg, Abs, Sign, Square, Relu take every number type, Floor, Ceil, Round, Trunc too (on integers they are
/// the identity); all others take float32 and float64.
/// Errors: float32 <= 2 ulp, float64 <= 4 ulp over the whole range; NaN and infinities as in IEEE / C.
/// Relu keeps NaN. Sign(NaN) is 0 as in PyTorch; Abs of the smallest int64 wraps. Round takes ties to even.
enum class Unary {
  Neg,
  Abs,
  Sign,
  Square,
  Sqrt,
  Exp,
  Log,
  Sin,
  Cos,
  Tanh,
  Sigmoid,
  Relu,
  Reciprocal,
  Rsqrt,
  Floor,
  Ceil,
  Round,
  Trunc,
  Frac,
  Exp2,
  Expm1,
  Log2,
  Log10,
  Log1p,
  LogSigmoid,
  Sinh,
  Cosh,
  Asinh,
  Acosh,
  Atanh,
  Tan,
  Asin,
  Acos,
  Atan,
  Erf,
  Erfc
};
void unary(Unary op, View out, View in);

/// z = f(x, y), all of one type. Maximum and Minimum propagate NaN; on boolean Add and Maximum are or, Mul and Minimum
/// are and. Div, Atan2 (of y, x) and Hypot take floats. Pow on integers wraps around; a negative integer exponent gives
/// 0, or ±1 for a base of ±1. Fmod has the sign of x, Remainder that of y, FloorDiv is the whole number q with
/// x = q·y + Remainder; on integers y must not be 0.
/// Gradients in one pass, x the upstream gradient, y the saved output:
/// ReluGrad: 0 where y <= 0, else x (so at NaN). TanhGrad: x·(1 − y²). SigmoidGrad: x·y·(1 − y).
enum class Binary {
  Add,
  Sub,
  Mul,
  Div,
  Pow,
  Maximum,
  Minimum,
  ReluGrad,
  TanhGrad,
  SigmoidGrad,
  Atan2,
  Hypot,
  Fmod,
  Remainder,
  FloorDiv
};
void binary(Binary op, View out, View a, View b);

/// out (boolean) = a ? b, operands of one type. Every comparison with NaN but NotEqual is false.
enum class Compare { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };
void compare(Compare op, View out, View a, View b);

/// out = condition ? a : b; condition is boolean, the rest of one type.
void where(View out, View condition, View a, View b);

/// out = min(max(in, lo), hi), NaN stays; `lo` and `hi` point to one element of the type each.
void clamp(View out, View in, const void* lo, const void* hi);

/// out = in, converted to out's type (float to integer truncates, as a C++ cast; anything non-zero is true).
/// Transposes go through cache-sized tiles.
void copy(View out, View in);

/// Every element of out = *value, which is of out's type.
void fill(View out, const void* value);

}  // namespace descent::kernels
