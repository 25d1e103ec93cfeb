#include "normalization_rows.h"

#include "targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/normalization_columns.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "normalization-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

/// f(offset of a vector in x, its column, its lanes that count) over rows [first, last).
template <class T, class F>
HWY_INLINE void EachOfRows(const Columns& c, std::int64_t first, std::int64_t last, const F& f) {
  const hn::ScalableTag<T> d;
  const auto n = static_cast<std::size_t>(c.n);
  for (auto row = static_cast<std::size_t>(first); row < static_cast<std::size_t>(last); ++row) {
    for (std::size_t j = 0; j < n; j += hn::Lanes(d)) f(row * n + j, j, n - j);
  }
}

template <class T>
void EachColumnSum(const Columns& c, std::int64_t first, std::int64_t last, T* sum) {
  const hn::ScalableTag<T> d;
  const T *x = static_cast<const T*>(c.x), *mean = static_cast<const T*>(c.mean);
  EachOfRows<T>(c, first, last, [&](std::size_t at, std::size_t j, std::size_t left) HWY_ATTR {
    auto v = LoadSome(d, x + at, left);
    if (mean) {
      v = hn::Sub(v, LoadSome(d, mean + j, left));
      v = hn::Mul(v, v);
    }
    StoreSome(hn::Add(LoadSome(d, sum + j, left), v), d, sum + j, left);
  });
}

template <class T>
void EachColumnGradSum(const Columns& c, std::int64_t first, std::int64_t last, T* sum_g, T* sum_gx) {
  const hn::ScalableTag<T> d;
  const T *x = static_cast<const T*>(c.x), *g = static_cast<const T*>(c.g), *mean = static_cast<const T*>(c.mean),
          *rstd = static_cast<const T*>(c.rstd);
  EachOfRows<T>(c, first, last, [&](std::size_t at, std::size_t j, std::size_t left) HWY_ATTR {
    const auto vg = LoadSome(d, g + at, left);
    const auto xh =
        hn::Mul(hn::Sub(LoadSome(d, x + at, left), LoadSome(d, mean + j, left)), LoadSome(d, rstd + j, left));
    StoreSome(hn::Add(LoadSome(d, sum_g + j, left), vg), d, sum_g + j, left);
    StoreSome(hn::MulAdd(vg, xh, LoadSome(d, sum_gx + j, left)), d, sum_gx + j, left);
  });
}

template <class T>
void EachColumnAffine(const Columns& c, std::int64_t first, std::int64_t last, T* y) {
  const hn::ScalableTag<T> d;
  const T *x = static_cast<const T*>(c.x), *mean = static_cast<const T*>(c.mean),
          *scale = static_cast<const T*>(c.scale), *shift = static_cast<const T*>(c.shift);
  EachOfRows<T>(c, first, last, [&](std::size_t at, std::size_t j, std::size_t left) HWY_ATTR {
    const auto v = hn::Sub(LoadSome(d, x + at, left), LoadSome(d, mean + j, left));
    StoreSome(hn::MulAdd(v, LoadSome(d, scale + j, left), LoadSome(d, shift + j, left)), d, y + at, left);
  });
}

template <class T>
void EachColumnGrad(const Columns& c, std::int64_t first, std::int64_t last, T* dx) {
  const hn::ScalableTag<T> d;
  const T *x = static_cast<const T*>(c.x), *g = static_cast<const T*>(c.g), *mean = static_cast<const T*>(c.mean),
          *rstd = static_cast<const T*>(c.rstd), *scale = static_cast<const T*>(c.scale),
          *a = static_cast<const T*>(c.mean_g), *b = static_cast<const T*>(c.mean_gx);
  EachOfRows<T>(c, first, last, [&](std::size_t at, std::size_t j, std::size_t left) HWY_ATTR {
    const auto xh =
        hn::Mul(hn::Sub(LoadSome(d, x + at, left), LoadSome(d, mean + j, left)), LoadSome(d, rstd + j, left));
    const auto centred = hn::Sub(LoadSome(d, g + at, left), LoadSome(d, a + j, left));
    StoreSome(hn::Mul(LoadSome(d, scale + j, left), hn::NegMulAdd(xh, LoadSome(d, b + j, left), centred)), d, dx + at,
              left);
  });
}

// ---- By dtype

HWY_NOINLINE void ColumnSums(const Columns& c, std::int64_t first, std::int64_t last, void* sum) {
  if (c.dtype == DType::Float32) return EachColumnSum(c, first, last, static_cast<float*>(sum));
  EachColumnSum(c, first, last, static_cast<double*>(sum));
}
HWY_NOINLINE void ColumnGradSums(const Columns& c, std::int64_t first, std::int64_t last, void* sum_g, void* sum_gx) {
  if (c.dtype == DType::Float32)
    return EachColumnGradSum(c, first, last, static_cast<float*>(sum_g), static_cast<float*>(sum_gx));
  EachColumnGradSum(c, first, last, static_cast<double*>(sum_g), static_cast<double*>(sum_gx));
}
HWY_NOINLINE void ColumnAffine(const Columns& c, std::int64_t first, std::int64_t last, void* y) {
  if (c.dtype == DType::Float32) return EachColumnAffine(c, first, last, static_cast<float*>(y));
  EachColumnAffine(c, first, last, static_cast<double*>(y));
}
HWY_NOINLINE void ColumnGrad(const Columns& c, std::int64_t first, std::int64_t last, void* dx) {
  if (c.dtype == DType::Float32) return EachColumnGrad(c, first, last, static_cast<float*>(dx));
  EachColumnGrad(c, first, last, static_cast<double*>(dx));
}

}  // namespace
}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {
HWY_EXPORT(ColumnSums);
HWY_EXPORT(ColumnGradSums);
HWY_EXPORT(ColumnAffine);
HWY_EXPORT(ColumnGrad);
}  // namespace

void column_sums(const Columns& c, std::int64_t first, std::int64_t last, void* sum) {
  HWY_DYNAMIC_DISPATCH(ColumnSums)(c, first, last, sum);
}
void column_grad_sums(const Columns& c, std::int64_t first, std::int64_t last, void* sum_g, void* sum_gx) {
  HWY_DYNAMIC_DISPATCH(ColumnGradSums)(c, first, last, sum_g, sum_gx);
}
void column_affine(const Columns& c, std::int64_t first, std::int64_t last, void* y) {
  HWY_DYNAMIC_DISPATCH(ColumnAffine)(c, first, last, y);
}
void column_grad(const Columns& c, std::int64_t first, std::int64_t last, void* dx) {
  HWY_DYNAMIC_DISPATCH(ColumnGrad)(c, first, last, dx);
}

}  // namespace descent::kernels
#endif
