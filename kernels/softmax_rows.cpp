#include "softmax_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/softmax_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "math-inl.h"
#include "simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

// Sums over a row are taken in parts of this many elements, which are added up in double.
constexpr std::size_t kPart = 2048;

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

template <class T>
HWY_INLINE T RowMax(const T* x, std::size_t n) {
  const hn::ScalableTag<T> d;
  const std::size_t width = hn::Lanes(d);
  const auto lowest = hn::Set(d, -std::numeric_limits<T>::infinity());
  auto m0 = lowest, m1 = lowest;
  std::size_t i = 0;
  for (; i + 2 * width <= n; i += 2 * width) {
    m0 = hn::Max(m0, hn::LoadU(d, x + i));
    m1 = hn::Max(m1, hn::LoadU(d, x + i + width));
  }
  if (i + width <= n) {
    m0 = hn::Max(m0, hn::LoadU(d, x + i));
    i += width;
  }
  if (i < n) m1 = hn::Max(m1, hn::IfThenElse(hn::FirstN(d, n - i), LoadTail(d, x + i, n - i), lowest));
  return hn::GetLane(hn::MaxOfLanes(d, hn::Max(m0, m1)));
}

/// exp(x), but 0 where it is below the smallest normal number. Rows under a mask are full of −∞ and of differences as
/// far down, and every denormal that a processor makes costs it a hundred cycles or more; next to the largest term,
/// which is 1, they are nothing.
template <class D, class V>
HWY_INLINE V NormalExp(D d, V x) {
  const V least = Const(d, -87.33654f, -708.396418532264);
  const V e = ExpInRange<true, false>(d, hn::Min(hn::Max(x, least), Const(d, 89, 710)));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElseZero(hn::Ge(x, least), e));
}

/// Σ exp(x_i − m), the terms kept in e unless it is null. A NaN anywhere, or m infinite, gives NaN: x − m is NaN then.
template <class T>
HWY_INLINE double SumExp(const T* x, std::size_t n, T m, T* e) {
  const hn::ScalableTag<T> d;
  const std::size_t width = hn::Lanes(d);
  const auto shift = hn::Set(d, m);
  double total = 0;
  for (std::size_t begin = 0; begin < n; begin += kPart) {
    const std::size_t end = HWY_MIN(n, begin + kPart);
    auto s0 = hn::Zero(d), s1 = hn::Zero(d);
    std::size_t i = begin;
    for (; i + 2 * width <= end; i += 2 * width) {
      const auto e0 = NormalExp(d, hn::Sub(hn::LoadU(d, x + i), shift));
      const auto e1 = NormalExp(d, hn::Sub(hn::LoadU(d, x + i + width), shift));
      if (e) {
        hn::StoreU(e0, d, e + i);
        hn::StoreU(e1, d, e + i + width);
      }
      s0 = hn::Add(s0, e0);
      s1 = hn::Add(s1, e1);
    }
    for (; i < end; i += width) {
      const std::size_t left = end - i;
      const auto v = NormalExp(d, hn::Sub(LoadSome(d, x + i, left), shift));
      if (e) StoreSome(v, d, e + i, left);
      s0 = hn::Add(s0, left >= width ? v : hn::IfThenElseZero(hn::FirstN(d, left), v));
    }
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, hn::Add(s0, s1))));
  }
  return total;
}

/// One pass of out_i = f(i-th vectors) over a row is the loop all of the following share.
#define DESCENT_FOR_VECTORS(i, left, n) \
  for (std::size_t i = 0, left = n; i < n; i += hn::Lanes(d), left = n - HWY_MIN(i, n))

