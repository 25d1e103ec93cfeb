// exp, log, tanh, sigmoid on vectors of float or double, over the whole range of the type; trig-inl.h has sin and cos.
// Float32 stays within 2 ulp and float64 within 4, with and without fused multiply-add
// (tests/kernels/accuracy_test.cpp). Polynomials: Cephes (logf, tanhf, tanh), fdlibm (log), Highway's contrib/math and
// SLEEF (exp).
#if defined(DESCENT_KERNELS_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_KERNELS_MATH_INL_H_
#undef DESCENT_KERNELS_MATH_INL_H_
#else
#define DESCENT_KERNELS_MATH_INL_H_
#endif

#include <cstdint>
#include <limits>
#include <type_traits>

#include "targets.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class D>
inline constexpr bool kIsFloat = std::is_same_v<hn::TFromD<D>, float>;

/// A constant given for each type.
template <class D>
HWY_INLINE hn::Vec<D> Const(D d, float f32, double f64) {
  if constexpr (kIsFloat<D>) {
    (void)f64;
    return Set(d, f32);
  } else {
    (void)f32;
    return Set(d, f64);
  }
}

/// c0 + c1·x + c2·x² + …, four coefficients at a time: short chains, few powers.
template <class D, class V, class T>
HWY_INLINE V Poly(D d, V, T c0) {
  return Set(d, c0);
}
template <class D, class V, class T>
HWY_INLINE V Poly(D d, V x, T c0, T c1) {
  return MulAdd(Set(d, c1), x, Set(d, c0));
}
template <class D, class V, class T>
HWY_INLINE V Poly(D d, V x, T c0, T c1, T c2) {
  return MulAdd(Mul(x, x), Set(d, c2), Poly(d, x, c0, c1));
}
template <class D, class V, class T>
HWY_INLINE V Poly(D d, V x, T c0, T c1, T c2, T c3) {
  return MulAdd(Mul(x, x), Poly(d, x, c2, c3), Poly(d, x, c0, c1));
}
template <class D, class V, class T, class... Rest>
HWY_INLINE V Poly(D d, V x, T c0, T c1, T c2, T c3, T c4, Rest... rest) {
  const V x2 = Mul(x, x);
  return MulAdd(Mul(x2, x2), Poly(d, x, c4, rest...), Poly(d, x, c0, c1, c2, c3));
}

/// Adding this rounds to an integer, which is then held by the lowest bits (bias: of the exponent field).
template <bool kBiased = false, class D>
HWY_INLINE hn::Vec<D> Rounder(D d) {
  return kBiased ? Const(d, 0x1.8p23f + 127, 0x1.8p52 + 1023) : Const(d, 0x1.8p23f, 0x1.8p52);
}

/// 2^n for n + Rounder<true>, 2^n being a normal number.
template <class D, class V>
HWY_INLINE V PowerOfTwo(D d, V biased) {
  const hn::RebindToUnsigned<D> du;
  return BitCast(d, hn::ShiftLeft < kIsFloat<D> ? 23 : 52 > (BitCast(du, biased)));
}

/// x = n·ln 2 + r, n whole, |r| <= ln 2 / 2.
template <class D, class V>
HWY_INLINE void SplitExp(D d, V x, V& n, V& r) {
  n = Sub(MulAdd(x, Const(d, 0x1.715476p0f, 0x1.71547652b82fep0), Rounder(d)), Rounder(d));
  r = NegMulAdd(n, Const(d, 0.693145751953125f, 6.93147180369123816490e-01), x);  // n·(upper part of ln 2) is exact
  r = NegMulAdd(n, Const(d, 1.428606765330187045e-6f, 1.90821492927058770002e-10), r);
}

/// (exp(r) − 1 − r) / r² for |r| <= ln 2 / 2.
template <class D, class V>
HWY_INLINE V ExpTail(D d, V r) {
  if constexpr (kIsFloat<D>) {
    return Poly(d, r, 0.5f, 0.166666671633720397949219f, 0.0416664853692054748535156f, 0.00833336077630519866943359f,
                0.00139304355252534151077271f, 0.000198527617612853646278381f);
  } else {
    return Poly(d, r, 0.5, 0.166666666666666851703837, 0.0416666666666665047591422, 0.00833333333331652721664984,
                0.00138888888889774492207962, 0.000198412698960509205564975, 2.4801587159235472998791e-5,
                2.75572362911928827629423e-6, 2.75573911234900471893338e-7, 2.51112930892876518610661e-8,
                2.08860621107283687536341e-9);
  }
}

