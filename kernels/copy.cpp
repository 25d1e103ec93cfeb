#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "elementwise.h"
#include "parallel.h"
#include "strided.h"

namespace descent::kernels {
namespace {

// A C++ cast with every case defined: NaN becomes 0, int64 saturates, uint8 keeps the low bits of the int64.
template <class To, class From>
To convert(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    constexpr From kLimit = static_cast<From>(0x1p63);
    std::int64_t i = 0;
    if (x >= kLimit)
      i = std::numeric_limits<std::int64_t>::max();
    else if (x < -kLimit)
      i = std::numeric_limits<std::int64_t>::min();
    else if (x == x)
      i = static_cast<std::int64_t>(x);
    return static_cast<To>(i);
  } else {
    return static_cast<To>(x);
  }
}

// A boolean is one byte holding 0 or 1.
template <class T>
using Stored = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;

using CopyRow = void (*)(void* y, const void* x, std::int64_t n);

template <class To, class From>
void convert_row(void* out, const void* in, std::int64_t n) {
  auto* y = static_cast<Stored<To>*>(out);
  const auto* x = static_cast<const Stored<From>*>(in);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) y[i] = convert<To>(x[i]);
}

CopyRow conversion(DType to, DType from) {
  return dispatch(
      to, [&]<class To>() { return dispatch(from, []<class From>() -> CopyRow { return convert_row<To, From>; }); });
}

void copy_bytes(char* y, const char* x, std::int64_t n) {
  if (y == x) return;
  constexpr std::int64_t kChunk = 1 << 20;
  parallel_for(n, kChunk, [=](std::int64_t begin, std::int64_t end) {
    std::memcpy(y + begin, x + begin, static_cast<std::size_t>(end - begin));
  });
}

constexpr std::int64_t kTile = 16;  // one cache line of float32
constexpr std::int64_t kBand = 64;  // rows of out that go together: whole lines of in, and few pages at a time

// y[i][j] = x[j][i] for a rows x cols block, y's rows and x's columns contiguous; strides in elements.
template <class T>
void transpose_tile(T* y, std::int64_t y_stride, const T* x, std::int64_t x_stride, std::int64_t rows,
                    std::int64_t cols) {
  if (rows == kTile && cols == kTile) {
    T tile[kTile][kTile];
    for (std::int64_t j = 0; j < kTile; ++j) {
      for (std::int64_t i = 0; i < kTile; ++i) tile[i][j] = x[j * x_stride + i];
    }
    for (std::int64_t i = 0; i < kTile; ++i) std::memcpy(y + i * y_stride, tile[i], sizeof tile[i]);
    return;
  }
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < cols; ++j) y[i * y_stride + j] = x[j * x_stride + i];
  }
}

// Bands of rows of every plane (dimension 0 x dimension `along`), cut into tiles.
template <class T>
void transpose(const StridedLoop<2>& loop, int along) {
  const std::int64_t cols = loop.shape[0], rows = loop.shape[along];
  const std::int64_t bands = (rows + kBand - 1) / kBand;
  const std::int64_t y_stride = loop.strides[0][along] / loop.size[0], x_stride = loop.strides[1][0] / loop.size[1];
  const std::int64_t total = loop.numel / (cols * rows) * bands;
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / (cols * std::min(rows, kBand)));
  parallel_for(total, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t first = b % bands * kBand, height = std::min(kBand, rows - first);
      char* to = loop.data[0] + first * loop.strides[0][along];
      const char* from = loop.data[1] + first * loop.strides[1][along];
      std::int64_t plane = b / bands;
      for (int i = 1; i < loop.dim; ++i) {
        if (i == along) continue;
        to += plane % loop.shape[i] * loop.strides[0][i];
        from += plane % loop.shape[i] * loop.strides[1][i];
        plane /= loop.shape[i];
      }
      T* y = reinterpret_cast<T*>(to);
      const T* x = reinterpret_cast<const T*>(from);
      for (std::int64_t j = 0; j < cols; j += kTile) {
        // Every line of the next tiles lies on a page of its own, where the hardware does not look ahead.
        for (std::int64_t k = j + kTile; k < std::min(cols, j + 2 * kTile); ++k) {
          for (std::int64_t i = 0; i < height; i += kTile) __builtin_prefetch(x + k * x_stride + i);
        }
        for (std::int64_t i = 0; i < height && j + kTile < cols; ++i)
          __builtin_prefetch(y + i * y_stride + j + kTile, 1);
        for (std::int64_t i = 0; i < height; i += kTile) {
          transpose_tile(y + i * y_stride + j, y_stride, x + j * x_stride + i, x_stride, std::min(kTile, height - i),
                         std::min(kTile, cols - j));
        }
      }
    }
  });
}

// Same type, any strides: rows by memcpy where both are contiguous, else element by element.
void copy_strided(const StridedLoop<2>& loop) {
  const std::int64_t size = loop.size[0], y_step = loop.strides[0][0], x_step = loop.strides[1][0];
  const bool rows = y_step == size && x_step == size;
  parallel_for(loop.numel, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for_rows(loop, begin, end, [&](char* const* p, std::int64_t n) {
      if (rows)
        std::memcpy(p[0], p[1], static_cast<std::size_t>(n * size));
      else
        move_strided(size, p[0], y_step, p[1], x_step, n);
    });
  });
}

template <class T>
void fill_row(void* out, const void* value, std::int64_t n) {
  T* y = static_cast<T*>(out);
  const T v = *static_cast<const T*>(value);
  for (std::int64_t i = 0; i < n; ++i) y[i] = v;
}

}  // namespace

void copy(View out, View in) {
  if (out.numel == 0) return;
  const auto size = static_cast<std::int64_t>(size_of(out.dtype));
  const bool contiguous = out.contiguous && in.contiguous;
  if (out.dtype == in.dtype) {
    if (contiguous) return copy_bytes(out.as<char>(), in.as<char>(), out.numel * size);
    const StridedLoop<2> loop({&out, &in});
    const int along = loop.strides[0][0] == size ? transposed_dim(loop) : 0;
    if (along == 0 || loop.strides[1][along] < 0) return copy_strided(loop);
    return dispatch(out.dtype, [&]<class T>() { transpose<Stored<T>>(loop, along); });
  }
  const CopyRow row = conversion(out.dtype, in.dtype);
  if (contiguous) {
    const auto in_size = static_cast<std::int64_t>(size_of(in.dtype));
    char* y = out.as<char>();
    const char* x = in.as<char>();
    return parallel_for(out.numel, kGrain, [=](std::int64_t begin, std::int64_t end) {
      row(y + begin * size, x + begin * in_size, end - begin);
    });
  }
  strided_rows<0>(StridedLoop<2>({&out, &in}), kGrain,
                  [row](char* const* p, std::int64_t n, unsigned) { row(p[0], p[1], n); });
}

void fill(View out, const void* value) {
  if (out.numel == 0) return;
  const auto size = static_cast<std::int64_t>(size_of(out.dtype));
  const auto row = dispatch(out.dtype, []<class T>() -> CopyRow { return fill_row<Stored<T>>; });
  if (out.contiguous) {
    char* y = out.as<char>();
    return parallel_for(out.numel, kGrain,
                        [=](std::int64_t begin, std::int64_t end) { row(y + begin * size, value, end - begin); });
  }
  // One dimension that stands still: packing and unpacking do the rest.
  strided_rows<0>(StridedLoop<1>({&out}), kGrain,
                  [row, value](char* const* p, std::int64_t n, unsigned) { row(p[0], value, n); });
}

}  // namespace descent::kernels
