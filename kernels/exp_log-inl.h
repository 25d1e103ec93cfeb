// Exponentials, logarithms, hyperbolic functions and their inverses on vectors of double, within 4 ulp over the whole
// range of the type, with and without fused multiply-add (tests/kernels/accuracy_test.cpp). Float32 goes through them.
// Polynomials: interpolation at Chebyshev points.
#if defined(DESCENT_KERNELS_EXP_LOG_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_KERNELS_EXP_LOG_INL_H_
#undef DESCENT_KERNELS_EXP_LOG_INL_H_
#else
#define DESCENT_KERNELS_EXP_LOG_INL_H_
#endif

#include "math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {

/// 2^x = 2^n·exp(r·ln 2), n = round(x).
template <class D, class V>
HWY_INLINE V Exp2Of(D d, V x) {
  const V inside = Min(Max(x, Set(d, -1080.0)), Set(d, 1025.0));
  const V n = Sub(Add(inside, Rounder(d)), Rounder(d));
  const V y = ExpOfRest<true>(d, Mul(Sub(inside, n), Set(d, 0.6931471805599453)));
  return IfThenElse(IsNaN(x), x, ScaleByPower(d, y, n));
}

/// exp(x) − 1 = 2·(2ⁿ⁻¹·(exp(r) − 1) + (2ⁿ⁻¹ − ½)).
template <class D, class V>
HWY_INLINE V Expm1Of(D d, V x) {
  V n, r;
  SplitExp(d, Min(Max(x, Set(d, -40.0)), Set(d, 710.0)), n, r);
  const V p = MulAdd(ExpTail(d, r), Mul(r, r), r);
  const V half = Set(d, 0.5);
  const V power = PowerOfTwo(d, Add(Sub(n, Set(d, 1.0)), Rounder<true>(d)));
  const V y = MulAdd(p, power, Sub(power, half));
  return IfThenElse(Ge(Abs(x), Set(d, 0x1p-54)), Add(y, y), x);  // NaN, −0 and the smallest stay
}

/// exp(x)/2 for 0 <= x <= 711; inf only where that overflows.
template <class D, class V>
HWY_INLINE V HalfExp(D d, V x) {
  V n, r;
  SplitExp(d, x, n, r);
  return ScaleByPower(d, Mul(ExpOfRest<true>(d, r), Set(d, 0.5)), n);
}

/// log₂(x) = k + log(1 + f)/ln 2.
template <class D, class V>
HWY_INLINE V Log2Of(D d, V x) {
  V k, f;
  SplitLog(d, x, k, f);
  const V rest = NegLogOfRest(d, f, Zero(d));
  return LogEdges(d, x, NegMulAdd(rest, Set(d, 1.4426950408889634), k));
}

/// log₁₀(x) = k·log₁₀ 2 + log(1 + f)/ln 10; the first product is exact.
template <class D, class V>
HWY_INLINE V Log10Of(D d, V x) {
  V k, f;
  SplitLog(d, x, k, f);
  const V rest = NegLogOfRest(d, f, Zero(d));
  const V low = NegMulAdd(rest, Set(d, 0.4342944819032518), Mul(k, Set(d, 1.1451100898021838e-10)));
  return LogEdges(d, x, MulAdd(k, Set(d, 0.3010299955494702), low));
}

/// log(1 + x): u = 1 + x rounded, log(u) + (what rounding dropped)/u.
template <class D, class V>
HWY_INLINE V Log1pOf(D d, V x) {
  const V one = Set(d, 1.0), u = Add(one, x);
  const V dropped = IfThenElse(Le(x, one), Sub(x, Sub(u, one)), Sub(one, Sub(u, x)));
  V k, f;
  SplitLog(d, u, k, f);
  const auto near_one = Eq(k, Zero(d));  // there f = x without any rounding
  const V c = IfThenZeroElse(near_one, Div(dropped, u));
  f = IfThenElse(near_one, x, f);
  const V rest = NegLogOfRest(d, f, MulAdd(k, Set(d, 1.90821492927058770002e-10), c));
  const V y = LogEdges(d, u, MulSub(k, Set(d, 6.93147180369123816490e-01), rest));
  return IfThenElse(Ge(Abs(x), Set(d, 0x1p-54)), y, x);
}