/// exp(r) for |r| <= ln 2 / 2. kExact keeps what rounding 1 + r drops.
template <bool kExact, class D, class V>
HWY_INLINE V ExpOfRest(D d, V r) {
  const V p = ExpTail(d, r), one = Const(d, 1, 1);
  if constexpr (kExact) {
    const V sum = Add(one, r);
    return Add(sum, MulAdd(p, Mul(r, r), Sub(r, Sub(sum, one))));
  } else {
    return Add(one, MulAdd(p, Mul(r, r), r));
  }
}

/// y·2^n in two factors, so that overflow and denormals round once, at the end.
template <class D, class V>
HWY_INLINE V ScaleByPower(D d, V y, V n) {
  const V bias = Rounder<true>(d);
  const V half = MulAdd(n, Const(d, 0.5f, 0.5), bias);
  const V other = Sub(n, Sub(half, bias));
  return Mul(Mul(y, PowerOfTwo(d, half)), PowerOfTwo(d, Add(other, bias)));
}

/// exp(x) for x where neither step leaves the normal range (kWide = false) or any x that is not NaN within [−104, 89]
/// or [−746, 710] (kWide = true).
template <bool kWide, bool kExact, class D, class V>
HWY_INLINE V ExpInRange(D d, V x) {
  V n, r;
  SplitExp(d, x, n, r);
  const V y = ExpOfRest<kExact>(d, r);
  if constexpr (!kWide) return Mul(y, PowerOfTwo(d, Add(n, Rounder<true>(d))));
  return ScaleByPower(d, y, n);
}

/// exp(x): inf from 88.73 / 709.79 on, denormals down to −103.97 / −745.13, then 0.
template <bool kExact = false, class D, class V>
HWY_INLINE V VecExp(D d, V x) {
  const V inside = Min(Max(x, Const(d, -104, -746)), Const(d, 89, 710));
  return IfThenElse(IsNaN(x), x, ExpInRange<true, kExact>(d, inside));
}

/// x = 2^k·(1 + f) for x > 0, √½ <= 1 + f < √2.
template <class D, class V>
HWY_INLINE void SplitLog(D d, V x, V& k, V& f) {
  using T = hn::TFromD<D>;
  const hn::RebindToUnsigned<D> du;
  using U = hn::TFromD<decltype(du)>;
  constexpr int kMantissa = kIsFloat<D> ? 23 : 52;
  constexpr U kOne = kIsFloat<D> ? U(0x3f800000) : U(0x3ff0000000000000);
  constexpr U kSqrtHalf = kIsFloat<D> ? U(0x3f3504f3) : U(0x3fe6a09e667f3bcd);
  constexpr U kExponentOfOne = kIsFloat<D> ? U(0x4b000000) : U(0x4330000000000000);  // 2^23, 2^52

  const auto denormal = Lt(x, Set(d, std::numeric_limits<T>::min()));
  const V normal = IfThenElse(denormal, Mul(x, Const(d, 0x1p25f, 0x1p54)), x);
  const auto bits = Add(BitCast(du, normal), Set(du, U(kOne - kSqrtHalf)));
  const V m = BitCast(d, Add(And(bits, Set(du, U((U(1) << kMantissa) - 1))), Set(du, kSqrtHalf)));
  k = BitCast(d, Or(hn::ShiftRight<kMantissa>(bits), Set(du, kExponentOfOne)));
  k = Sub(k, IfThenElse(denormal, Const(d, 0x1p23f + 127 + 25, 0x1p52 + 1023 + 54),
                        Const(d, 0x1p23f + 127, 0x1p52 + 1023)));
  f = Sub(m, Const(d, 1, 1));
}

