// What the loops that follow an index share: element sizes, and how work is cut.
#pragma once

#include <algorithm>

#include "dims.h"
#include "index.h"
#include "parallel.h"

namespace descent::kernels {

/// Calls f.operator()<U>() with an unsigned type of the size of `dtype`: moves do not look inside an element.
template <class F>
void dispatch_size(DType dtype, F&& f) {
  switch (size_of(dtype)) {
    case 1:
      return f.template operator()<std::uint8_t>();
    case 4:
      return f.template operator()<std::uint32_t>();
    default:
      return f.template operator()<std::uint64_t>();
  }
}

/// Elements of indexed work in one chunk.
inline constexpr std::int64_t kIndexGrain = kGrain / 4;

/// Rows in one chunk.
inline std::int64_t grain_of_rows(std::int64_t row) {
  return std::max<std::int64_t>(1, kIndexGrain / std::max<std::int64_t>(1, row));
}

/// f(outer index, first, last) over parts of [outer, inner] that never share an element: threads own them whole.
template <class F>
void over_lines(std::int64_t outer, std::int64_t inner, std::int64_t length, F&& f) {
  // Whole outer positions where there are several; else at least 64 bytes of neighbours a piece.
  const std::int64_t least = std::max<std::int64_t>(16, kIndexGrain / std::max<std::int64_t>(1, length));
  const std::int64_t pieces = outer >= 16 ? 1 : std::clamp<std::int64_t>(inner / least, 1, 8);
  const std::int64_t size = (inner + pieces - 1) / pieces;
  parallel_for(outer * pieces, grain_of_rows(size * length), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i % pieces * size;
      if (first < inner) f(i / pieces, first, std::min(inner, first + size));
    }
  });
}

}  // namespace descent::kernels