template <class T>
HWY_INLINE void SoftmaxRow(bool log, std::size_t n, const T* x, T* y) {
  const hn::ScalableTag<T> d;
  const T m = RowMax(x, n);
  const double sum = SumExp(x, n, m, log ? nullptr : y);
  if (log) {
    // (x − max) − log Σ: the large part goes first
    const auto shift = hn::Set(d, m), log_sum = hn::Set(d, static_cast<T>(std::log(sum)));
    DESCENT_FOR_VECTORS(i, left, n)
    StoreSome(hn::Sub(hn::Sub(LoadSome(d, x + i, left), shift), log_sum), d, y + i, left);
  } else {
    const auto scale = hn::Set(d, static_cast<T>(1 / sum));
    DESCENT_FOR_VECTORS(i, left, n) StoreSome(hn::Mul(LoadSome(d, y + i, left), scale), d, y + i, left);
  }
}

/// Σ g (log) or Σ g·y, in parts.
template <class T>
HWY_INLINE double SumGradient(bool log, std::size_t n, const T* y, const T* g) {
  const hn::ScalableTag<T> d;
  const std::size_t width = hn::Lanes(d);
  double total = 0;
  for (std::size_t begin = 0; begin < n; begin += kPart) {
    const std::size_t end = HWY_MIN(n, begin + kPart);
    auto s0 = hn::Zero(d), s1 = hn::Zero(d);
    std::size_t i = begin;
    for (; i + 2 * width <= end; i += 2 * width) {
      const auto g0 = hn::LoadU(d, g + i), g1 = hn::LoadU(d, g + i + width);
      s0 = log ? hn::Add(s0, g0) : hn::MulAdd(g0, hn::LoadU(d, y + i), s0);
      s1 = log ? hn::Add(s1, g1) : hn::MulAdd(g1, hn::LoadU(d, y + i + width), s1);
    }
    for (; i < end; i += width) {
      const auto v = LoadSome(d, g + i, end - i);
      s0 = log ? hn::Add(s0, v) : hn::MulAdd(v, LoadSome(d, y + i, end - i), s0);
    }
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, hn::Add(s0, s1))));
  }
  return total;
}

template <class T>
HWY_INLINE void SoftmaxGradRow(bool log, std::size_t n, const T* y, const T* g, T* out) {
  const hn::ScalableTag<T> d;
  const auto sum = hn::Set(d, static_cast<T>(SumGradient(log, n, y, g)));
  DESCENT_FOR_VECTORS(i, left, n) {
    const auto vy = LoadSome(d, y + i, left), vg = LoadSome(d, g + i, left);
    const auto r = log ? hn::NegMulAdd(NormalExp(d, vy), sum, vg) : hn::Mul(vy, hn::Sub(vg, sum));
    StoreSome(r, d, out + i, left);
  }
}

/// As SoftmaxRow for a vector of neighbouring columns.
template <class T>
HWY_INLINE void SoftmaxColumn(bool log, std::size_t n, std::size_t inner, std::size_t width, const T* x, T* y) {
  const hn::ScalableTag<T> d;
  auto m = hn::Set(d, -std::numeric_limits<T>::infinity()), sum = hn::Zero(d);
  for (std::size_t j = 0; j < n; ++j) m = hn::Max(m, LoadSome(d, x + j * inner, width));
  for (std::size_t begin = 0; begin < n; begin += 256) {  // in parts, so that long sums stay accurate
    auto part = hn::Zero(d);
    for (std::size_t j = begin; j < HWY_MIN(n, begin + 256); ++j) {
      const auto e = NormalExp(d, hn::Sub(LoadSome(d, x + j * inner, width), m));
      if (!log) StoreSome(e, d, y + j * inner, width);
      part = hn::Add(part, e);
    }
    sum = hn::Add(sum, part);
  }
  const auto last = log ? VecLog(d, sum) : hn::Div(hn::Set(d, T(1)), sum);
  for (std::size_t j = 0; j < n; ++j) {
    const auto r = log ? hn::Sub(hn::Sub(LoadSome(d, x + j * inner, width), m), last)
                       : hn::Mul(LoadSome(d, y + j * inner, width), last);
    StoreSome(r, d, y + j * inner, width);
  }
}

