// The innermost loops of normalisation. Internal to the kernels.
#pragma once

#include "normalization.h"

namespace descent::kernels {

/// Rows [first, last).
void norm_rows(const RowNorm& c, std::int64_t first, std::int64_t last, void* y, void* mean, void* rstd, void* var);

/// Rows [first, last); their dw and db are added to what is there (nothing when null).
void norm_grad_rows(const RowNorm& c, std::int64_t first, std::int64_t last, const void* g, const void* mean,
                    const void* rstd, void* dx, void* dw, void* db);

/// Channels [first, last).
void norm_channels(const ChannelNorm& c, std::int64_t first, std::int64_t last, void* y, void* mean, void* rstd,
                   void* var);
void norm_grad_channels(const ChannelNorm& c, std::int64_t first, std::int64_t last, const void* g, const void* mean,
                        const void* rstd, void* dx, void* dw, void* db);
void affine_channels(const ChannelNorm& c, std::int64_t first, std::int64_t last, const void* mean, void* y);

/// Channels without inner values, x[rows, n]: statistics of columns, memory read row by row.
struct Columns {
  DType dtype = DType::Float32;
  std::int64_t n = 0;
  const void* x = nullptr;
  const void* g = nullptr;
  const void* mean = nullptr;  // [n], as all that follow
  const void* rstd = nullptr;
  const void* scale = nullptr;
  const void* shift = nullptr;
  const void* mean_g = nullptr;
  const void* mean_gx = nullptr;
};

// Over rows [first, last).
void column_sums(const Columns& c, std::int64_t first, std::int64_t last, void* sum);  // += x, with a mean (x − mean)²
void column_grad_sums(const Columns& c, std::int64_t first, std::int64_t last, void* sum_g, void* sum_gx);  // += g, g·x̂
void column_affine(const Columns& c, std::int64_t first, std::int64_t last, void* y);  // (x − mean)·scale + shift
// scale·(g − mean_g − x̂·mean_gx)
void column_grad(const Columns& c, std::int64_t first, std::int64_t last, void* dx);

}  // namespace descent::kernels
