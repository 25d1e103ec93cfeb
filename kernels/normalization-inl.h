// Sums and affine maps over runs of a tensor, for normalisation. Included once per target, inside foreach_target's
// loop.
#if defined(DESCENT_KERNELS_NORMALIZATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_KERNELS_NORMALIZATION_INL_H_
#undef DESCENT_KERNELS_NORMALIZATION_INL_H_
#else
#define DESCENT_KERNELS_NORMALIZATION_INL_H_
#endif

#include <cmath>
#include <cstddef>

#include "targets.h"
#include "hwy/highway.h"
#include "simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
// Lanes are summed over this many vectors, the parts added up in double.
inline constexpr std::size_t kPartVectors = 256;

template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadSome(D d, const T* p, std::size_t n) {
  return n >= hn::Lanes(d) ? hn::LoadU(d, p) : LoadTail(d, p, n);
}
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreSome(hn::Vec<D> v, D d, T* p, std::size_t n) {
  if (n >= hn::Lanes(d))
    hn::StoreU(v, d, p);
  else
    StoreTail(v, d, p, n);
}
template <class D>
HWY_INLINE hn::Vec<D> OnlyFirst(D d, hn::Vec<D> v, std::size_t n) {
  return n >= hn::Lanes(d) ? v : hn::IfThenElseZero(hn::FirstN(d, n), v);
}

struct Pair {
  double a = 0, b = 0;
};

/// Two sums over `count` runs of `len` values, `stride` elements apart: f(offset, left, s, t) adds a vector at offset
/// to s and t, of which `left` lanes count.
template <class T, class F>
HWY_INLINE Pair Fold(std::size_t count, std::size_t stride, std::size_t len, const F& f) {
  const hn::ScalableTag<T> d;
  const std::size_t width = hn::Lanes(d);
  Pair total;
  auto s0 = hn::Zero(d), s1 = hn::Zero(d), t0 = hn::Zero(d), t1 = hn::Zero(d);
  std::size_t since = 0;
  const auto flush = [&]() HWY_ATTR {
    total.a += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, hn::Add(s0, s1))));
    total.b += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, hn::Add(t0, t1))));
    s0 = s1 = t0 = t1 = hn::Zero(d);
    since = 0;
  };
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t from = k * stride;
    std::size_t i = 0;
    for (; i + 2 * width <= len; i += 2 * width) {
      f(from + i, width, s0, t0);
      f(from + i + width, width, s1, t1);
      if ((since += 2) >= kPartVectors) flush();
    }
    for (; i < len; i += width) {
      f(from + i, len - i, s0, t0);
      if (++since >= kPartVectors) flush();
    }
  }
  flush();
  return total;
}

/// f(offset, left) for each vector of those runs.
template <class T, class F>
HWY_INLINE void Each(std::size_t count, std::size_t stride, std::size_t len, const F& f) {
  const hn::ScalableTag<T> d;
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t i = 0; i < len; i += hn::Lanes(d)) f(k * stride + i, len - i);
  }
}

template <class T>
struct Moments {
  T mean, rstd;
  double var;
};

template <class T>
HWY_INLINE Moments<T> MomentsOf(const T* x, std::size_t count, std::size_t stride, std::size_t len, bool centered,
                                double eps) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const double n = static_cast<double>(count * len);
  T mean = 0;
  if (centered) {
    const Pair sum = Fold<T>(count, stride, len, [&](std::size_t at, std::size_t left, V& s, V&) HWY_ATTR {
      s = hn::Add(s, LoadSome(d, x + at, left));
    });
    mean = static_cast<T>(sum.a / n);
  }
  const V shift = hn::Set(d, mean);
  const Pair squares = Fold<T>(count, stride, len, [&](std::size_t at, std::size_t left, V& s, V&) HWY_ATTR {
    const V v = OnlyFirst(d, hn::Sub(LoadSome(d, x + at, left), shift), left);
    s = hn::MulAdd(v, v, s);
  });
  const double var = squares.a / n;
  return {mean, static_cast<T>(1 / std::sqrt(var + eps)), var};
}

/// y = (x − mean)·scale + shift over runs.
template <class T>
HWY_INLINE void Affine(const T* x, std::size_t count, std::size_t stride, std::size_t len, T mean, T scale, T shift,
                       T* y) {
  const hn::ScalableTag<T> d;
  const auto m = hn::Set(d, mean), a = hn::Set(d, scale), b = hn::Set(d, shift);
  Each<T>(count, stride, len, [&](std::size_t at, std::size_t left) HWY_ATTR {
    StoreSome(hn::MulAdd(hn::Sub(LoadSome(d, x + at, left), m), a, b), d, y + at, left);
  });
}

/// Σ g and Σ g·x̂ over runs.
template <class T>
HWY_INLINE Pair SumGradient(const T* x, const T* g, std::size_t count, std::size_t stride, std::size_t len, T mean,
                            T rstd) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const V m = hn::Set(d, mean), r = hn::Set(d, rstd);
  return Fold<T>(count, stride, len, [&](std::size_t at, std::size_t left, V& s, V& t) HWY_ATTR {
    const V vg = LoadSome(d, g + at, left), xh = hn::Mul(hn::Sub(LoadSome(d, x + at, left), m), r);
    s = hn::Add(s, vg);
    t = hn::MulAdd(vg, xh, t);
  });
}

/// dx = r·(g·w − a − x̂·b) over runs.
template <class T>
HWY_INLINE void ApplyGradient(const T* x, const T* g, std::size_t count, std::size_t stride, std::size_t len, T mean,
                              T rstd, T weight, double a, double b, T* dx) {
  const hn::ScalableTag<T> d;
  const auto m = hn::Set(d, mean), r = hn::Set(d, rstd), w = hn::Set(d, weight), va = hn::Set(d, static_cast<T>(a)),
             vb = hn::Set(d, static_cast<T>(b));
  Each<T>(count, stride, len, [&](std::size_t at, std::size_t left) HWY_ATTR {
    const auto xh = hn::Mul(hn::Sub(LoadSome(d, x + at, left), m), r);
    const auto centred = hn::MulSub(LoadSome(d, g + at, left), w, va);
    StoreSome(hn::Mul(r, hn::NegMulAdd(xh, vb, centred)), d, dx + at, left);
  });
}

template <class T>
HWY_INLINE T ParameterOr(const void* p, std::size_t i, T otherwise) {
  return p ? static_cast<const T*>(p)[i] : otherwise;
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
