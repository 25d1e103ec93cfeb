#include "normalization_rows.h"

#include "targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/normalization_channels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "normalization-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

template <class T>
void EachNormChannel(const ChannelNorm& c, std::int64_t first, std::int64_t last, T* y, T* mean, T* rstd, T* var) {
  const auto batch = static_cast<std::size_t>(c.batch), inner = static_cast<std::size_t>(c.inner),
             stride = static_cast<std::size_t>(c.channels * c.inner);
  for (auto k = static_cast<std::size_t>(first); k < static_cast<std::size_t>(last); ++k) {
    const T* x = static_cast<const T*>(c.x) + k * inner;
    const Moments<T> m = MomentsOf(x, batch, stride, inner, true, c.eps);
    mean[k] = m.mean;
    rstd[k] = m.rstd;
    var[k] = static_cast<T>(m.var);
    Affine(x, batch, stride, inner, m.mean, m.rstd * ParameterOr(c.weight, k, T(1)), ParameterOr(c.bias, k, T(0)),
           y + k * inner);
  }
}

template <class T>
void EachNormGradChannel(const ChannelNorm& c, std::int64_t first, std::int64_t last, const T* g, const T* mean,
                         const T* rstd, T* dx, T* dw, T* db) {
  const auto batch = static_cast<std::size_t>(c.batch), inner = static_cast<std::size_t>(c.inner),
             stride = static_cast<std::size_t>(c.channels * c.inner);
  const double n = static_cast<double>(batch * inner);
  for (auto k = static_cast<std::size_t>(first); k < static_cast<std::size_t>(last); ++k) {
    const T *x = static_cast<const T*>(c.x) + k * inner, *gk = g + k * inner;
    const Pair sum = SumGradient(x, gk, batch, stride, inner, mean[k], rstd[k]);
    if (dw) {
      dw[k] = static_cast<T>(sum.b);
      db[k] = static_cast<T>(sum.a);
    }
    const T weight = ParameterOr(c.weight, k, T(1));
    const double by = static_cast<double>(weight) / n;
    ApplyGradient(x, gk, batch, stride, inner, mean[k], rstd[k], weight, sum.a * by, sum.b * by, dx + k * inner);
  }
}

template <class T>
void EachAffineChannel(const ChannelNorm& c, std::int64_t first, std::int64_t last, const T* mean, T* y) {
  const auto batch = static_cast<std::size_t>(c.batch), inner = static_cast<std::size_t>(c.inner),
             stride = static_cast<std::size_t>(c.channels * c.inner);
  for (auto k = static_cast<std::size_t>(first); k < static_cast<std::size_t>(last); ++k) {
    Affine(static_cast<const T*>(c.x) + k * inner, batch, stride, inner, mean[k], ParameterOr(c.weight, k, T(1)),
           ParameterOr(c.bias, k, T(0)), y + k * inner);
  }
}

// ---- By dtype

HWY_NOINLINE void NormChannels(const ChannelNorm& c, std::int64_t first, std::int64_t last, void* y, void* mean,
                               void* rstd, void* var) {
  const auto run = [&]<class T>(T* out) {
    EachNormChannel<T>(c, first, last, out, static_cast<T*>(mean), static_cast<T*>(rstd), static_cast<T*>(var));
  };
  c.dtype == DType::Float32 ? run(static_cast<float*>(y)) : run(static_cast<double*>(y));
}
HWY_NOINLINE void NormGradChannels(const ChannelNorm& c, std::int64_t first, std::int64_t last, const void* g,
                                   const void* mean, const void* rstd, void* dx, void* dw, void* db) {
  const auto run = [&]<class T>(T* out) {
    EachNormGradChannel<T>(c, first, last, static_cast<const T*>(g), static_cast<const T*>(mean),
                           static_cast<const T*>(rstd), out, static_cast<T*>(dw), static_cast<T*>(db));
  };
  c.dtype == DType::Float32 ? run(static_cast<float*>(dx)) : run(static_cast<double*>(dx));
}
HWY_NOINLINE void AffineChannels(const ChannelNorm& c, std::int64_t first, std::int64_t last, const void* mean,
                                 void* y) {
  const auto run = [&]<class T>(T* out) { EachAffineChannel<T>(c, first, last, static_cast<const T*>(mean), out); };
  c.dtype == DType::Float32 ? run(static_cast<float*>(y)) : run(static_cast<double*>(y));
}

}  // namespace
}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {
HWY_EXPORT(NormChannels);
HWY_EXPORT(NormGradChannels);
HWY_EXPORT(AffineChannels);
}  // namespace

void norm_channels(const ChannelNorm& c, std::int64_t first, std::int64_t last, void* y, void* mean, void* rstd,
                   void* var) {
  HWY_DYNAMIC_DISPATCH(NormChannels)(c, first, last, y, mean, rstd, var);
}
void norm_grad_channels(const ChannelNorm& c, std::int64_t first, std::int64_t last, const void* g, const void* mean,
                        const void* rstd, void* dx, void* dw, void* db) {
  HWY_DYNAMIC_DISPATCH(NormGradChannels)(c, first, last, g, mean, rstd, dx, dw, db);
}
void affine_channels(const ChannelNorm& c, std::int64_t first, std::int64_t last, const void* mean, void* y) {
  HWY_DYNAMIC_DISPATCH(AffineChannels)(c, first, last, mean, y);
}

}  // namespace descent::kernels
#endif
