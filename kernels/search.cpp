#include "search.h"

#include <algorithm>

#include "parallel.h"

namespace descent::kernels {
namespace {

/// The first i of [0, n) for which `before(i)` fails.
template <class F>
std::int64_t partition_point(std::int64_t n, F&& before) {
  std::int64_t first = 0;
  while (n > 0) {
    const std::int64_t half = n / 2;
    if (before(first + half)) {
      first += half + 1;
      n -= half + 1;
    } else {
      n = half;
    }
  }
  return first;
}

}  // namespace

void searchsorted(DType dtype, bool right, bool shared, std::int64_t rows, std::int64_t n, std::int64_t m,
                  const void* boundaries, const std::int64_t* sorter, const void* values, std::int64_t* out) {
  dispatch(dtype, [&]<class T>() {
    parallel_for(rows * m, kGrain / 16, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t at = shared ? 0 : i / m * n;
        const T* row = static_cast<const T*>(boundaries) + at;
        const std::int64_t* order = sorter ? sorter + at : nullptr;
        const T value = static_cast<const T*>(values)[i];
        const auto boundary = [&](std::int64_t j) { return row[order ? order[j] : j]; };
        // written so that a NaN among the values lies behind everything
        out[i] = right ? partition_point(n, [&](std::int64_t j) { return !(boundary(j) > value); })
                       : partition_point(n, [&](std::int64_t j) { return !(boundary(j) >= value); });
      }
    });
  });
}

}  // namespace descent::kernels
