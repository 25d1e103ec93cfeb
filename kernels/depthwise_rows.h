// The inner loops of depthwise convolutions, vectorised.
#pragma once

#include "dtype.h"

namespace descent::kernels {

/// One channel as the loops see it: output row r reads buf[starts[r] + offsets[k] + w] for tap k and 0 <= w < width.
struct TapRows {
  std::int64_t rows, width, taps;
  const std::int64_t* starts;
  const std::int64_t* offsets;
};

/// y[r, w] = bias + Σ_k weights[k]·buf[…]. bias may be nullptr.
void tap_rows(DType dtype, const TapRows& t, const void* buf, const void* weights, const void* bias, void* y);
/// The adjoint in buf: buf[…] += weights[k]·g[r, w].
void tap_rows_scatter(DType dtype, const TapRows& t, const void* g, const void* weights, void* buf);
/// The adjoint in the weights: dw[k] += Σ_{r, w} g[r, w]·buf[…].
void tap_rows_dots(DType dtype, const TapRows& t, const void* buf, const void* g, void* dw);

}  // namespace descent::kernels
