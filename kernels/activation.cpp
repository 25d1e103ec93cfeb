#include "activation.h"

#include <cstdint>

#include "parallel.h"
#include "strided.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation.cpp"
#include "targets.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "math-inl.h"
#include "gauss-inl.h"
#include "simd-inl.h"

#ifndef DESCENT_KERNELS_ACTIVATION_ROW
#define DESCENT_KERNELS_ACTIVATION_ROW
namespace descent::kernels {
/// y[0, n) = f(x[0, n)), and out[0, n) = g[0, n)·f'(x[0, n)), contiguous.
using ActivationRow = void (*)(void* y, const void* x, std::int64_t n, const ActivationParameters& parameters);
using ActivationGradRow = void (*)(void* out, const void* g, const void* x, std::int64_t n,
                                   const ActivationParameters& parameters);
}  // namespace descent::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

// eᵛ − 1: v + v²·P(v) for |v| < ln 2 / 2.
template <class D, class V>
HWY_INLINE V VecExpm1(D d, V v) {
  const V large = Sub(VecExp<true>(d, v), Const(d, 1, 1)), small = MulAdd(ExpTail(d, v), Mul(v, v), v);
  return IfThenElse(Lt(Abs(v), Const(d, 0.34657359f, 0.34657359)), small, large);
}

// log(1 + u) for 0 <= u <= 1: log(w) + (u − (w − 1))/w with w = 1 + u rounded.
template <class D, class V>
HWY_INLINE V VecLog1p(D d, V u) {
  const V one = Const(d, 1, 1), w = Add(one, u);
  return Add(VecLog(d, w), Div(Sub(u, Sub(w, one)), w));
}

// φ(x)·√(2π) = exp(−x²/2) enters Φ(x) = exp(−x²/2)·ScaledErfc(|x|/√2)/2 for x <= 0; Φ(−x) = 1 − Φ(x).
struct GeluOp {
  template <class D, class V>
  HWY_INLINE static V Clipped(D d, V x) {  // beyond it Φ is 0 or 1
    return Min(Abs(x), Const(d, 14.5f, 38.7));
  }
  template <class D, class V>
  HWY_INLINE static V Phi(D d, V x, V tail) {
    return IfThenElse(Lt(x, Zero(d)), tail, Sub(Const(d, 1, 1), tail));
  }
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V y = Clipped(d, x), half = Const(d, 0.5f, 0.5);
    const V scale = Mul(half, ScaledErfc(d, Mul(y, Const(d, 0.707106781f, 0.7071067811865476))));
    return Mul(x, Phi(d, x, TimesGaussian(d, y, scale)));
  }
  template <class D, class V>
  HWY_INLINE V Derivative(D d, V x) const {  // Φ(x) + x·φ(x)
    const V y = Clipped(d, x), half = Const(d, 0.5f, 0.5);
    const V scale = Mul(half, ScaledErfc(d, Mul(y, Const(d, 0.707106781f, 0.7071067811865476))));
    const V bell = TimesGaussian(d, y, Const(d, 1, 1));
    return MulAdd(Mul(x, bell), Const(d, 0.398942280f, 0.3989422804014327), Phi(d, x, Mul(scale, bell)));
  }
  template <class T>
  explicit GeluOp(T, T, T) {}
};

// σ(x) and 1 − σ(x), neither of them from a difference.
template <class D, class V>
HWY_INLINE void SigmoidAndRest(D d, V x, V& s, V& rest) {
  const V one = Const(d, 1, 1), e = VecExp<true>(d, Neg(Abs(x)));
  const V large = Div(one, Add(one, e)), small = Mul(e, large);
  const auto negative = Lt(x, Zero(d));
  s = IfThenElse(negative, small, large);
  rest = IfThenElse(negative, large, small);
}

