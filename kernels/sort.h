// Sorting rows of contiguous memory [rows, n]: stable, NaN largest, −0 equal to 0. Positions are int64.
#pragma once

#include "dtype.h"

namespace descent::kernels {

/// Each row in ascending (descending) order, equal elements in the order in which they stand. `values` may be null.
void sort_rows(DType dtype, bool descending, std::int64_t rows, std::int64_t n, const void* in, void* values,
               std::int64_t* indices);

/// The first k of each sorted row -> [rows, k], without sorting the rest.
void topk_rows(DType dtype, bool descending, std::int64_t rows, std::int64_t n, std::int64_t k, const void* in,
               void* values, std::int64_t* indices);

}  // namespace descent::kernels
