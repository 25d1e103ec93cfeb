#include "sparse.h"

#include <algorithm>

#include "parallel.h"

namespace descent::kernels {
namespace {

constexpr std::int64_t kGrain = 1 << 15;  // multiply-adds of one piece

/// Rows of a piece, so that it holds about kGrain multiply-adds whatever the number of threads.
std::int64_t rows_per_piece(std::int64_t entries, std::int64_t rows, std::int64_t width) {
  const std::int64_t work = std::max<std::int64_t>(1, entries * width / std::max<std::int64_t>(1, rows));
  return std::max<std::int64_t>(1, kGrain / work);
}

}  // namespace

void csr_matmul(View out, const std::int64_t* crow, const std::int64_t* col, View values, View b) {
  const std::int64_t rows = out.shape[0], width = out.shape[1];
  dispatch_float(out.dtype, [&]<class T>() {
    T* to = reinterpret_cast<T*>(out.data);
    const T* v = reinterpret_cast<const T*>(values.data);
    const T* from = reinterpret_cast<const T*>(b.data);
    parallel_for(rows, rows_per_piece(values.numel, rows, width), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        T* const sum = to + i * width;
        std::fill_n(sum, width, T(0));
        for (std::int64_t e = crow[i]; e < crow[i + 1]; ++e) {
          const T factor = v[e];
          const T* const row = from + col[e] * width;
          for (std::int64_t j = 0; j < width; ++j) sum[j] += factor * row[j];
        }
      }
    });
  });
}

void csr_sampled(View out, const std::int64_t* crow, const std::int64_t* col, View x, View y) {
  const std::int64_t rows = x.shape[0], width = x.shape[1];
  dispatch_float(out.dtype, [&]<class T>() {
    T* to = reinterpret_cast<T*>(out.data);
    const T* left = reinterpret_cast<const T*>(x.data);
    const T* right = reinterpret_cast<const T*>(y.data);
    parallel_for(rows, rows_per_piece(out.numel, rows, width), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        for (std::int64_t e = crow[i]; e < crow[i + 1]; ++e) {
          const T* const a = left + i * width;
          const T* const b = right + col[e] * width;
          T sum = 0;
          for (std::int64_t j = 0; j < width; ++j) sum += a[j] * b[j];
          to[e] = sum;
        }
      }
    });
  });
}

CsrTransposed csr_transpose(const std::int64_t* crow, const std::int64_t* col, std::int64_t rows,
                            std::int64_t columns) {
  const std::int64_t entries = crow[rows];
  CsrTransposed t;
  t.crow.assign(static_cast<std::size_t>(columns) + 1, 0);
  t.col.resize(static_cast<std::size_t>(entries));
  t.from.resize(static_cast<std::size_t>(entries));
  for (std::int64_t e = 0; e < entries; ++e) ++t.crow[static_cast<std::size_t>(col[e]) + 1];
  for (std::size_t j = 1; j < t.crow.size(); ++j) t.crow[j] += t.crow[j - 1];
  std::vector<std::int64_t> next(t.crow.begin(), t.crow.end() - 1);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t e = crow[i]; e < crow[i + 1]; ++e) {
      const auto at = static_cast<std::size_t>(next[static_cast<std::size_t>(col[e])]++);
      t.col[at] = i;
      t.from[at] = e;
    }
  }
  return t;
}

}  // namespace descent::kernels
