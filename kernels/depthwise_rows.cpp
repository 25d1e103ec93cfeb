#include "depthwise_rows.h"

#include "targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/depthwise_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadSome(D d, const T* p, std::int64_t n) {
  return n >= static_cast<std::int64_t>(hn::Lanes(d)) ? hn::LoadU(d, p) : LoadTail(d, p, static_cast<std::size_t>(n));
}
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreSome(hn::Vec<D> v, D d, T* p, std::int64_t n) {
  if (n >= static_cast<std::int64_t>(hn::Lanes(d)))
    hn::StoreU(v, d, p);
  else
    StoreTail(v, d, p, static_cast<std::size_t>(n));
}

template <class T>
void Rows(const TapRows& t, const T* buf, const T* weights, T bias, T* y) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto start = hn::Set(d, bias);
  for (std::int64_t r = 0; r < t.rows; ++r) {
    const T* x = buf + t.starts[r];
    T* out = y + r * t.width;
    std::int64_t w = 0;
    for (; w + 4 * lanes <= t.width; w += 4 * lanes) {  // four sums at once hide the latency
      auto s0 = start, s1 = start, s2 = start, s3 = start;
      for (std::int64_t k = 0; k < t.taps; ++k) {
        const T* p = x + t.offsets[k] + w;
        const auto weight = hn::Set(d, weights[k]);
        s0 = hn::MulAdd(weight, hn::LoadU(d, p), s0);
        s1 = hn::MulAdd(weight, hn::LoadU(d, p + lanes), s1);
        s2 = hn::MulAdd(weight, hn::LoadU(d, p + 2 * lanes), s2);
        s3 = hn::MulAdd(weight, hn::LoadU(d, p + 3 * lanes), s3);
      }
      hn::StoreU(s0, d, out + w);
      hn::StoreU(s1, d, out + w + lanes);
      hn::StoreU(s2, d, out + w + 2 * lanes);
      hn::StoreU(s3, d, out + w + 3 * lanes);
    }
    for (; w < t.width; w += lanes) {
      auto sum = start;
      for (std::int64_t k = 0; k < t.taps; ++k)
        sum = hn::MulAdd(hn::Set(d, weights[k]), LoadSome(d, x + t.offsets[k] + w, t.width - w), sum);
      StoreSome(sum, d, out + w, t.width - w);
    }
  }
}

template <class T>
void Scatter(const TapRows& t, const T* g, const T* weights, T* buf) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t r = 0; r < t.rows; ++r) {
    const T* in = g + r * t.width;
    for (std::int64_t k = 0; k < t.taps; ++k) {
      T* p = buf + t.starts[r] + t.offsets[k];
      const auto weight = hn::Set(d, weights[k]);
      for (std::int64_t w = 0; w < t.width; w += lanes) {
        const std::int64_t n = t.width - w;
        StoreSome(hn::MulAdd(weight, LoadSome(d, in + w, n), LoadSome(d, p + w, n)), d, p + w, n);
      }
    }
  }
}

template <class T>
void Dots(const TapRows& t, const T* buf, const T* g, T* dw) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t k = 0; k < t.taps; ++k) {
    auto sum = hn::Zero(d), other = hn::Zero(d);
    for (std::int64_t r = 0; r < t.rows; ++r) {
      const T* x = buf + t.starts[r] + t.offsets[k];
      const T* in = g + r * t.width;
      std::int64_t w = 0;
      for (; w + 2 * lanes <= t.width; w += 2 * lanes) {
        sum = hn::MulAdd(hn::LoadU(d, in + w), hn::LoadU(d, x + w), sum);
        other = hn::MulAdd(hn::LoadU(d, in + w + lanes), hn::LoadU(d, x + w + lanes), other);
      }
      for (; w < t.width; w += lanes)
        sum = hn::MulAdd(LoadSome(d, in + w, t.width - w), LoadSome(d, x + w, t.width - w), sum);
    }
    dw[k] += hn::GetLane(hn::SumOfLanes(d, hn::Add(sum, other)));
  }
}

}  // namespace

void FloatRows(const TapRows& t, const float* b, const float* w, float bias, float* y) { Rows(t, b, w, bias, y); }
void DoubleRows(const TapRows& t, const double* b, const double* w, double bias, double* y) { Rows(t, b, w, bias, y); }
void FloatScatter(const TapRows& t, const float* g, const float* w, float* b) { Scatter(t, g, w, b); }
void DoubleScatter(const TapRows& t, const double* g, const double* w, double* b) { Scatter(t, g, w, b); }
void FloatDots(const TapRows& t, const float* b, const float* g, float* dw) { Dots(t, b, g, dw); }
void DoubleDots(const TapRows& t, const double* b, const double* g, double* dw) { Dots(t, b, g, dw); }

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {
HWY_EXPORT(FloatRows);
HWY_EXPORT(DoubleRows);
HWY_EXPORT(FloatScatter);
HWY_EXPORT(DoubleScatter);
HWY_EXPORT(FloatDots);
HWY_EXPORT(DoubleDots);

template <class T>
const T* in(const void* p) {
  return static_cast<const T*>(p);
}
}  // namespace

void tap_rows(DType dtype, const TapRows& t, const void* buf, const void* weights, const void* bias, void* y) {
  if (dtype == DType::Float32) HWY_DYNAMIC_DISPATCH(FloatRows)
  (t, in<float>(buf), in<float>(weights), bias ? *in<float>(bias) : 0.f, static_cast<float*>(y));
  else HWY_DYNAMIC_DISPATCH(DoubleRows)(t, in<double>(buf), in<double>(weights), bias ? *in<double>(bias) : 0.,
                                        static_cast<double*>(y));
}

void tap_rows_scatter(DType dtype, const TapRows& t, const void* g, const void* weights, void* buf) {
  if (dtype == DType::Float32)
    HWY_DYNAMIC_DISPATCH(FloatScatter)(t, in<float>(g), in<float>(weights), static_cast<float*>(buf));
  else
    HWY_DYNAMIC_DISPATCH(DoubleScatter)(t, in<double>(g), in<double>(weights), static_cast<double*>(buf));
}

void tap_rows_dots(DType dtype, const TapRows& t, const void* buf, const void* g, void* dw) {
  if (dtype == DType::Float32)
    HWY_DYNAMIC_DISPATCH(FloatDots)(t, in<float>(buf), in<float>(g), static_cast<float*>(dw));
  else
    HWY_DYNAMIC_DISPATCH(DoubleDots)(t, in<double>(buf), in<double>(g), static_cast<double*>(dw));
}

}  // namespace descent::kernels
#endif  // HWY_ONCE