// (1 + tanh u)/2 = σ(2u), v = 2u = √(8/π)·(x + 0.044715·x³)
struct GeluTanhOp {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V inner = MulAdd(Mul(x, x), Const(d, 0.044715f, 0.044715), Const(d, 1, 1));
    return Mul(x, VecSigmoid(d, Mul(Mul(x, Const(d, 1.595769122f, 1.5957691216057308)), inner)));
  }
  template <class D, class V>
  HWY_INLINE V Derivative(D d, V x) const {  // s + x·s·(1 − s)·v'
    const V one = Const(d, 1, 1), root = Const(d, 1.595769122f, 1.5957691216057308);
    const V square = Min(Mul(x, x), Const(d, 1e30f, 1e30));  // s·(1 − s) is 0 by then
    const V inner = MulAdd(square, Const(d, 0.044715f, 0.044715), one);
    V s, rest;
    SigmoidAndRest(d, Mul(Mul(x, root), inner), s, rest);
    const V slope = Mul(root, MulAdd(square, Const(d, 0.134145f, 0.134145), one));
    return MulAdd(Mul(x, Mul(s, rest)), slope, s);
  }
  template <class T>
  explicit GeluTanhOp(T, T, T) {}
};

struct SiluOp {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return Mul(x, VecSigmoid(d, x));
  }
  template <class D, class V>
  HWY_INLINE V Derivative(D d, V x) const {  // s·(1 + x·(1 − s))
    V s, rest;
    SigmoidAndRest(d, x, s, rest);
    return Mul(s, MulAdd(x, rest, Const(d, 1, 1)));
  }
  template <class T>
  explicit SiluOp(T, T, T) {}
};

// With e = exp(−|x|): t = tanh(log(1 + eˣ)) = N/D, where
//   x < 0:  N = e·(e + 2),  D = N + 2,       else  N = 1 + 2e,  D = N + 2e².
struct MishOp {
  template <class D, class V>
  struct Fraction {
    V e, n, den;
    HWY_INLINE Fraction(D d, V x) : e(VecExp<true>(d, Neg(Abs(x)))) {
      const V two = Const(d, 2, 2);
      const auto negative = Lt(x, Zero(d));
      n = IfThenElse(negative, Mul(e, Add(e, two)), MulAdd(two, e, Const(d, 1, 1)));
      den = Add(n, IfThenElse(negative, two, Mul(two, Mul(e, e))));
    }
  };
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const Fraction<D, V> f(d, x);
    return Mul(x, Div(f.n, f.den));
  }
  template <class D, class V>
  HWY_INLINE V Derivative(D d, V x) const {  // t + x·4e·(1 + e)·(x < 0 ? 1 : e)/D²
    const Fraction<D, V> f(d, x);
    const V one = Const(d, 1, 1), r = Div(one, f.den);
    const V e = Mul(f.e, IfThenElse(Lt(x, Zero(d)), one, f.e));
    const V slope = Mul(Mul(Mul(Const(d, 4, 4), e), Add(one, f.e)), Mul(r, r));
    return MulAdd(x, slope, Mul(f.n, r));
  }
  template <class T>
  explicit MishOp(T, T, T) {}
};

template <class T>
struct Parameters {
  T a, b, c;
  explicit Parameters(T pa, T pb, T pc) : a(pa), b(pb), c(pc) {}
};

template <class T>
struct EluOp : Parameters<T> {
  using Parameters<T>::Parameters;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V negative = Mul(Set(d, this->a), VecExpm1(d, Mul(x, Set(d, this->c))));
    return IfThenElse(Gt(x, Zero(d)), Mul(x, Set(d, this->b)), negative);
  }
  template <class D, class V>
  HWY_INLINE V Derivative(D d, V x) const {  // x <= 0 ? a·c·exp(c·x) : b, so b at NaN
    const V negative = Mul(Set(d, this->a * this->c), VecExp(d, Mul(x, Set(d, this->c))));
    return IfThenElse(Le(x, Zero(d)), negative, Set(d, this->b));
  }
};

// log(1 + eᶻ) = max(z, 0) + log(1 + exp(−|z|))
template <class T>
struct SoftplusOp : Parameters<T> {
  using Parameters<T>::Parameters;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V z = Mul(x, Set(d, this->a));
    const V y = Div(Add(Max(z, Zero(d)), VecLog1p(d, VecExp(d, Neg(Abs(z))))), Set(d, this->a));
    return IfThenElse(Gt(z, Set(d, this->b)), x, y);
  }
  template <class D, class V>
  HWY_INLINE V Derivative(D d, V x) const {
    const V z = Mul(x, Set(d, this->a));
    return IfThenElse(Gt(z, Set(d, this->b)), Const(d, 1, 1), VecSigmoid(d, z));
  }
};

