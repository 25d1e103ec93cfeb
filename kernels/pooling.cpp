#include "pooling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "parallel.h"

namespace descent::kernels {
namespace {

/// Elements that a task should read, at least.
template <class F>
void over_planes(const Pooling& p, F&& f) {
  const std::int64_t work = std::max<std::int64_t>(1, std::max(p.in_plane(), p.out_plane()));
  parallel_for(p.planes, std::max<std::int64_t>(1, kGrain / 2 / work), f);
}

template <class T>
void max_plane(const Pooling& p, const T* x, T* y, std::int64_t* indices) {
  const auto &depth = p.along[0], &height = p.along[1], &width = p.along[2];  // lambdas of clang 14 capture no bindings
  for (const auto& d : depth.windows)
    for (const auto& h : height.windows)
      for (const auto& w : width.windows) {
        // A dilated window may lie in the padding alone: −inf, at the element next to it.
        std::int64_t best =
            (std::min(d.begin, depth.in - 1) * height.in + std::min(h.begin, height.in - 1)) * width.in +
            std::min(w.begin, width.in - 1);
        T largest = -std::numeric_limits<T>::infinity();
        for (std::int64_t i = d.begin; i < d.end; i += depth.step)
          for (std::int64_t j = h.begin; j < h.end; j += height.step) {
            const std::int64_t row = (i * height.in + j) * width.in;
            for (std::int64_t k = w.begin; k < w.end; k += width.step) {
              const T value = x[row + k];
              const bool better = value > largest || value != value;  // a NaN stays
              largest = better ? value : largest;
              best = better ? row + k : best;
            }
          }
        *y++ = largest;
        *indices++ = best;
      }
}

template <class T>
T divisor(const Pooling& p, std::int64_t d, std::int64_t h, std::int64_t w) {
  return p.divisor != 0 ? static_cast<T>(p.divisor) : static_cast<T>(d * h * w);
}

}  // namespace

Windows sliding_windows(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                        std::int64_t padding, std::int64_t dilation, bool include_pad) {
  Windows result{{}, dilation, in};
  for (std::int64_t i = 0; i < out; ++i) {
    std::int64_t begin = i * stride - padding, end = begin + (kernel - 1) * dilation + 1;
    const std::int64_t padded = std::min(end, in + padding) - begin;
    if (begin < 0) begin += (-begin + dilation - 1) / dilation * dilation;
    end = std::min(end, in);
    result.windows.push_back({begin, end, include_pad ? padded : end - begin});
  }
  return result;
}

Windows adaptive_windows(std::int64_t in, std::int64_t out) {
  Windows result{{}, 1, in};
  for (std::int64_t i = 0; i < out; ++i) {
    const std::int64_t begin = i * in / out, end = ((i + 1) * in + out - 1) / out;
    result.windows.push_back({begin, end, end - begin});
  }
  return result;
}

void max_pool(DType dtype, const Pooling& p, const void* x, void* y, std::int64_t* indices) {
  dispatch_float(dtype, [&]<class T>() {
    over_planes(p, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        max_plane(p, static_cast<const T*>(x) + i * p.in_plane(), static_cast<T*>(y) + i * p.out_plane(),
                  indices + i * p.out_plane());
    });
  });
}

void max_pool_grad(DType dtype, const Pooling& p, const void* g, const std::int64_t* indices, void* dx) {
  const std::int64_t in = p.in_plane(), out = p.out_plane();
  dispatch_float(dtype, [&]<class T>() {
    over_planes(p, [&](std::int64_t begin, std::int64_t end) {
      std::fill(static_cast<T*>(dx) + begin * in, static_cast<T*>(dx) + end * in, T(0));
      for (std::int64_t i = begin; i < end; ++i) {
        T* plane = static_cast<T*>(dx) + i * in;
        const T* from = static_cast<const T*>(g) + i * out;
        const std::int64_t* at = indices + i * out;
        for (std::int64_t j = 0; j < out; ++j) plane[at[j]] += from[j];
      }
    });
  });
}

void avg_pool(DType dtype, const Pooling& p, const void* x, void* y) {
  const auto &depth = p.along[0], &height = p.along[1], &width = p.along[2];  // lambdas of clang 14 capture no bindings
  dispatch_float(dtype, [&]<class T>() {
    over_planes(p, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const T* plane = static_cast<const T*>(x) + i * p.in_plane();
        T* out = static_cast<T*>(y) + i * p.out_plane();
        for (const auto& d : depth.windows)
          for (const auto& h : height.windows)
            for (const auto& w : width.windows) {
              T sum = 0;
              for (std::int64_t a = d.begin; a < d.end; ++a)
                for (std::int64_t b = h.begin; b < h.end; ++b) {
                  const T* row = plane + (a * height.in + b) * width.in;
                  for (std::int64_t c = w.begin; c < w.end; ++c) sum += row[c];
                }
              *out++ = sum / divisor<T>(p, d.size, h.size, w.size);
            }
      }
    });
  });
}

void avg_pool_grad(DType dtype, const Pooling& p, const void* g, void* dx) {
  const auto &depth = p.along[0], &height = p.along[1], &width = p.along[2];  // lambdas of clang 14 capture no bindings
  dispatch_float(dtype, [&]<class T>() {
    over_planes(p, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        T* plane = static_cast<T*>(dx) + i * p.in_plane();
        const T* from = static_cast<const T*>(g) + i * p.out_plane();
        std::fill_n(plane, p.in_plane(), T(0));
        for (const auto& d : depth.windows)
          for (const auto& h : height.windows)
            for (const auto& w : width.windows) {
              const T share = *from++ / divisor<T>(p, d.size, h.size, w.size);
              for (std::int64_t a = d.begin; a < d.end; ++a)
                for (std::int64_t b = h.begin; b < h.end; ++b) {
                  T* row = plane + (a * height.in + b) * width.in;
                  for (std::int64_t c = w.begin; c < w.end; ++c) row[c] += share;
                }
            }
      }
    });
  });
}

}  // namespace descent::kernels
