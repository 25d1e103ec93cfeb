// Medians of rows.
#pragma once

#include "view.h"

namespace descent::kernels {

/// The lower median of each of `rows` rows of n >= 1 values, and the first place that holds it. A NaN wins, or is
/// passed over if `skip_nan` (NaN where there is nothing else). `x` stays; `scratch` holds the same values and is
/// reordered. `values` or `index` may be nullptr.
void median(DType dtype, std::int64_t rows, std::int64_t n, bool skip_nan, const void* x, void* scratch, void* values,
            std::int64_t* index);

}  // namespace descent::kernels
