// asin, acos, atan, atan2 and hypot on vectors of double, within 4 ulp over the whole range of the type
// (tests/kernels/accuracy_test.cpp). Float32 goes through them. Polynomials: interpolation at Chebyshev points.
#if defined(DESCENT_KERNELS_ARC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_KERNELS_ARC_INL_H_
#undef DESCENT_KERNELS_ARC_INL_H_
#else
#define DESCENT_KERNELS_ARC_INL_H_
#endif

#include "math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {

/// π/2 − y, with what π/2 drops.
template <class D, class V>
HWY_INLINE V HalfPiMinus(D d, V y) {
  return Sub(Set(d, 1.5707963267948966), Sub(y, Set(d, 6.123233995736766e-17)));
}

/// asin(s) − s = s³·P(s²) for z = s² <= ¼.
template <class D, class V>
HWY_INLINE V AsinTail(D d, V s, V z) {
  return Mul(Mul(s, z), Poly(d, z, 0.16666666666666669, 0.07499999999998433, 0.04464285714635543, 0.030381944138531247,
                             0.02237217294214989, 0.017352392720869973, 0.013971212973552933, 0.011479177415184906,
                             0.01032281435018578, 0.005457506718640358, 0.01740087944269402, -0.014851887071247204,
                             0.028757851367421566));
}

/// a > ½: asin(a) = π/2 − 2·asin(√((1 − a)/2)); NaN for a > 1.
template <class D, class V>
HWY_INLINE V AsinOf(D d, V x) {
  const V a = Abs(x), half = Set(d, 0.5);
  const auto large = Gt(a, half);
  const V z = IfThenElse(large, Mul(Sub(Set(d, 1.0), a), half), Mul(a, a));
  const V s = IfThenElse(large, Sqrt(z), a);
  const V y = Add(s, AsinTail(d, s, z));
  return CopySign(IfThenElse(large, HalfPiMinus(d, Add(y, y)), y), x);
}

/// π/2 − asin(x); beyond ±½ 2·asin(√((1 − x)/2)) and π − 2·asin(√((1 + x)/2)).
template <class D, class V>
HWY_INLINE V AcosOf(D d, V x) {
  const V a = Abs(x), half = Set(d, 0.5);
  const auto large = Gt(a, half);
  const V z = IfThenElse(large, Mul(Sub(Set(d, 1.0), a), half), Mul(a, a));
  const V s = IfThenElse(large, Sqrt(z), x);
  const V tail = AsinTail(d, s, z);
  const V small = Sub(Set(d, 1.5707963267948966), Sub(s, Sub(Set(d, 6.123233995736766e-17), tail)));
  V y = Add(s, tail);
  y = IfThenElse(Lt(x, Zero(d)), HalfPiMinus(d, y), y);
  return IfThenElse(large, Add(y, y), small);
}

/// atan(p/q) for 0 <= p <= q, q a normal number: t + t³·P(t²) with t = p/q, above √2 − 1 π/4 + atan((p − q)/(p + q)).
template <class D, class V>
HWY_INLINE V AtanOfRatio(D d, V p, V q) {
  const auto large = Gt(p, Mul(q, Set(d, 0.41421356237309503)));
  const V t = Div(IfThenElse(large, Sub(p, q), p), IfThenElse(large, Add(p, q), q));
  const V z = Mul(t, t);
  const V tail =
      Mul(Mul(t, z), Poly(d, z, -0.3333333333333333, 0.199999999999998, -0.14285714285659326, 0.11111111105106705,
                          -0.09090908751076636, 0.0769229630497447, -0.06666423628069258, 0.058789145444006215,
                          -0.052303478730160745, 0.04551108126325172, -0.034558092551413795, 0.01627194475162406));
  const V low = Add(tail, IfThenElseZero(large, Set(d, 3.061616997868383e-17)));
  return Add(IfThenElseZero(large, Set(d, 0.7853981633974483)), Add(t, low));
}

template <class D, class V>
HWY_INLINE V AtanOf(D d, V x) {
  const V a = Abs(x), one = Set(d, 1.0);
  const V y = AtanOfRatio(d, Min(a, one), Max(a, one));
  const V full = IfThenElse(Gt(a, one), HalfPiMinus(d, y), y);
  return IfThenElse(IsNaN(x), x, CopySignToAbs(full, x));
}

/// The angle of the point (x, y), signs of zero and infinities as in C.
template <class D, class V>
HWY_INLINE V Atan2Of(D d, V y, V x) {
  const V a = Abs(y), b = Abs(x), one = Set(d, 1.0), inf = Set(d, std::numeric_limits<double>::infinity());
  V p = Min(a, b), q = Max(a, b);
  const V scale =
      IfThenElse(Gt(q, Set(d, 0x1p1000)), Set(d, 0x1p-100), IfThenElse(Lt(q, Set(d, 0x1p-900)), Set(d, 0x1p100), one));
  const auto degenerate = Or(Eq(p, inf), Eq(q, Zero(d)));  // inf/inf counts as 1, 0/0 as 0
  q = IfThenElse(degenerate, one, Mul(q, scale));
  p = IfThenElse(degenerate, Min(p, one), Mul(p, scale));
  V angle = AtanOfRatio(d, p, q);
  angle = IfThenElse(Gt(a, b), HalfPiMinus(d, angle), angle);
  const V turned = Sub(Set(d, 3.141592653589793), Sub(angle, Set(d, 1.2246467991473532e-16)));
  angle = IfThenElse(Lt(CopySign(one, x), Zero(d)), turned, angle);
  return IfThenElse(Or(IsNaN(x), IsNaN(y)), Add(x, y), CopySignToAbs(angle, y));
}

/// √(x² + y²) without overflow or underflow on the way; inf where either is infinite, whatever the other.
template <class D, class V>
HWY_INLINE V HypotOf(D d, V x, V y) {
  const V a = Abs(x), b = Abs(y), one = Set(d, 1.0), inf = Set(d, std::numeric_limits<double>::infinity());
  const V p = Min(a, b), q = Max(a, b);
  const auto huge = Gt(q, Set(d, 0x1p500)), tiny = Lt(q, Set(d, 0x1p-400));
  const V scale = IfThenElse(huge, Set(d, 0x1p-600), IfThenElse(tiny, Set(d, 0x1p600), one));
  const V back = IfThenElse(huge, Set(d, 0x1p600), IfThenElse(tiny, Set(d, 0x1p-600), one));
  const V u = Mul(p, scale), v = Mul(q, scale);
  V r = Mul(Sqrt(MulAdd(v, v, Mul(u, u))), back);
  r = IfThenElse(Or(IsNaN(x), IsNaN(y)), Add(x, y), r);
  return IfThenElse(Or(Eq(a, inf), Eq(b, inf)), inf, r);
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
