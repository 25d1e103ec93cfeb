// Normalisation of rows and of channels, float32 and float64, contiguous memory. Statistics take two passes; sums of
// parameters are cut by the sizes alone, so results have the same bits for any number of threads.
#pragma once

#include "view.h"

namespace descent::kernels {

/// Rows of n values with statistics of their own: x̂ = (x − μ)·r, r = 1/√(σ² + eps), y = x̂·w + b.
/// Value j of row i has parameter (i mod groups)·(n / inner) + j / inner: layer norm has groups = inner = 1, group norm
/// groups and inner = pixels.
struct RowNorm {
  DType dtype = DType::Float32;
  bool centered = true;  // else μ = 0 and σ² is the mean square
  std::int64_t rows = 0, n = 0, groups = 1, inner = 1;
  double eps = 0;
  const void* x = nullptr;       // [rows, n]
  const void* weight = nullptr;  // [groups · n / inner] or none
  const void* bias = nullptr;    // likewise
};

/// y and the rows' μ and r; σ² unless `var` is null.
void row_norm(const RowNorm& c, void* y, void* mean, void* rstd, void* var);

/// With G = g·w and M the mean of a row:  dx = r·(G − M(G) − x̂·M(G·x̂)),  dw = Σ g·x̂,  db = Σ g.
/// dw and db are both given or both null. Without centring M(G) is left out.
void row_norm_grad(const RowNorm& c, const void* g, const void* mean, const void* rstd, void* dx, void* dw, void* db);

/// The same for the channels of x[batch, channels, inner], each over the batch and the inner values.
struct ChannelNorm {
  DType dtype = DType::Float32;
  std::int64_t batch = 0, channels = 0, inner = 1;
  double eps = 0;
  const void* x = nullptr;
  const void* weight = nullptr;  // [channels] or none
  const void* bias = nullptr;    // likewise
};

void channel_norm(const ChannelNorm& c, void* y, void* mean, void* rstd, void* var);
void channel_norm_grad(const ChannelNorm& c, const void* g, const void* mean, const void* rstd, void* dx, void* dw,
                       void* db);

/// y = (x − mean)·weight + bias with given statistics; eps does not count.
void channel_affine(const ChannelNorm& c, const void* mean, void* y);

}  // namespace descent::kernels
