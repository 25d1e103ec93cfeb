// Broadcasting iteration: operands of one shape, each with its own strides, walked row by row.
//
// Dimensions are merged where every operand allows it and ordered so that `out` is walked forwards; the innermost comes
// first. A kernel sees rows of contiguous memory only: other inner strides are packed into small buffers on the stack,
// so every element takes the same code whatever the layout.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "parallel.h"
#include "view.h"

#ifdef __clang__
#pragma clang diagnostic ignored "-Wpass-failed"  // "omp simd" on loops that clang then leaves scalar, as at -O1
#endif

namespace descent::kernels {

/// True when every element of `v` is the same one.
inline bool is_scalar(const View& v) {
  for (int i = 0; i < v.dim; ++i) {
    if (v.strides[i] != 0 && v.shape[i] != 1) return false;
  }
  return true;
}

/// K operands; number 0 is written. Sizes and strides (in bytes) start with the innermost dimension.
template <int K>
struct StridedLoop {
  int dim = 0;
  std::int64_t numel = 0;
  std::int64_t shape[kMaxDims];
  std::int64_t strides[K][kMaxDims];
  std::int64_t size[K];  // bytes of one element
  char* data[K];

  explicit StridedLoop(const View* const (&views)[K]) : numel(views[0]->numel) {
    for (int k = 0; k < K; ++k) {
      data[k] = static_cast<char*>(views[k]->data);
      size[k] = static_cast<std::int64_t>(size_of(views[k]->dtype));
    }
    for (int i = views[0]->dim - 1; i >= 0; --i) insert(views, i);
    merge();
  }

 private:
  // Adds dimension i of the views, keeping out's strides in ascending order.
  void insert(const View* const (&views)[K], int i) {
    if (views[0]->shape[i] == 1) return;
    const std::int64_t step = std::abs(views[0]->strides[i]) * size[0];
    int at = dim++;
    for (; at > 0 && step < std::abs(strides[0][at - 1]); --at) {
      shape[at] = shape[at - 1];
      for (int k = 0; k < K; ++k) strides[k][at] = strides[k][at - 1];
    }
    shape[at] = views[0]->shape[i];
    for (int k = 0; k < K; ++k) strides[k][at] = views[k]->strides[i] * size[k];
  }

  void merge() {
    if (dim == 0) {
      dim = 1;
      shape[0] = numel;
      for (int k = 0; k < K; ++k) strides[k][0] = size[k];
      return;
    }
    int last = 0;
    for (int i = 1; i < dim; ++i) {
      bool mergeable = true;
      for (int k = 0; k < K; ++k) mergeable &= strides[k][i] == strides[k][last] * shape[last];
      if (mergeable) {
        shape[last] *= shape[i];
        continue;
      }
      ++last;
      shape[last] = shape[i];
      for (int k = 0; k < K; ++k) strides[k][last] = strides[k][i];
    }
    dim = last + 1;
  }
};

/// Calls f(pointers, length) for each piece of an innermost row within elements [begin, end) of the loop.
template <int K, class F>
void for_rows(const StridedLoop<K>& loop, std::int64_t begin, std::int64_t end, F&& f) {
  std::int64_t index[kMaxDims];
  char* p[K];
  for (int k = 0; k < K; ++k) p[k] = loop.data[k];
  std::int64_t rest = begin;
  for (int i = 0; i < loop.dim; ++i) {
    index[i] = rest % loop.shape[i];
    rest /= loop.shape[i];
    for (int k = 0; k < K; ++k) p[k] += index[i] * loop.strides[k][i];
  }
  for (std::int64_t first = index[0];; first = 0) {
    const std::int64_t length = std::min(loop.shape[0] - first, end - begin);
    f(static_cast<char* const*>(p), length);
    begin += length;
    if (begin >= end) return;
    for (int k = 0; k < K; ++k) p[k] -= first * loop.strides[k][0];
    for (int i = 1; i < loop.dim; ++i) {
      for (int k = 0; k < K; ++k) p[k] += loop.strides[k][i];
      if (++index[i] < loop.shape[i]) break;
      index[i] = 0;
      for (int k = 0; k < K; ++k) p[k] -= loop.shape[i] * loop.strides[k][i];
    }
  }
}

/// The dimension along which an input is dense while its innermost stride spans cache lines; 0 if there is none.
template <int K>
int transposed_dim(const StridedLoop<K>& loop) {
  for (int k = 1; k < K; ++k) {
    if (std::abs(loop.strides[k][0]) < 64) continue;
    for (int i = 1; i < loop.dim; ++i) {
      if (std::abs(loop.strides[k][i]) == loop.size[k]) return i;
    }
  }
  return 0;
}

/// Calls f(pointers, length) for pieces of innermost rows, kWidth elements wide and ordered along `dim`, so that the
/// cache lines of a transposed input serve several rows.
template <int K, class F>
void for_panels(const StridedLoop<K>& loop, int dim, std::int64_t grain, F&& f) {
  constexpr std::int64_t kWidth = 64;
  const std::int64_t cols = loop.shape[0], rows = loop.shape[dim], panels = (cols + kWidth - 1) / kWidth;
  const std::int64_t total = loop.numel / (cols * rows) * panels;
  parallel_for(total, std::max<std::int64_t>(1, grain / (rows * kWidth)), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = begin; t < end; ++t) {
      const std::int64_t first = t % panels * kWidth;
      char* p[K];
      for (int k = 0; k < K; ++k) p[k] = loop.data[k] + first * loop.strides[k][0];
      std::int64_t plane = t / panels;
      for (int i = 1; i < loop.dim; ++i) {
        if (i == dim) continue;
        for (int k = 0; k < K; ++k) p[k] += plane % loop.shape[i] * loop.strides[k][i];
        plane /= loop.shape[i];
      }
      for (std::int64_t r = 0; r < rows; ++r) {
        f(static_cast<char* const*>(p), std::min(kWidth, cols - first));
        for (int k = 0; k < K; ++k) p[k] += loop.strides[k][dim];
      }
    }
  });
}

