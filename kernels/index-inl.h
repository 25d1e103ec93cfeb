// What the loops that follow an index share: walks over several operands at once, and how work is cut.
#pragma once

#include <algorithm>

#include "index.h"
#include "parallel.h"

namespace descent::kernels {

/// Dimensions [begin, end) of K operands of one shape, merged where all allow it, outermost first.
template <int K>
struct Dims {
  int count = 0;
  std::int64_t shape[kMaxDims];
  std::int64_t strides[K][kMaxDims];
  std::int64_t numel = 1;

  Dims(const View* const (&views)[K], int begin, int end) {
    for (int i = begin; i < end; ++i) {
      const std::int64_t size = views[0]->shape[i];
      numel *= size;
      if (size == 1) continue;
      bool merge = count > 0;
      for (int k = 0; k < K; ++k) merge = merge && strides[k][count - 1] == views[k]->strides[i] * size;
      if (merge)
        shape[count - 1] *= size;
      else
        shape[count++] = size;
      for (int k = 0; k < K; ++k) strides[k][count - 1] = views[k]->strides[i];
    }
  }

  /// Size and strides of the innermost dimension; 1 and 0 where there is none.
  std::int64_t inner() const { return count ? shape[count - 1] : 1; }
  std::int64_t step(int k) const { return count ? strides[k][count - 1] : 0; }
  bool is_block() const {
    for (int k = 0; k < K; ++k)
      if (count > 1 || (count == 1 && strides[k][0] != 1)) return false;
    return true;
  }

  /// Where the i-th element of each operand lies.
  void offsets(std::int64_t i, std::int64_t (&at)[K]) const {
    std::fill_n(at, K, 0);
    for (int d = count - 1; d >= 0; --d) {
      const std::int64_t position = i % shape[d];
      i /= shape[d];
      for (int k = 0; k < K; ++k) at[k] += position * strides[k][d];
    }
  }

  /// f(offsets, run) for runs along the innermost dimension that cover elements [begin, end).
  template <class F>
  void for_runs(std::int64_t begin, std::int64_t end, F&& f) const {
    std::int64_t at[K];
    while (begin < end) {
      const std::int64_t run = std::min(end - begin, inner() - begin % inner());
      offsets(begin, at);
      f(at, run);
      begin += run;
    }
  }
};

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
