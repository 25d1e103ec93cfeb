// Variances and Euclidean norms of rows, in float64 inside, over a fixed tree.
#pragma once

#include "view.h"

namespace descent::kernels {

// Both reduce the trailing dimensions of floats, as `reduce` does: `in` has the `out.dim` kept dimensions first (any
// strides); `out` is contiguous and of the same dtype.

/// Σ (x − mean)² / max(0, n − correction), its root if `root`. NaN over nothing.
void variance(View out, View in, double correction, bool root);

/// √Σ x², without overflow or underflow on the way. 0 over nothing.
void norm2(View out, View in);

}  // namespace descent::kernels