template <int kSize>
void move_strided(char* to, std::int64_t to_step, const char* from, std::int64_t from_step, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) std::memcpy(to + i * to_step, from + i * from_step, kSize);
}

/// Copies n elements of `size` bytes between memory of any strides (in bytes).
inline void move_strided(std::int64_t size, char* to, std::int64_t to_step, const char* from, std::int64_t from_step,
                         std::int64_t n) {
  if (size == 4) return move_strided<4>(to, to_step, from, from_step, n);
  if (size == 8) return move_strided<8>(to, to_step, from, from_step, n);
  move_strided<1>(to, to_step, from, from_step, n);
}

/// Calls row(pointers, length, scalars) over the whole loop, in parallel. Every operand is contiguous in a row, but
/// those with their bit in `scalars` (bit k − 1 for operand k) are one element. Only operands in kScalars come that
/// way, and never all inputs at once.
template <unsigned kScalars, int K, class Row>
void strided_rows(const StridedLoop<K>& loop, std::int64_t grain, Row&& row) {
  constexpr std::int64_t kBlock = 256;
  unsigned scalars = 0;
  for (int k = 1; k < K; ++k) scalars |= loop.strides[k][0] == 0 ? 1u << (k - 1) : 0u;
  scalars &= kScalars;
  if (scalars == (1u << (K - 1)) - 1) scalars &= scalars - 1;
  bool packed[K], direct = true;
  for (int k = 0; k < K; ++k) {
    packed[k] = loop.strides[k][0] != loop.size[k] && !(k > 0 && (scalars >> (k - 1) & 1));
    direct &= !packed[k];
  }
  if (direct) {
    return parallel_for(loop.numel, grain, [&](std::int64_t begin, std::int64_t end) {
      for_rows(loop, begin, end, [&](char* const* p, std::int64_t n) { row(p, n, scalars); });
    });
  }
  const auto packed_row = [&](char* const* p, std::int64_t n) {
    alignas(64) char buffer[K][kBlock * 8];
    for (std::int64_t i = 0; i < n; i += kBlock) {
      const std::int64_t m = std::min(kBlock, n - i);
      char* from[K];
      char* q[K];
      for (int k = 0; k < K; ++k) {
        from[k] = p[k] + i * loop.strides[k][0];
        q[k] = packed[k] ? buffer[k] : from[k];
        if (k > 0 && packed[k]) move_strided(loop.size[k], q[k], loop.size[k], from[k], loop.strides[k][0], m);
      }
      row(static_cast<char* const*>(q), m, scalars);
      if (packed[0]) move_strided(loop.size[0], from[0], loop.strides[0][0], q[0], loop.size[0], m);
    }
  };
  if (const int dim = transposed_dim(loop)) return for_panels(loop, dim, grain, packed_row);
  parallel_for(loop.numel, grain,
               [&](std::int64_t begin, std::int64_t end) { for_rows(loop, begin, end, packed_row); });
}

}  // namespace descent::kernels
