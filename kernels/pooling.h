// Pooling over 1 to 3 spatial dims: one number for each window of a plane.
#pragma once

#include <vector>

#include "dtype.h"

namespace descent::kernels {

/// The windows along one dim: window i covers begin, begin + step, … below end. `size` is what an average divides by.
struct Windows {
  struct Window {
    std::int64_t begin, end, size;
  };
  std::vector<Window> windows;
  std::int64_t step = 1, in = 1;
  std::int64_t count() const { return static_cast<std::int64_t>(windows.size()); }
};

/// `out` windows of `kernel` elements, `dilation` apart, that start at i·stride − padding. With `include_pad` the
/// padding (but not what lies beyond it) counts in `size`.
Windows sliding_windows(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                        std::int64_t padding, std::int64_t dilation, bool include_pad);
/// `out` windows that cover the input: ⌊i·in / out⌋ … ⌈(i + 1)·in / out⌉.
Windows adaptive_windows(std::int64_t in, std::int64_t out);

/// `planes` images [in…] -> [out…], with the windows along each dim.
struct Pooling {
  std::int64_t planes = 0;
  Windows along[3];
  double divisor = 0;  // of averages; 0: the product of the sizes
  std::int64_t in_plane() const { return along[0].in * along[1].in * along[2].in; }
  std::int64_t out_plane() const { return along[0].count() * along[1].count() * along[2].count(); }
};

/// Largest elements and their positions in the plane; the first of equals, the last NaN.
void max_pool(DType dtype, const Pooling& p, const void* x, void* y, std::int64_t* indices);
/// dx[indices] += g, zero elsewhere.
void max_pool_grad(DType dtype, const Pooling& p, const void* g, const std::int64_t* indices, void* dx);

void avg_pool(DType dtype, const Pooling& p, const void* x, void* y);
/// The adjoint of avg_pool.
void avg_pool_grad(DType dtype, const Pooling& p, const void* g, void* dx);

}  // namespace descent::kernels
