// erf and erfc on vectors of double, within 4 ulp over the whole range of the type
// (tests/kernels/accuracy_test.cpp). Float32 goes through them. Polynomials: interpolation at Chebyshev points.
#if defined(DESCENT_KERNELS_ERF_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_KERNELS_ERF_INL_H_
#undef DESCENT_KERNELS_ERF_INL_H_
#else
#define DESCENT_KERNELS_ERF_INL_H_
#endif

#include "math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {

/// Below this |x| erf(x) = x + x·P(x²), from it on it is 1 − erfc(x).
inline constexpr double kErfSwitch = 0.84375;

/// erf(x) − x for |x| < kErfSwitch.
template <class D, class V>
HWY_INLINE V ErfTail(D d, V x) {
  const V z = Mul(x, x);
  return Mul(x, Poly(d, z, 0.12837916709551256, -0.376126389031834, 0.1128379167093529, -0.026866170640775802,
                     0.005223977576338078, -0.0008548323788932836, 0.00012055199865431933, -1.4922119982996698e-05,
                     1.6401609579465493e-06, -1.571432054759021e-07, 1.0726157378271507e-08));
}

/// x with the lower half of its bits cleared.
template <class D, class V>
HWY_INLINE V Upper(D d, V x) {
  const hn::RebindToUnsigned<D> du;
  return BitCast(d, And(BitCast(du, x), Set(du, ~std::uint64_t{0x7ffffff})));
}

/// erfc(x) = exp(−x²)·P(t)/(1 + 2x), t = (x − 4)/(x + 4), for 0.84 <= x <= 28 (Shepherd and Laframboise, 1981).
template <class D, class V>
HWY_INLINE V ErfcOfLarge(D d, V x) {
  const V four = Set(d, 4.0);
  const V t = Div(Sub(x, four), Add(x, four));
  const V q = Poly(d, t, -0.1396211168405625, 0.015379652102622016, 0.0680970542546906, -0.10103906603647035,
                   0.09373283499849493, -0.06633036580749772, 0.03716751553321034, -0.016197734126133387,
                   0.005031970043531997, -0.0007577727196133947, -0.0001992572790091619, 0.0001506187958353432,
                   -2.4396020651877325e-05, -1.121306312597987e-05, 5.698864294309859e-06, 2.7721763941466276e-07,
                   -8.028846424012896e-07, 9.080068388303824e-08, 8.36733179473627e-08, -2.301958882516994e-08);
  const V p = MulAdd(q, t, Set(d, 1.2329951186255526));
  // x² = square + low exactly, from the halves of x.
  const V upper = Upper(d, x), lower = Sub(x, upper), square = Mul(x, x);
  const V low = MulAdd(lower, lower, MulAdd(Add(upper, upper), lower, MulSub(upper, upper, square)));
  V n, r;
  SplitExp(d, Neg(square), n, r);
  const V y = Div(Mul(ExpOfRest<true>(d, Sub(r, low)), p), MulAdd(Set(d, 2.0), x, Set(d, 1.0)));
  return ScaleByPower(d, y, n);
}

template <class D, class V>
HWY_INLINE V ErfOf(D d, V x) {
  const V a = Abs(x);
  const V small = Add(a, ErfTail(d, a));
  const auto far = Ge(a, Set(d, kErfSwitch));
  if (AllFalse(d, far)) return CopySignToAbs(small, x);
  const V inside = Min(Max(a, Set(d, kErfSwitch)), Set(d, 6.0));  // from there on the result is 1
  const V large = Sub(Set(d, 1.0), ErfcOfLarge(d, inside));
  return CopySignToAbs(IfThenElse(far, large, small), x);  // NaN comes out of `small`
}

/// 1 − erf(x), from ¼ on as ½ − ((x − ½) + …), which rounds less.
template <class D, class V>
HWY_INLINE V ErfcOf(D d, V x) {
  const V one = Set(d, 1.0), half = Set(d, 0.5), a = Abs(x);
  const V tail = ErfTail(d, x);
  const V small = IfThenElse(Lt(x, Set(d, 0.25)), Sub(one, Add(x, tail)), Sub(half, Add(Sub(x, half), tail)));
  const auto far = Ge(a, Set(d, kErfSwitch));
  if (AllFalse(d, far)) return small;
  const V e = ErfcOfLarge(d, Min(Max(a, Set(d, kErfSwitch)), Set(d, 28.0)));
  return IfThenElse(far, IfThenElse(Lt(x, Zero(d)), Sub(Set(d, 2.0), e), e), small);
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
