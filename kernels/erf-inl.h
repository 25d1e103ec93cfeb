// erf and erfc on vectors of double, within 4 ulp over the whole range of the type
// (tests/kernels/accuracy_test.cpp). Float32 goes through them. The tail is gauss-inl.h's; the polynomial around 0:
// interpolation at Chebyshev points.
#if defined(DESCENT_KERNELS_ERF_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_KERNELS_ERF_INL_H_
#undef DESCENT_KERNELS_ERF_INL_H_
#else
#define DESCENT_KERNELS_ERF_INL_H_
#endif

#include "gauss-inl.h"

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

/// erfc(x) = exp(−x²)·(exp(x²)·erfc(x)) for 0.84 <= x <= 28.
template <class D, class V>
HWY_INLINE V ErfcOfLarge(D d, V x) {
  return TimesExpOfSquare(d, x, Set(d, -1.0), ScaledErfc(d, x));
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
