// Walks over some dimensions of one view, or of several of one shape.
#pragma once

#include <algorithm>

#include "view.h"

namespace descent::kernels {

/// Dimensions [begin, end) of K operands of one shape, merged where all allow it, outermost first; sizes of 1 are left
/// out.
template <int K>
struct Dims {
  int count = 0;
  std::int64_t shape[kMaxDims];
  std::int64_t strides[K][kMaxDims];
  std::int64_t numel = 1;

  Dims(const View& view, int begin, int end) requires(K == 1) : Dims({&view}, begin, end) {}
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

  std::int64_t offset(std::int64_t i) const requires(K == 1) {
    std::int64_t at[1];
    offsets(i, at);
    return at[0];
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

}  // namespace descent::kernels