template <class T>
struct LeakyReluOp : Parameters<T> {
  using Parameters<T>::Parameters;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return IfThenElse(Gt(x, Zero(d)), x, Mul(x, Set(d, this->a)));
  }
  template <class D, class V>
  HWY_INLINE V Derivative(D d, V x) const {
    return IfThenElse(Gt(x, Zero(d)), Const(d, 1, 1), Set(d, this->a));
  }
};

struct HardsigmoidOp {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V y = Mul(Add(x, Const(d, 3, 3)), Const(d, 1.0f / 6, 1.0 / 6));
    const V up = IfThenElse(Ge(x, Const(d, 3, 3)), Const(d, 1, 1), y);
    return IfThenElse(Le(x, Const(d, -3, -3)), Zero(d), up);
  }
  template <class D, class V>
  HWY_INLINE V Derivative(D d, V x) const {  // inside, kinks excluded
    return IfThenElseZero(Lt(Abs(x), Const(d, 3, 3)), Const(d, 1.0f / 6, 1.0 / 6));
  }
  template <class T>
  explicit HardsigmoidOp(T, T, T) {}
};

struct HardswishOp : HardsigmoidOp {
  using HardsigmoidOp::HardsigmoidOp;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return Mul(x, HardsigmoidOp::operator()(d, x));
  }
  template <class D, class V>
  HWY_INLINE V Derivative(D d, V x) const {  // x/3 + 1/2 for −3 <= x < 3
    const V y = MulAdd(x, Const(d, 1.0f / 3, 1.0 / 3), Const(d, 0.5f, 0.5));
    const V up = IfThenElse(Ge(x, Const(d, 3, 3)), Const(d, 1, 1), y);
    return IfThenElse(Lt(x, Const(d, -3, -3)), Zero(d), up);
  }
};

template <class T>
struct HardtanhOp : Parameters<T> {
  using Parameters<T>::Parameters;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V low = Set(d, this->a), high = Set(d, this->b);
    return IfThenElse(Lt(x, low), low, IfThenElse(Gt(x, high), high, x));
  }
  template <class D, class V>
  HWY_INLINE V Derivative(D d, V x) const {  // kinks excluded
    return IfThenZeroElse(Or(Le(x, Set(d, this->a)), Ge(x, Set(d, this->b))), Const(d, 1, 1));
  }
};

template <class T>
struct HardshrinkOp : Parameters<T> {
  using Parameters<T>::Parameters;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return IfThenZeroElse(Le(Abs(x), Set(d, this->a)), x);
  }
  template <class D, class V>
  HWY_INLINE V Derivative(D d, V x) const {
    return IfThenZeroElse(Le(Abs(x), Set(d, this->a)), Const(d, 1, 1));
  }
};

template <class T>
struct SoftshrinkOp : HardshrinkOp<T> {
  using HardshrinkOp<T>::HardshrinkOp;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return IfThenZeroElse(Le(Abs(x), Set(d, this->a)), Sub(x, CopySign(Set(d, this->a), x)));
  }
};

// Whole vectors, then one part of a vector through the same code: an element's bits do not depend on its position.
template <class T, class Op>
void ForwardRow(void* out, const void* in, std::int64_t n, const ActivationParameters& with) {
  const hn::ScalableTag<T> d;
  const Op op(static_cast<T>(with.a), static_cast<T>(with.b), static_cast<T>(with.c));
  T* y = static_cast<T*>(out);
  const T* x = static_cast<const T*>(in);
  const auto lanes = static_cast<std::int64_t>(Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) StoreU(op(d, LoadU(d, x + i)), d, y + i);
  if (i < n) {
    const auto rest = static_cast<std::size_t>(n - i);
    StoreTail(op(d, LoadTail(d, x + i, rest)), d, y + i, rest);
  }
}

// Where the derivative is 0 the gradient is 0, also that of an infinite g.
template <class D, class V, class Op>
HWY_INLINE V Chain(D d, const Op& op, V g, V x) {
  const V slope = op.Derivative(d, x);
  return IfThenZeroElse(Eq(slope, Zero(d)), Mul(g, slope));
}

