#include "resample.h"

#include <algorithm>

#include "scratch.h"

namespace descent::kernels {
namespace {

/// f(position of a source row, its weight) for the rows that output row (d, h) is made of.
template <class F>
void source_rows(const Resampling& r, std::int64_t d, std::int64_t h, F&& f) {
  const auto &depth = r.along[0], &height = r.along[1], &width = r.along[2];  // lambdas of clang 14 capture no bindings
  for (std::int64_t i = d * depth.taps; i < (d + 1) * depth.taps; ++i)
    for (std::int64_t j = h * height.taps; j < (h + 1) * height.taps; ++j) {
      const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
      f((depth.positions[a] * height.in + height.positions[b]) * width.in, depth.weights[a] * height.weights[b]);
    }
}

bool threaded(const Resampling& r) { return r.planes * (r.in_plane() + r.out_plane()) > 2 * kGrain; }

}  // namespace

void resample(DType dtype, const Resampling& r, const void* x, void* y) {
  const auto &depth = r.along[0], &height = r.along[1], &width = r.along[2];  // lambdas of clang 14 capture no bindings
  const bool nearest = depth.taps * height.taps * width.taps == 1;
  dispatch(dtype, [&]<class T>() {
    const std::int64_t w_in = width.in, w_out = width.out;
    run_tasks(r.planes, threaded(r), nearest ? 0 : w_in * std::int64_t{sizeof(T)}, [&](std::int64_t i, char* memory) {
      const T* plane = static_cast<const T*>(x) + i * r.in_plane();
      T* out = static_cast<T*>(y) + i * r.out_plane();
      T* row = reinterpret_cast<T*>(memory);  // the source rows, blended
      for (std::int64_t d = 0; d < depth.out; ++d)
        for (std::int64_t h = 0; h < height.out; ++h, out += w_out) {
          if (nearest) {
            source_rows(r, d, h, [&](std::int64_t at, double) {
              for (std::int64_t w = 0; w < w_out; ++w)
                out[w] = plane[at + width.positions[static_cast<std::size_t>(w)]];
            });
          } else if constexpr (std::is_floating_point_v<T>) {
            std::fill_n(row, w_in, T(0));
            source_rows(r, d, h, [&](std::int64_t at, double weight) {
              const T factor = static_cast<T>(weight);
              const T* from = plane + at;
#pragma omp simd
              for (std::int64_t w = 0; w < w_in; ++w) row[w] += factor * from[w];
            });
            std::size_t t = 0;
            for (std::int64_t w = 0; w < w_out; ++w) {
              T sum = 0;
              for (std::int64_t k = 0; k < width.taps; ++k, ++t)
                sum += static_cast<T>(width.weights[t]) * row[width.positions[t]];
              out[w] = sum;
            }
          }
        }
    });
  });
}

void resample_grad(DType dtype, const Resampling& r, const void* g, void* dx) {
  const auto &depth = r.along[0], &height = r.along[1], &width = r.along[2];  // lambdas of clang 14 capture no bindings
  dispatch_float(dtype, [&]<class T>() {
    const std::int64_t w_in = width.in, w_out = width.out;
    run_tasks(r.planes, threaded(r), w_in * std::int64_t{sizeof(T)}, [&](std::int64_t i, char* memory) {
      T* plane = static_cast<T*>(dx) + i * r.in_plane();
      const T* from = static_cast<const T*>(g) + i * r.out_plane();
      T* row = reinterpret_cast<T*>(memory);
      std::fill_n(plane, r.in_plane(), T(0));
      for (std::int64_t d = 0; d < depth.out; ++d)
        for (std::int64_t h = 0; h < height.out; ++h, from += w_out) {
          std::fill_n(row, w_in, T(0));
          std::size_t t = 0;
          for (std::int64_t w = 0; w < w_out; ++w)
            for (std::int64_t k = 0; k < width.taps; ++k, ++t)
              row[width.positions[t]] += static_cast<T>(width.weights[t]) * from[w];
          source_rows(r, d, h, [&](std::int64_t at, double weight) {
            const T factor = static_cast<T>(weight);
            T* to = plane + at;
#pragma omp simd
            for (std::int64_t w = 0; w < w_in; ++w) to[w] += factor * row[w];
          });
        }
    });
  });
}

}  // namespace descent::kernels
