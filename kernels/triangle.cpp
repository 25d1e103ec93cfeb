#include "triangle.h"

#include <algorithm>
#include <cstring>

#include "parallel.h"

namespace descent::kernels {

void triangle(bool upper, std::int64_t k, std::int64_t batch, std::int64_t rows, std::int64_t cols, std::size_t element,
              const void* in, void* out) {
  if (batch == 0 || rows == 0 || cols == 0) return;
  k = std::clamp(k, -rows - 1, cols + 1);
  const std::size_t row_bytes = static_cast<std::size_t>(cols) * element;
  parallel_for(batch * rows, std::max<std::int64_t>(1, kGrain / cols), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const std::size_t row = static_cast<std::size_t>(r) * row_bytes;
      const char* from = static_cast<const char*>(in) + row;
      char* to = static_cast<char*>(out) + row;
      const std::int64_t i = r % rows;
      // [0, cut) is the lower part of the row, [cut, cols) the upper one
      const std::int64_t edge = std::clamp<std::int64_t>(i + k + (upper ? 0 : 1), 0, cols);
      const std::size_t cut = static_cast<std::size_t>(edge) * element;
      if (upper) {
        std::memset(to, 0, cut);
        std::memcpy(to + cut, from + cut, row_bytes - cut);
      } else {
        std::memcpy(to, from, cut);
        std::memset(to + cut, 0, row_bytes - cut);
      }
    }
  });
}

}  // namespace descent::kernels
