// Products with a matrix in compressed sparse rows. All views contiguous; indices int64, checked before.
#pragma once

#include <vector>

#include "view.h"

namespace descent::kernels {

/// out [m, k] = A·b, A [m, n] with `values` at (crow, col), b [n, k].
void csr_matmul(View out, const std::int64_t* crow, const std::int64_t* col, View values, View b);

/// out[e] = Σ_j x[row of e, j]·y[col of e, j] for every entry e of the pattern: x [m, k], y [n, k].
void csr_sampled(View out, const std::int64_t* crow, const std::int64_t* col, View x, View y);

/// The transposed pattern: its row pointers and columns, and which entry of the original each of its entries is.
struct CsrTransposed {
  std::vector<std::int64_t> crow, col, from;
};
CsrTransposed csr_transpose(const std::int64_t* crow, const std::int64_t* col, std::int64_t rows, std::int64_t columns);

}  // namespace descent::kernels