/// −(log(1 + f) + low) in float64, |low| small, √½ <= 1 + f < √2.
template <class D, class V>
HWY_INLINE V NegLogOfRest(D d, V f, V low) {
  const V s = Div(f, Add(Set(d, 2.0), f));
  const V z = Mul(s, s);
  const V r = Mul(
      z, Poly(d, z, 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
              2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01));
  const V h = Mul(Mul(Set(d, 0.5), f), f);
  return Sub(Sub(h, MulAdd(s, Add(h, r), low)), f);
}

/// The logarithm y of x with its special cases: inf and NaN stay, −inf for 0, NaN for x < 0.
template <class D, class V>
HWY_INLINE V LogEdges(D d, V x, V y) {
  using T = hn::TFromD<D>;
  y = IfThenElse(Lt(x, Set(d, std::numeric_limits<T>::infinity())), y, x);
  const V pole = IfThenElse(Eq(x, Zero(d)), Set(d, -std::numeric_limits<T>::infinity()),
                            Set(d, std::numeric_limits<T>::quiet_NaN()));
  return IfThenElse(Le(x, Zero(d)), pole, y);
}

/// log(x) = k·ln 2 + log(1 + f).
template <class D, class V>
HWY_INLINE V VecLog(D d, V x) {
  V k, f, y;
  SplitLog(d, x, k, f);
  if constexpr (kIsFloat<D>) {
    const V z = Mul(f, f);
    const V p = Poly(d, f, 3.3333331174e-1f, -2.4999993993e-1f, 2.0000714765e-1f, -1.6668057665e-1f, 1.4249322787e-1f,
                     -1.2420140846e-1f, 1.1676998740e-1f, -1.1514610310e-1f, 7.0376836292e-2f);
    y = MulAdd(k, Set(d, -2.12194440e-4f), Mul(Mul(f, z), p));
    y = Add(NegMulAdd(Set(d, 0.5f), z, y), f);
    y = MulAdd(k, Set(d, 0.693359375f), y);
  } else {
    const V rest = NegLogOfRest(d, f, Mul(k, Set(d, 1.90821492927058770002e-10)));
    y = MulSub(k, Set(d, 6.93147180369123816490e-01), rest);
  }
  return LogEdges(d, x, y);
}

/// tanh(x): x + x³·P(x²) for |x| < 0.625, else sign(x)·(1 − 2/(exp(2|x|) + 1)).
template <class D, class V>
HWY_INLINE V VecTanh(D d, V x) {
  const V one = Const(d, 1, 1), a = Abs(x), z = Mul(x, x);
  const V inside = Min(a, Const(d, 10, 20));  // from there on the result is 1
  const V e = ExpInRange<false, false>(d, Add(inside, inside));
  const V large = Sub(one, Div(Const(d, 2, 2), Add(e, one)));
  V p;
  if constexpr (kIsFloat<D>) {
    p = Poly(d, z, -3.33332819422e-1f, 1.33314422036e-1f, -5.37397155531e-2f, 2.06390887954e-2f, -5.70498872745e-3f);
  } else {
    p = Div(Poly(d, z, -1.61468768441708447952e3, -9.92877231001918586564e1, -9.64399179425052238628e-1),
            Poly(d, z, 4.84406305325125486048e3, 2.23548839060100448583e3, 1.12811678491632931402e2, 1.0));
  }
  const V small = MulAdd(Mul(p, z), a, a);
  return CopySignToAbs(IfThenElse(Ge(a, Const(d, 0.625f, 0.625)), large, small), x);  // NaN comes out of `small`
}

/// 1/(1 + exp(−x)) with e = exp(−|x|): x < 0 ? e/(1 + e) : 1/(1 + e); never overflows, keeps denormals.
/// e/(1 + e) is taken as e − e·(e/(1 + e)), which rounds less.
template <class D, class V>
HWY_INLINE V VecSigmoid(D d, V x) {
  const V one = Const(d, 1, 1);
  const V e = VecExp<true>(d, Neg(Abs(x)));
  const auto negative = Lt(x, Zero(d));
  const V q = Div(IfThenElse(negative, e, one), Add(one, e));
  return IfThenElse(negative, NegMulAdd(e, q, e), q);
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
