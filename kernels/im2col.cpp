#include "im2col.h"

#include <algorithm>

#include "parallel.h"

namespace descent::kernels {
namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Calls f(i, first, inside, last, at) for the pieces of output rows in [from, to) as one tap sees them: positions
/// i + [0, last) of the column, of which [first, inside) read x[at], x[at + stride] … and the others lie outside of x.
template <class F>
void over_rows(const Convolution& c, const std::int64_t (&tap)[3], std::int64_t from, std::int64_t to, F&& f) {
  const std::int64_t width = c.out[2], stride = c.stride[2], shift = tap[2] * c.dilation[2] - c.padding[2];
  // x is read at w·stride + shift, which is inside for low <= w < high
  const std::int64_t low = shift < 0 ? ceil_div(-shift, stride) : 0;
  const std::int64_t high = shift < c.in[2] ? ceil_div(c.in[2] - shift, stride) : 0;
  for (std::int64_t p = from; p < to;) {
    const std::int64_t row = p / width, w = p % width, n = std::min(width - w, to - p);
    const std::int64_t h = row % c.out[1] * c.stride[1] + tap[1] * c.dilation[1] - c.padding[1];
    const std::int64_t d = row / c.out[1] * c.stride[0] + tap[0] * c.dilation[0] - c.padding[0];
    if (h < 0 || h >= c.in[1] || d < 0 || d >= c.in[0]) {
      f(p - from, n, n, n, std::int64_t{0});
    } else {
      const std::int64_t first = std::clamp<std::int64_t>(low - w, 0, n);
      const std::int64_t inside = std::clamp<std::int64_t>(high - w, first, n);
      f(p - from, first, inside, n, (d * c.in[1] + h) * c.in[2] + (w + first) * stride + shift);
    }
    p += n;
  }
}

}  // namespace

template <class T>
void im2col(const Convolution& c, std::int64_t channels, const T* x, std::int64_t from, std::int64_t to, T* col,
            std::int64_t ld) {
  const std::int64_t taps = c.taps(), stride = c.stride[2];
  parallel_for(
      channels * taps, std::max<std::int64_t>(1, kGrain / (to - from)), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
          const std::int64_t k = r % taps;
          const std::int64_t tap[3] = {k / (c.kernel[1] * c.kernel[2]), k / c.kernel[2] % c.kernel[1], k % c.kernel[2]};
          const T* plane = x + r / taps * c.in_plane();
          T* out = col + r * ld;
          over_rows(c, tap, from, to,
                    [&](std::int64_t i, std::int64_t first, std::int64_t inside, std::int64_t n, std::int64_t at) {
                      T* y = out + i;
                      std::fill_n(y, first, T(0));
                      const T* source = plane + at;
                      if (stride == 1) {
                        std::copy_n(source, inside - first, y + first);
                      } else {
                        for (std::int64_t w = first; w < inside; ++w) y[w] = source[(w - first) * stride];
                      }
                      std::fill_n(y + inside, n - inside, T(0));
                    });
        }
      });
}

template <class T>
void col2im(const Convolution& c, std::int64_t channels, const T* col, std::int64_t from, std::int64_t to, T* x,
            std::int64_t ld) {
  const std::int64_t taps = c.taps(), stride = c.stride[2];
  parallel_for(
      channels, std::max<std::int64_t>(1, kGrain / (taps * (to - from))), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin * taps; r < end * taps; ++r) {
          const std::int64_t k = r % taps;
          const std::int64_t tap[3] = {k / (c.kernel[1] * c.kernel[2]), k / c.kernel[2] % c.kernel[1], k % c.kernel[2]};
          T* plane = x + r / taps * c.in_plane();
          const T* in = col + r * ld;
          over_rows(c, tap, from, to,
                    [&](std::int64_t i, std::int64_t first, std::int64_t inside, std::int64_t, std::int64_t at) {
                      const T* source = in + i + first;
                      T* y = plane + at;
                      const std::int64_t count = inside - first;
                      if (stride == 1) {
#pragma omp simd
                        for (std::int64_t w = 0; w < count; ++w) y[w] += source[w];
                      } else {
                        for (std::int64_t w = 0; w < count; ++w) y[w * stride] += source[w];
                      }
                    });
        }
      });
}

template void im2col(const Convolution&, std::int64_t, const float*, std::int64_t, std::int64_t, float*, std::int64_t);
template void im2col(const Convolution&, std::int64_t, const double*, std::int64_t, std::int64_t, double*,
                     std::int64_t);
template void col2im(const Convolution&, std::int64_t, const float*, std::int64_t, std::int64_t, float*, std::int64_t);
template void col2im(const Convolution&, std::int64_t, const double*, std::int64_t, std::int64_t, double*,
                     std::int64_t);

}  // namespace descent::kernels
