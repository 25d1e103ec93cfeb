// Binary search in sorted rows.
#pragma once

#include "dtype.h"

namespace descent::kernels {

/// For each of `rows` rows: where each of its m values belongs among the n boundaries of that row (all rows share one
/// when `shared`). The first i with boundary[i] >= value, with `right` the first with boundary[i] > value; n where
/// there is none, and for NaN. `sorter` may be null; else boundary i of a row is element sorter[i] of it.
void searchsorted(DType dtype, bool right, bool shared, std::int64_t rows, std::int64_t n, std::int64_t m,
                  const void* boundaries, const std::int64_t* sorter, const void* values, std::int64_t* out);

}  // namespace descent::kernels
