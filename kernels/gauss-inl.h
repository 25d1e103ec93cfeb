// The tail of the normal distribution on vectors of float or double, float in its own precision.
//
// exp(y²)·erfc(y)·(1 + 2y) for y >= 0 is one polynomial in t = (y − K)/(y + K): Shepherd and Laframboise, "Chebyshev
// approximation of (1 + 2x)exp(x²)erfc x in 0 <= x < ∞", Math. Comp. 36 (1981). The coefficients are Chebyshev fits.
#if defined(DESCENT_KERNELS_GAUSS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_KERNELS_GAUSS_INL_H_
#undef DESCENT_KERNELS_GAUSS_INL_H_
#else
#define DESCENT_KERNELS_GAUSS_INL_H_
#endif

#include "math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {

/// exp(y²)·erfc(y) for 0 <= y <= 10.3 (float32) or 27.6 (float64).
template <class D, class V>
HWY_INLINE V ScaledErfc(D d, V y) {
  const V k = Const(d, 2, 4);
  const V t = Div(Sub(y, k), Add(y, k));
  V p;
  if constexpr (kIsFloat<D>) {
    p = Poly(d, t, 1.27697837f, -0.0927638188f, -0.166030511f, 0.164050967f, -0.0542181134f, -0.00803038385f,
             0.00871083979f, 0.0012517774f, -0.00142525684f, -0.000401337777f, 0.000173437962f, 8.15801177e-5f);
  } else {
    p = Poly(d, t, 1.2329951186255526, -0.13962111684056294, 0.015379652102606252, 0.0680970542547391,
             -0.10103906603557694, 0.09373283499691759, -0.06633036582766631, 0.03716751555645692,
             -0.016197733888156936, 0.005031969852353846, -0.0007577743805957355, -0.00019925628108385186,
             0.00015062605867058657, -2.439962945294969e-05, -1.1233255556754763e-05, 5.708227193644538e-06,
             3.1199143494332523e-07, -8.196007544779408e-07, 5.6904075743844964e-08, 1.0168801295526798e-07,
             -8.700244107120788e-09, -8.629276612894948e-09);
  }
  return Div(p, MulAdd(y, Const(d, 2, 2), Const(d, 1, 1)));
}

/// scale·exp(factor·x²) for x >= 0 where it is not all 0, factor a negative power of two. x² is taken as
/// z² + (x − z)(x + z), z the upper half of the digits: z² is exact. The scale goes in before the power of two, so that
/// denormals round once.
template <class D, class V>
HWY_INLINE V TimesExpOfSquare(D d, V x, V factor, V scale) {
  const hn::RebindToUnsigned<D> du;
  using U = hn::TFromD<decltype(du)>;
  const V z = BitCast(d, And(BitCast(du, x), Set(du, kIsFloat<D> ? U(0xfffff000) : U(0xfffffffff8000000))));
  V n, r;
  SplitExp(d, Mul(factor, Mul(z, z)), n, r);
  r = MulAdd(factor, Mul(Sub(x, z), Add(x, z)), r);
  return ScaleByPower(d, MulAdd(scale, MulAdd(ExpTail(d, r), Mul(r, r), r), scale), n);
}

/// scale·exp(−x²/2) for 0 <= x <= 14.5 (float32) or 38.7 (float64).
template <class D, class V>
HWY_INLINE V TimesGaussian(D d, V x, V scale) {
  return TimesExpOfSquare(d, x, Const(d, -0.5f, -0.5), scale);
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
