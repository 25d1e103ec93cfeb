#include "median.h"

#include <algorithm>

#include "parallel.h"

namespace descent::kernels {

void median(DType dtype, std::int64_t rows, std::int64_t n, bool skip_nan, const void* x, void* scratch, void* values,
            std::int64_t* index) {
  dispatch(dtype, [&]<class T>() {
    parallel_for(rows, std::max<std::int64_t>(1, kGrain / 8 / n), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        const T* row = static_cast<const T*>(x) + r * n;
        T* work = static_cast<T*>(scratch) + r * n;
        const auto is_nan = [](T v) { return v != v; };
        T* last = std::partition(work, work + n, [&](T v) { return !is_nan(v); });  // NaNs to the end
        const T* found;
        T value;
        if (last == work || (last != work + n && !skip_nan)) {
          found = std::find_if(row, row + n, is_nan);
          value = *found;
        } else {
          T* middle = work + (last - work - 1) / 2;
          std::nth_element(work, middle, last);
          found = std::find(row, row + n, *middle);
          value = *found;  // of 0 and −0 the one that its place holds
        }
        if (values) static_cast<T*>(values)[r] = value;
        if (index) index[r] = found - row;
      }
    });
  });
}

}  // namespace descent::kernels