template <class T>
HWY_INLINE void SoftmaxGradColumn(bool log, std::size_t n, std::size_t inner, std::size_t width, const T* y, const T* g,
                                  T* out) {
  const hn::ScalableTag<T> d;
  auto sum = hn::Zero(d);
  for (std::size_t begin = 0; begin < n; begin += 256) {
    auto part = hn::Zero(d);
    for (std::size_t j = begin; j < HWY_MIN(n, begin + 256); ++j) {
      const auto vg = LoadSome(d, g + j * inner, width);
      part = log ? hn::Add(part, vg) : hn::MulAdd(vg, LoadSome(d, y + j * inner, width), part);
    }
    sum = hn::Add(sum, part);
  }
  for (std::size_t j = 0; j < n; ++j) {
    const auto vy = LoadSome(d, y + j * inner, width), vg = LoadSome(d, g + j * inner, width);
    const auto r = log ? hn::NegMulAdd(NormalExp(d, vy), sum, vg) : hn::Mul(vy, hn::Sub(vg, sum));
    StoreSome(r, d, out + j * inner, width);
  }
}

/// loss = (1 − s)·w_t·(lse − x_t) + (s/C)·Σ_c w_c·(lse − x_c); lse − x is taken as log Σ − (x − max).
template <class T>
HWY_INLINE void CrossEntropyRow(const CrossEntropy& c, const T* x, std::int64_t target, T* loss, T* lse) {
  const hn::ScalableTag<T> d;
  const std::size_t n = static_cast<std::size_t>(c.classes);
  const T* w = static_cast<const T*>(c.weight);
  const T m = RowMax(x, n), log_sum = static_cast<T>(std::log(SumExp<T>(x, n, m, nullptr)));
  *lse = m + log_sum;
  if (target == c.ignore_index) {
    *loss = 0;
    return;
  }
  const T s = static_cast<T>(c.label_smoothing);
  T result = (1 - s) * (w ? w[target] : T(1)) * (log_sum - (x[target] - m));
  if (c.label_smoothing != 0) {
    const auto shift = hn::Set(d, m), top = hn::Set(d, log_sum), one = hn::Set(d, T(1));
    double total = 0;
    for (std::size_t begin = 0; begin < n; begin += kPart) {
      auto sum = hn::Zero(d);
      for (std::size_t i = begin; i < HWY_MIN(n, begin + kPart); i += hn::Lanes(d)) {
        const std::size_t left = n - i;
        auto term = hn::Sub(top, hn::Sub(LoadSome(d, x + i, left), shift));
        if (left < hn::Lanes(d)) term = hn::IfThenElseZero(hn::FirstN(d, left), term);
        sum = hn::MulAdd(w ? LoadSome(d, w + i, left) : one, term, sum);
      }
      total += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum)));
    }
    result += s / static_cast<T>(n) * static_cast<T>(total);
  }
  *loss = result;
}

/// grad_c = g·(((1 − s)·w_t + (s/C)·Σ w)·p_c − (s/C)·w_c − [c = t]·(1 − s)·w_t), p = softmax(x); total = Σ w.
template <class T>
HWY_INLINE void CrossEntropyGradRow(const CrossEntropy& c, const T* x, std::int64_t target, T lse, T g, T total,
                                    T* grad) {
  const hn::ScalableTag<T> d;
  const std::size_t n = static_cast<std::size_t>(c.classes);
  if (target == c.ignore_index) {
    std::fill_n(grad, n, T(0));
    return;
  }
  const T* w = static_cast<const T*>(c.weight);
  const T s = static_cast<T>(c.label_smoothing), spread = s / static_cast<T>(n);
  const T hit = (1 - s) * (w ? w[target] : T(1));
  const T factor = g * (hit + spread * total);
  const bool plain = s == 0;
  const auto spread_g = hn::Set(d, -g * spread), one = hn::Set(d, T(1));
  // exp(x − lse) loses digits when lse is large: then the row is shifted by its maximum again.
  const bool direct = std::abs(lse) <= T(16);
  T scale = factor;
  if (!direct) scale = factor / static_cast<T>(SumExp(x, n, RowMax(x, n), grad));
  const auto vscale = hn::Set(d, scale), vlse = hn::Set(d, lse);
  DESCENT_FOR_VECTORS(i, left, n) {
    const auto e = direct ? NormalExp(d, hn::Sub(LoadSome(d, x + i, left), vlse)) : LoadSome(d, grad + i, left);
    auto r = hn::Mul(e, vscale);
    if (!plain) r = hn::MulAdd(spread_g, w ? LoadSome(d, w + i, left) : one, r);
    StoreSome(r, d, grad + i, left);
  }
  grad[target] -= g * hit;
}

