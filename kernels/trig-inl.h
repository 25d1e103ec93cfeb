// sin and cos on vectors of float or double, over the whole range of the type: float32 within 2 ulp, float64 within 4
// (tests/kernels/accuracy_test.cpp). Polynomials and π in parts: SLEEF.
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
  if (HWY_UNLIKELY(!AllFalse(d, Ge(Abs(x), Const(d, 1e7f, 1e7))))) {
    HWY_ALIGN T in[hn::MaxLanes(D())];
    HWY_ALIGN T out[hn::MaxLanes(D())];
    Store(x, d, in);
    Store(y, d, out);
    for (std::size_t i = 0; i < Lanes(d); ++i) {
      if (std::abs(in[i]) >= T(1e7)) out[i] = kCos ? std::cos(in[i]) : std::sin(in[i]);
    }
    y = Load(d, out);
  }
  return y;
}

template <class D, class V>
HWY_INLINE V VecSin(D d, V x) {
  return SinOrCos<false>(d, x);
}

template <class D, class V>
HWY_INLINE V VecCos(D d, V x) {
  return SinOrCos<true>(d, x);
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
