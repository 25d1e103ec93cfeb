#include "pad.h"

#include <algorithm>

#include "parallel.h"

namespace descent::kernels {
namespace {

template <class T>
void gather_rows(std::int64_t planes, const PadAxis (&axes)[3], T* out, const T* in) {
  const PadAxis &deep = axes[0], &high = axes[1], &wide = axes[2];
  const std::int64_t rows = planes * deep.out * high.out;
  parallel_for(rows, std::max<std::int64_t>(1, kGrain / wide.out), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const std::int64_t j = r % high.out, i = r / high.out % deep.out, p = r / (high.out * deep.out);
      const T* x = in + ((p * deep.in + deep.map[i]) * high.in + high.map[j]) * wide.in;
      T* y = out + r * wide.out;
      for (std::int64_t k = 0; k < wide.first; ++k) y[k] = x[wide.map[k]];
      std::copy_n(x + wide.first + wide.shift, wide.last - wide.first, y + wide.first);
      for (std::int64_t k = wide.last; k < wide.out; ++k) y[k] = x[wide.map[k]];
    }
  });
}

template <class T>
void scatter_rows(std::int64_t planes, const PadAxis (&axes)[3], T* in, const T* out) {
  const PadAxis &deep = axes[0], &high = axes[1], &wide = axes[2];
  const std::int64_t rows = deep.out * high.out;
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / (rows * wide.out));
  parallel_for(planes, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p) {
      for (std::int64_t r = 0; r < rows; ++r) {
        T* x = in + ((p * deep.in + deep.map[r / high.out]) * high.in + high.map[r % high.out]) * wide.in;
        const T* y = out + (p * rows + r) * wide.out;
        for (std::int64_t k = 0; k < wide.first; ++k) x[wide.map[k]] += y[k];
        const std::int64_t n = wide.last - wide.first;
        T* inner = x + wide.first + wide.shift;
#pragma omp simd
        for (std::int64_t k = 0; k < n; ++k) inner[k] += y[wide.first + k];
        for (std::int64_t k = wide.last; k < wide.out; ++k) x[wide.map[k]] += y[k];
      }
    }
  });
}

}  // namespace

void pad_planes(DType dtype, std::int64_t planes, const PadAxis (&axes)[3], void* out, const void* in) {
  dispatch(dtype, [&]<class T>() { gather_rows(planes, axes, static_cast<T*>(out), static_cast<const T*>(in)); });
}

void pad_planes_adjoint(DType dtype, std::int64_t planes, const PadAxis (&axes)[3], void* in, const void* out) {
  dispatch_float(dtype,
                 [&]<class T>() { scatter_rows(planes, axes, static_cast<T*>(in), static_cast<const T*>(out)); });
}

}  // namespace descent::kernels