/// log(1/(1 + exp(−x))) = min(x, 0) − log(1 + exp(−|x|)).
template <class D, class V>
HWY_INLINE V LogSigmoidOf(D d, V x) {
  return Sub(IfThenElseZero(Lt(x, Zero(d)), x), Log1pOf(d, VecExp<true>(d, Neg(Abs(x)))));
}

/// x + x³·P(x²) for |x| < 1, else h − 1/(4h) with h = exp|x|/2.
template <class D, class V>
HWY_INLINE V SinhOf(D d, V x) {
  const V a = Abs(x), z = Mul(x, x);
  const V p = Poly(d, z, 0.16666666666666666, 0.008333333333333333, 0.00019841269841269773, 2.755731922404034e-06,
                   2.505210836405804e-08, 1.6059048396350562e-10, 7.646625361656657e-13, 2.8445264169895285e-15);
  const V small = MulAdd(Mul(p, z), a, a);
  const V h = HalfExp(d, Min(a, Set(d, 711.0)));
  const V large = Sub(h, Div(Set(d, 0.25), h));
  return CopySignToAbs(IfThenElse(Ge(a, Set(d, 1.0)), large, small), x);  // NaN comes out of `small`
}

/// h + 1/(4h) with h = exp|x|/2.
template <class D, class V>
HWY_INLINE V CoshOf(D d, V x) {
  const V h = HalfExp(d, Min(Abs(x), Set(d, 711.0)));
  return IfThenElse(IsNaN(x), x, Add(h, Div(Set(d, 0.25), h)));
}

/// log(1 + t), or log(t) + ln 2 where t > 2⁵⁴ stands for half of what it would be.
template <class D, class V, class M>
HWY_INLINE V Log1pOrLog2t(D d, V t, M huge) {
  return Add(Log1pOf(d, t), IfThenElseZero(huge, Set(d, 0.6931471805599453)));
}

/// sign(x)·log(1 + a + a²/(1 + √(1 + a²))), a = |x|.
template <class D, class V>
HWY_INLINE V AsinhOf(D d, V x) {
  const V a = Abs(x), z = Mul(a, a), one = Set(d, 1.0);
  const auto huge = Gt(a, Set(d, 0x1p54));
  const V t = Add(a, Div(z, Add(one, Sqrt(Add(one, z)))));
  return CopySignToAbs(Log1pOrLog2t(d, IfThenElse(huge, a, t), huge), x);
}

/// log(1 + t + √(t·(2 + t))), t = x − 1; NaN for x < 1.
template <class D, class V>
HWY_INLINE V AcoshOf(D d, V x) {
  const V t = Sub(x, Set(d, 1.0));
  const auto huge = Gt(x, Set(d, 0x1p54));
  const V sum = Add(t, Sqrt(Mul(t, Add(t, Set(d, 2.0)))));
  const V y = Log1pOrLog2t(d, IfThenElse(huge, x, sum), huge);
  return IfThenElse(Lt(t, Zero(d)), Set(d, std::numeric_limits<double>::quiet_NaN()), y);
}

/// sign(x)·½·log(1 + 2a/(1 − a)), a = |x|; below ½ the fraction is 2a + 2a·a/(1 − a).
template <class D, class V>
HWY_INLINE V AtanhOf(D d, V x) {
  const V a = Abs(x), twice = Add(a, a), one = Set(d, 1.0);
  const V q = Div(IfThenElse(Lt(a, Set(d, 0.5)), Mul(twice, a), twice), Sub(one, a));
  const V y = Log1pOf(d, IfThenElse(Lt(a, Set(d, 0.5)), Add(twice, q), q));
  return CopySign(Mul(y, Set(d, 0.5)), x);
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
