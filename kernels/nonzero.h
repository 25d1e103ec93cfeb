// Where elements are not zero.
#pragma once

#include <vector>

#include "view.h"

namespace descent::kernels {

/// How many elements of each part of `in` (row-major) are not zero; NaN is not. The parts depend on the size alone.
std::vector<std::int64_t> count_nonzero(View in);

/// Writes their positions in row-major order. `counts` is what count_nonzero found.
void nonzero(View in, const std::vector<std::int64_t>& counts, std::int64_t* out);

/// Coordinates [n, dim] of n positions in a row-major tensor of that shape.
void unravel(const std::int64_t* positions, std::int64_t n, const std::int64_t* shape, int dim, std::int64_t* out);

}  // namespace descent::kernels