#undef DESCENT_FOR_VECTORS

template <class T>
HWY_INLINE void EachSoftmaxRow(bool log, std::int64_t first, std::int64_t last, std::int64_t n, const void* x,
                               void* y) {
  for (std::int64_t r = first; r < last; ++r)
    SoftmaxRow(log, static_cast<std::size_t>(n), static_cast<const T*>(x) + r * n, static_cast<T*>(y) + r * n);
}
template <class T>
HWY_INLINE void EachSoftmaxGradRow(bool log, std::int64_t first, std::int64_t last, std::int64_t n, const void* y,
                                   const void* g, void* out) {
  for (std::int64_t r = first; r < last; ++r)
    SoftmaxGradRow(log, static_cast<std::size_t>(n), static_cast<const T*>(y) + r * n, static_cast<const T*>(g) + r * n,
                   static_cast<T*>(out) + r * n);
}
template <class T>
HWY_INLINE void EachSoftmaxColumn(bool log, std::int64_t n, std::int64_t inner, std::int64_t width, const void* x,
                                  void* y) {
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  for (std::int64_t j = 0; j < width; j += lanes)
    SoftmaxColumn(log, static_cast<std::size_t>(n), static_cast<std::size_t>(inner),
                  static_cast<std::size_t>(width - j), static_cast<const T*>(x) + j, static_cast<T*>(y) + j);
}
template <class T>
HWY_INLINE void EachSoftmaxGradColumn(bool log, std::int64_t n, std::int64_t inner, std::int64_t width, const void* y,
                                      const void* g, void* out) {
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  for (std::int64_t j = 0; j < width; j += lanes)
    SoftmaxGradColumn(log, static_cast<std::size_t>(n), static_cast<std::size_t>(inner),
                      static_cast<std::size_t>(width - j), static_cast<const T*>(y) + j, static_cast<const T*>(g) + j,
                      static_cast<T*>(out) + j);
}
template <class T>
HWY_INLINE void EachCrossEntropyRow(const CrossEntropy& c, std::int64_t first, std::int64_t last, void* loss,
                                    void* lse) {
  for (std::int64_t r = first; r < last; ++r)
    CrossEntropyRow(c, static_cast<const T*>(c.logits) + r * c.classes, c.target[r], static_cast<T*>(loss) + r,
                    static_cast<T*>(lse) + r);
}
template <class T>
HWY_INLINE void EachCrossEntropyGradRow(const CrossEntropy& c, std::int64_t first, std::int64_t last, const void* lse,
                                        const void* g, std::int64_t g_stride, void* grad) {
  T total = static_cast<T>(c.classes);
  if (c.weight && c.label_smoothing != 0) {
    double sum = 0;
    for (std::int64_t i = 0; i < c.classes; ++i) sum += static_cast<double>(static_cast<const T*>(c.weight)[i]);
    total = static_cast<T>(sum);
  }
  for (std::int64_t r = first; r < last; ++r)
    CrossEntropyGradRow(c, static_cast<const T*>(c.logits) + r * c.classes, c.target[r], static_cast<const T*>(lse)[r],
                        static_cast<const T*>(g)[r * g_stride], total, static_cast<T*>(grad) + r * c.classes);
}