template <class T, class Op>
void BackwardRow(void* out, const void* upstream, const void* in, std::int64_t n, const ActivationParameters& with) {
  const hn::ScalableTag<T> d;
  const Op op(static_cast<T>(with.a), static_cast<T>(with.b), static_cast<T>(with.c));
  T* y = static_cast<T*>(out);
  const T* g = static_cast<const T*>(upstream);
  const T* x = static_cast<const T*>(in);
  const auto lanes = static_cast<std::int64_t>(Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) StoreU(Chain(d, op, LoadU(d, g + i), LoadU(d, x + i)), d, y + i);
  if (i < n) {
    const auto rest = static_cast<std::size_t>(n - i);
    StoreTail(Chain(d, op, LoadTail(d, g + i, rest), LoadTail(d, x + i, rest)), d, y + i, rest);
  }
}

template <class T>
constexpr ActivationRow kRows[] = {
    ForwardRow<T, GeluOp>,         ForwardRow<T, GeluTanhOp>,      ForwardRow<T, SiluOp>,
    ForwardRow<T, MishOp>,         ForwardRow<T, EluOp<T>>,        ForwardRow<T, SoftplusOp<T>>,
    ForwardRow<T, LeakyReluOp<T>>, ForwardRow<T, HardswishOp>,     ForwardRow<T, HardsigmoidOp>,
    ForwardRow<T, HardtanhOp<T>>,  ForwardRow<T, HardshrinkOp<T>>, ForwardRow<T, SoftshrinkOp<T>>};
template <class T>
constexpr ActivationGradRow kGradRows[] = {
    BackwardRow<T, GeluOp>,         BackwardRow<T, GeluTanhOp>,      BackwardRow<T, SiluOp>,
    BackwardRow<T, MishOp>,         BackwardRow<T, EluOp<T>>,        BackwardRow<T, SoftplusOp<T>>,
    BackwardRow<T, LeakyReluOp<T>>, BackwardRow<T, HardswishOp>,     BackwardRow<T, HardsigmoidOp>,
    BackwardRow<T, HardtanhOp<T>>,  BackwardRow<T, HardshrinkOp<T>>, BackwardRow<T, SoftshrinkOp<T>>};
static_assert(std::size(kRows<float>) == kActivations && std::size(kGradRows<float>) == kActivations);

}  // namespace

ActivationRow FloatActivationRow(Activation op, bool is_double) {
  return is_double ? kRows<double>[static_cast<int>(op)] : kRows<float>[static_cast<int>(op)];
}
ActivationGradRow FloatActivationGradRow(Activation op, bool is_double) {
  return is_double ? kGradRows<double>[static_cast<int>(op)] : kGradRows<float>[static_cast<int>(op)];
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {

HWY_EXPORT(FloatActivationRow);
HWY_EXPORT(FloatActivationGradRow);

constexpr std::int64_t grain_of(Activation op) { return op <= Activation::Softplus ? kGrain / 4 : kGrain; }

}  // namespace

void activation(Activation op, const ActivationParameters& parameters, View y, View x) {
  if (y.numel == 0) return;
  const ActivationRow row = HWY_DYNAMIC_DISPATCH(FloatActivationRow)(op, y.dtype == DType::Float64);
  if (y.contiguous && x.contiguous) {
    const auto size = static_cast<std::int64_t>(size_of(y.dtype));
    return parallel_for(y.numel, grain_of(op), [&](std::int64_t begin, std::int64_t end) {
      row(y.as<char>() + begin * size, x.as<char>() + begin * size, end - begin, parameters);
    });
  }
  strided_rows<0>(StridedLoop<2>({&y, &x}), grain_of(op),
                  [&](char* const* p, std::int64_t n, unsigned) { row(p[0], p[1], n, parameters); });
}

void activation_grad(Activation op, const ActivationParameters& parameters, View out, View g, View x) {
  if (out.numel == 0) return;
  const ActivationGradRow row = HWY_DYNAMIC_DISPATCH(FloatActivationGradRow)(op, out.dtype == DType::Float64);
  if (out.contiguous && g.contiguous && x.contiguous) {
    const auto size = static_cast<std::int64_t>(size_of(out.dtype));
    return parallel_for(out.numel, grain_of(op), [&](std::int64_t begin, std::int64_t end) {
      row(out.as<char>() + begin * size, g.as<char>() + begin * size, x.as<char>() + begin * size, end - begin,
          parameters);
    });
  }
  strided_rows<0>(StridedLoop<3>({&out, &g, &x}), grain_of(op),
                  [&](char* const* p, std::int64_t n, unsigned) { row(p[0], p[1], p[2], n, parameters); });
}

}  // namespace descent::kernels
#endif  // HWY_ONCE
