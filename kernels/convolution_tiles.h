// The inner loops of convolution_direct.cpp: products of shifted planes, float32, and rows on their way into and out of
// padded planes.
#pragma once

#include <cstdint>

namespace descent::kernels {

inline constexpr std::int64_t kTileRows = 8;      // result channels of one product
inline constexpr std::int64_t kTileColumns = 16;  // all vectors divide it: what is padded is padded to this

/// Elements of a plane, rounded up to whole vectors.
inline std::int64_t whole_vectors(std::int64_t n) { return (n + kTileColumns - 1) / kTileColumns * kTileColumns; }

/// out[m, p] = start[m] + Σ_{c, t} weights[c, t, m]·planes[c·plane + offsets[t] + p]  for kTileRows values of m and
/// p < n. Rows of `out` lie whole_vectors(n) apart and are written, the planes read, up to there.
struct PlaneProduct {
  std::int64_t channels, plane, taps, n;
  const std::int64_t* offsets;
  const float* weights;
  const float* start;
};
void multiply_planes(const PlaneProduct& t, const float* planes, float* out);

/// acc[(i·run + k)·width + o] += Σ_{h, w} x[offsets[i] + k + h·row_step + w·step]·g[(h·columns + w)·width + o]  for
/// i < count, k < run (1 or 3) and o < width, a multiple of kTileColumns.
struct TapProduct {
  std::int64_t rows, columns, row_step, step, count, run, width;
  const std::int64_t* offsets;
};
void add_tap_products(const TapProduct& t, const float* x, const float* g, float* acc);

/// `rows` rows of `n` elements in each of `channels` channels; distances in elements.
struct RowSet {
  std::int64_t channels, rows, n;
  std::int64_t in_channel, in_row, out_channel, out_row;
};
/// out[i] = in[i·step] in each row.
void gather_rows(const RowSet& r, std::int64_t step, const float* in, float* out);
/// out[i] = in[((i + skip) % step)·phase + (i + skip) / step] in each row: `step` phases, `phase` elements apart, are
/// put together. `line` is memory for whole_vectors(n / step + 2)·step elements.
void interleave_rows(const RowSet& r, std::int64_t step, std::int64_t skip, std::int64_t phase, const float* in,
                     float* line, float* out);

}  // namespace descent::kernels