HWY_NOINLINE void SoftmaxRows(DType dtype, bool log, std::int64_t first, std::int64_t last, std::int64_t n,
                              const void* x, void* y) {
  if (dtype == DType::Float32) return EachSoftmaxRow<float>(log, first, last, n, x, y);
  EachSoftmaxRow<double>(log, first, last, n, x, y);
}
HWY_NOINLINE void SoftmaxGradRows(DType dtype, bool log, std::int64_t first, std::int64_t last, std::int64_t n,
                                  const void* y, const void* g, void* out) {
  if (dtype == DType::Float32) return EachSoftmaxGradRow<float>(log, first, last, n, y, g, out);
  EachSoftmaxGradRow<double>(log, first, last, n, y, g, out);
}
HWY_NOINLINE void SoftmaxColumns(DType dtype, bool log, std::int64_t n, std::int64_t inner, std::int64_t width,
                                 const void* x, void* y) {
  if (dtype == DType::Float32) return EachSoftmaxColumn<float>(log, n, inner, width, x, y);
  EachSoftmaxColumn<double>(log, n, inner, width, x, y);
}
HWY_NOINLINE void SoftmaxGradColumns(DType dtype, bool log, std::int64_t n, std::int64_t inner, std::int64_t width,
                                     const void* y, const void* g, void* out) {
  if (dtype == DType::Float32) return EachSoftmaxGradColumn<float>(log, n, inner, width, y, g, out);
  EachSoftmaxGradColumn<double>(log, n, inner, width, y, g, out);
}
HWY_NOINLINE void CrossEntropyRows(const CrossEntropy& c, std::int64_t first, std::int64_t last, void* loss,
                                   void* lse) {
  if (c.dtype == DType::Float32) return EachCrossEntropyRow<float>(c, first, last, loss, lse);
  EachCrossEntropyRow<double>(c, first, last, loss, lse);
}
HWY_NOINLINE void CrossEntropyGradRows(const CrossEntropy& c, std::int64_t first, std::int64_t last, const void* lse,
                                       const void* g, std::int64_t g_stride, void* grad) {
  if (c.dtype == DType::Float32) return EachCrossEntropyGradRow<float>(c, first, last, lse, g, g_stride, grad);
  EachCrossEntropyGradRow<double>(c, first, last, lse, g, g_stride, grad);
}

}  // namespace
}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {
HWY_EXPORT(SoftmaxRows);
HWY_EXPORT(SoftmaxGradRows);
HWY_EXPORT(SoftmaxColumns);
HWY_EXPORT(SoftmaxGradColumns);
HWY_EXPORT(CrossEntropyRows);
HWY_EXPORT(CrossEntropyGradRows);
}  // namespace

void softmax_rows(DType dtype, bool log, std::int64_t first, std::int64_t last, std::int64_t n, const void* x,
                  void* y) {
  HWY_DYNAMIC_DISPATCH(SoftmaxRows)(dtype, log, first, last, n, x, y);
}
void softmax_grad_rows(DType dtype, bool log, std::int64_t first, std::int64_t last, std::int64_t n, const void* y,
                       const void* g, void* out) {
  HWY_DYNAMIC_DISPATCH(SoftmaxGradRows)(dtype, log, first, last, n, y, g, out);
}
void softmax_columns(DType dtype, bool log, std::int64_t n, std::int64_t inner, std::int64_t width, const void* x,
                     void* y) {
  HWY_DYNAMIC_DISPATCH(SoftmaxColumns)(dtype, log, n, inner, width, x, y);
}
void softmax_grad_columns(DType dtype, bool log, std::int64_t n, std::int64_t inner, std::int64_t width, const void* y,
                          const void* g, void* out) {
  HWY_DYNAMIC_DISPATCH(SoftmaxGradColumns)(dtype, log, n, inner, width, y, g, out);
}
void cross_entropy_rows(const CrossEntropy& c, std::int64_t first, std::int64_t last, void* loss, void* log_sum_exp) {
  HWY_DYNAMIC_DISPATCH(CrossEntropyRows)(c, first, last, loss, log_sum_exp);
}
void cross_entropy_grad_rows(const CrossEntropy& c, std::int64_t first, std::int64_t last, const void* log_sum_exp,
                             const void* g, std::int64_t g_stride, void* grad) {
  HWY_DYNAMIC_DISPATCH(CrossEntropyGradRows)(c, first, last, log_sum_exp, g, g_stride, grad);
}

}  // namespace descent::kernels
#endif
