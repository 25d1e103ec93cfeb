// The innermost loops of the reductions, on float and double. Internal to the kernels.
//
// A block is at most kBlock values x_0, x_1, … Value i goes to lane i mod L, L = 128 bytes of lanes; each lane adds up
// in order, then lane l takes l + L/2, l + L/4, …, l + 1. Blocks are combined in pairs. That order is the same for rows
// and columns, whatever the vector width: sums have the same bits for any layout of the input.
#pragma once

#include "reduce.h"

namespace descent::kernels {

inline constexpr std::int64_t kBlock = 1024;

/// Most columns that `block_columns` takes at once: 4096 bytes.
template <class T>
inline constexpr std::int64_t kPanel = 4096 / sizeof(T);

/// out[r] = reduction of the n values at x + r·stride, 1 <= n <= kBlock. `op` is Sum, Prod, Max or Min.
void block_rows(Reduce op, const float* x, std::int64_t stride, std::int64_t rows, std::int64_t n, float* out);
void block_rows(Reduce op, const double* x, std::int64_t stride, std::int64_t rows, std::int64_t n, double* out);

/// out[j] = reduction over r of x[offsets[r] + j], 1 <= rows <= kBlock, 1 <= width <= kPanel.
void block_columns(Reduce op, const float* x, const std::int64_t* offsets, std::int64_t rows, std::int64_t width,
                   float* out);
void block_columns(Reduce op, const double* x, const std::int64_t* offsets, std::int64_t rows, std::int64_t width,
                   double* out);

/// The largest (smallest) of each column, and the first row that holds it; the first NaN wins.
void block_arg_columns(bool largest, const float* x, const std::int64_t* offsets, std::int64_t rows, std::int64_t width,
                       float* value, std::int64_t* index);
void block_arg_columns(bool largest, const double* x, const std::int64_t* offsets, std::int64_t rows,
                       std::int64_t width, double* value, std::int64_t* index);

/// First position of `value` (a NaN: of any NaN) among the n values at x, or −1.
std::int64_t find_first(const float* x, std::int64_t n, float value);
std::int64_t find_first(const double* x, std::int64_t n, double value);

}  // namespace descent::kernels
