// Norms of contiguous memory, summed in double over a fixed tree: the same bits for any number of threads and any
// instruction set.
#pragma once

#include "view.h"

namespace descent::kernels {

/// What norm_sum adds up, y = x / divisor: |y|, y², or |y|^p.
enum class Power { One, Two, Any };

/// Σ |x/divisor|^p over a contiguous float32 or float64 view. `p` counts for Power::Any only.
double norm_sum(Power power, View x, double divisor = 1, double p = 0);

/// max |x|, 0 over nothing; NaN when there is one.
double norm_max(View x);

}  // namespace descent::kernels
