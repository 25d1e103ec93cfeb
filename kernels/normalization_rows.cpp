#include "normalization_rows.h"

#include "targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/normalization_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "normalization-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

template <class T>
void EachNormRow(const RowNorm& c, std::int64_t first, std::int64_t last, T* y, T* mean, T* rstd, T* var) {
  const hn::ScalableTag<T> d;
  const auto n = static_cast<std::size_t>(c.n), inner = static_cast<std::size_t>(c.inner);
  const std::size_t per = inner ? n / inner : 0;
  const T *w = static_cast<const T*>(c.weight), *b = static_cast<const T*>(c.bias);
  for (std::int64_t row = first; row < last; ++row) {
    const T* x = static_cast<const T*>(c.x) + row * c.n;
    T* out = y + row * c.n;
    const Moments<T> m = MomentsOf(x, 1, 0, n, c.centered, c.eps);
    mean[row] = m.mean;
    rstd[row] = m.rstd;
    if (var) var[row] = static_cast<T>(m.var);
    const std::size_t base = static_cast<std::size_t>(row % c.groups) * per;
    if (inner == 1 && (w || b)) {
      const auto vm = hn::Set(d, m.mean), vr = hn::Set(d, m.rstd);
      Each<T>(1, 0, n, [&](std::size_t at, std::size_t left) HWY_ATTR {
        auto v = hn::Mul(hn::Sub(LoadSome(d, x + at, left), vm), vr);
        if (w) v = hn::Mul(v, LoadSome(d, w + base + at, left));
        if (b) v = hn::Add(v, LoadSome(d, b + base + at, left));
        StoreSome(v, d, out + at, left);
      });
    } else if (!w && !b) {
      Affine(x, 1, 0, n, m.mean, m.rstd, T(0), out);
    } else {
      for (std::size_t k = 0; k < per; ++k) {
        Affine(x + k * inner, 1, 0, inner, m.mean, m.rstd * ParameterOr(w, base + k, T(1)),
               ParameterOr(b, base + k, T(0)), out + k * inner);
      }
    }
  }
}

template <class T>
void EachNormGradRow(const RowNorm& c, std::int64_t first, std::int64_t last, const T* g, const T* mean, const T* rstd,
                     T* dx, T* dw, T* db) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const auto n = static_cast<std::size_t>(c.n), inner = static_cast<std::size_t>(c.inner);
  const std::size_t per = inner ? n / inner : 0;
  const double count = static_cast<double>(n);
  for (std::int64_t row = first; row < last; ++row) {
    const T *x = static_cast<const T*>(c.x) + row * c.n, *gr = g + row * c.n;
    T* out = dx + row * c.n;
    const T m = mean[row], r = rstd[row];
    const std::size_t base = static_cast<std::size_t>(row % c.groups) * per;
    const T* w = c.weight ? static_cast<const T*>(c.weight) + base : nullptr;
    T *own_w = dw ? dw + base : nullptr, *own_b = dw ? db + base : nullptr;
    Pair sum;
    if (inner == 1) {
      const V vm = hn::Set(d, m), vr = hn::Set(d, r);
      sum = Fold<T>(1, 0, n, [&](std::size_t at, std::size_t left, V& s, V& t) HWY_ATTR {
        V vg = LoadSome(d, gr + at, left);
        const V xh = hn::Mul(hn::Sub(LoadSome(d, x + at, left), vm), vr);
        if (own_w) {
          StoreSome(hn::MulAdd(vg, xh, LoadSome(d, own_w + at, left)), d, own_w + at, left);
          StoreSome(hn::Add(vg, LoadSome(d, own_b + at, left)), d, own_b + at, left);
        }
        if (w) vg = hn::Mul(vg, LoadSome(d, w + at, left));
        s = hn::Add(s, vg);
        t = hn::MulAdd(vg, xh, t);
      });
    } else {
      for (std::size_t k = 0; k < per; ++k) {
        const Pair own = SumGradient(x + k * inner, gr + k * inner, 1, 0, inner, m, r);
        const double weight = w ? static_cast<double>(w[k]) : 1;
        sum.a += weight * own.a;
        sum.b += weight * own.b;
        if (own_w) {
          own_w[k] += static_cast<T>(own.b);
          own_b[k] += static_cast<T>(own.a);
        }
      }
    }
    const double a = c.centered ? sum.a / count : 0, b = sum.b / count;
    if (inner == 1 && w) {
      const V vm = hn::Set(d, m), vr = hn::Set(d, r), va = hn::Set(d, static_cast<T>(a)),
              vb = hn::Set(d, static_cast<T>(b));
      Each<T>(1, 0, n, [&](std::size_t at, std::size_t left) HWY_ATTR {
        const V xh = hn::Mul(hn::Sub(LoadSome(d, x + at, left), vm), vr);
        const V centred = hn::MulSub(LoadSome(d, gr + at, left), LoadSome(d, w + at, left), va);
        StoreSome(hn::Mul(vr, hn::NegMulAdd(xh, vb, centred)), d, out + at, left);
      });
    } else if (!w) {
      ApplyGradient(x, gr, 1, 0, n, m, r, T(1), a, b, out);
    } else {
      for (std::size_t k = 0; k < per; ++k)
        ApplyGradient(x + k * inner, gr + k * inner, 1, 0, inner, m, r, w[k], a, b, out + k * inner);
    }
  }
}

// ---- By dtype

HWY_NOINLINE void NormRows(const RowNorm& c, std::int64_t first, std::int64_t last, void* y, void* mean, void* rstd,
                           void* var) {
  const auto run = [&]<class T>(T* out) {
    EachNormRow<T>(c, first, last, out, static_cast<T*>(mean), static_cast<T*>(rstd), static_cast<T*>(var));
  };
  c.dtype == DType::Float32 ? run(static_cast<float*>(y)) : run(static_cast<double*>(y));
}
HWY_NOINLINE void NormGradRows(const RowNorm& c, std::int64_t first, std::int64_t last, const void* g, const void* mean,
                               const void* rstd, void* dx, void* dw, void* db) {
  const auto run = [&]<class T>(T* out) {
    EachNormGradRow<T>(c, first, last, static_cast<const T*>(g), static_cast<const T*>(mean),
                       static_cast<const T*>(rstd), out, static_cast<T*>(dw), static_cast<T*>(db));
  };
  c.dtype == DType::Float32 ? run(static_cast<float*>(dx)) : run(static_cast<double*>(dx));
}
}  // namespace
}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {
HWY_EXPORT(NormRows);
HWY_EXPORT(NormGradRows);
}  // namespace

void norm_rows(const RowNorm& c, std::int64_t first, std::int64_t last, void* y, void* mean, void* rstd, void* var) {
  HWY_DYNAMIC_DISPATCH(NormRows)(c, first, last, y, mean, rstd, var);
}
void norm_grad_rows(const RowNorm& c, std::int64_t first, std::int64_t last, const void* g, const void* mean,
                    const void* rstd, void* dx, void* dw, void* db) {
  HWY_DYNAMIC_DISPATCH(NormGradRows)(c, first, last, g, mean, rstd, dx, dw, db);
}

}  // namespace descent::kernels
#endif
