// sin and cos on vectors of float or double, tan on double, over the whole range of the type: float32 within 2 ulp,
// float64 within 4 (tests/kernels/accuracy_test.cpp). Polynomials and π in parts: SLEEF; tan: Chebyshev interpolation.
#if defined(DESCENT_KERNELS_TRIG_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_KERNELS_TRIG_INL_H_
#undef DESCENT_KERNELS_TRIG_INL_H_
#else
#define DESCENT_KERNELS_TRIG_INL_H_
#endif

#include <cmath>

#include "math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {

/// sin (or cos) of |x| < 1e7: x = q·π + r (cos: q odd multiples of π/2), π in parts whose products with q are exact.
template <bool kCos, bool kForFloat, class D, class V>
HWY_INLINE V SinInRange(D d, V x) {
  const hn::RebindToUnsigned<D> du;
  constexpr double kScale = kCos ? 0.5 : 1;
  const V a = Abs(x);
  const V over_pi = Set(d, 0.31830988618379067153), rounder = Rounder(d);
  const V shifted = kCos ? Add(MulSub(a, over_pi, Set(d, 0.5)), rounder) : MulAdd(a, over_pi, rounder);
  const V n = Sub(shifted, rounder);
  const V q = kCos ? MulAdd(n, Set(d, 2.0), Set(d, 1.0)) : n;
  V r = NegMulAdd(q, Set(d, kScale * 3.1415926218032836914), a);
  if constexpr (kForFloat) {
    r = NegMulAdd(q, Set(d, kScale * 0x1.110b4611a6263p-25), r);
  } else {
    r = NegMulAdd(q, Set(d, kScale * 3.1786509424591713469e-8), r);
    r = NegMulAdd(q, Set(d, kScale * 1.2246467864107188502e-16), r);
    r = NegMulAdd(q, Set(d, kScale * 1.2736634327021899816e-24), r);
  }
  const V y = Mul(r, r);
  V p;
  if constexpr (kForFloat) {
    p = Poly(d, y, -1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800);
  } else {
    p = Poly(d, y, -0.166666666666666657414808, 0.00833333333333332974823815, -0.000198412698412696162806809,
             2.75573192239198747630416e-6, -2.50521083763502045810755e-8, 1.60590430605664501629054e-10,
             -7.64712219118158833288484e-13, 2.81009972710863200091251e-15, -7.97255955009037868891952e-18);
  }
  const V s = MulAdd(Mul(p, y), r, r);
  // (−1)^n, and sin(r + π/2·(2n + 1)) = cos … : the lowest bit of n moves to the sign.
  const V parity = BitCast(d, hn::ShiftLeft<63>(BitCast(du, shifted)));
  return Xor(s, Xor(parity, kCos ? SignBit(d) : And(SignBit(d), x)));
}

/// y, but f(x) per lane where |x| >= 1e7.
template <class D, class V, class F>
HWY_INLINE V FarThroughLibm(D d, V x, V y, F f) {
  using T = hn::TFromD<D>;
  if (HWY_LIKELY(AllFalse(d, Ge(Abs(x), Const(d, 1e7f, 1e7))))) return y;
  HWY_ALIGN T in[hn::MaxLanes(D())];
  HWY_ALIGN T out[hn::MaxLanes(D())];
  Store(x, d, in);
  Store(y, d, out);
  for (std::size_t i = 0; i < Lanes(d); ++i) {
    if (std::abs(in[i]) >= T(1e7)) out[i] = f(in[i]);
  }
  return Load(d, out);
}

/// Float32 goes through float64 lanes (D then has half as many lanes as a full vector); lanes beyond 1e7 through libm.
template <bool kCos, class D, class V>
HWY_INLINE V SinOrCos(D d, V x) {
  using T = hn::TFromD<D>;
  V y;
  if constexpr (kIsFloat<D>) {
    const hn::Rebind<double, D> wide;
    y = DemoteTo(d, SinInRange<kCos, true>(wide, PromoteTo(wide, x)));
  } else {
    y = SinInRange<kCos, false>(d, x);
  }
  return FarThroughLibm(d, x, y, [](T v) { return kCos ? std::cos(v) : std::sin(v); });
}

template <class D, class V>
HWY_INLINE V VecSin(D d, V x) {
  return SinOrCos<false>(d, x);
}

template <class D, class V>
HWY_INLINE V VecCos(D d, V x) {
  return SinOrCos<true>(d, x);
}

/// a − b, adding to `low` what rounding drops.
template <class V>
HWY_INLINE V SubExactly(V a, V b, V& low) {
  const V s = Sub(a, b), t = Sub(s, a);
  low = Add(low, Sub(Sub(a, Sub(s, t)), Add(b, t)));
  return s;
}

/// tan of |x| < 1e7 in float64: |x| = n·π/2 + r + low, then sin(r)/cos(r), or −cos(r)/sin(r) for odd n.
template <class D, class V>
HWY_INLINE V TanInRange(D d, V x) {
  const hn::RebindToUnsigned<D> du;
  const V a = Abs(x), rounder = Rounder(d), one = Set(d, 1.0);
  const V shifted = MulAdd(a, Set(d, 0.63661977236758134308), rounder);
  const V n = Sub(shifted, rounder);
  V low = Zero(d);
  V r = Sub(a, Mul(n, Set(d, 0.5 * 3.1415926218032836914)));  // exact, and so are the products below
  r = SubExactly(r, Mul(n, Set(d, 0.5 * 3.1786509424591713469e-8)), low);
  r = SubExactly(r, Mul(n, Set(d, 0.5 * 1.2246467864107188502e-16)), low);
  low = NegMulAdd(n, Set(d, 0.5 * 1.2736634327021899816e-24), low);
  const V z = Mul(r, r), half_z = Mul(z, Set(d, 0.5)), w = Sub(one, half_z);
  const V p = Poly(d, z, -0.16666666666666666, 0.008333333333333331, -0.0001984126984126457, 2.755731921895673e-06,
                   -2.5052106100926675e-08, 1.605851097953535e-10, -7.58549250782124e-13);
  const V q = Poly(d, z, 0.041666666666666664, -0.0013888888888888887, 2.480158730158437e-05, -2.75573192211902e-07,
                   2.0876755717957296e-09, -1.147044941240971e-11, 4.745202155702359e-14);
  const V sine = Add(r, MulAdd(Mul(p, z), r, Mul(low, w)));
  const V cosine = Add(w, Add(Sub(Sub(one, w), half_z), MulSub(Mul(z, z), q, Mul(r, low))));
  const auto odd = MaskFromVec(BitCast(d, Sub(Zero(du), And(BitCast(du, shifted), Set(du, 1)))));
  const V y = Div(IfThenElse(odd, Neg(cosine), sine), IfThenElse(odd, sine, cosine));
  return Xor(y, And(SignBit(d), x));
}

template <class D, class V>
HWY_INLINE V TanOf(D d, V x) {
  return FarThroughLibm(d, x, TanInRange(d, x), [](double v) { return std::tan(v); });
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
