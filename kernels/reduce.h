// Reductions over a fixed tree: the same bits for any number of threads.
#pragma once

#include "view.h"

namespace descent::kernels {

/// Sum and Mean of floats are pairwise (blocked) sums; Sum of integers and booleans has an int64 `out`. Mean is for
/// floats and gives NaN over nothing. Max and Min propagate NaN and need at least one element.
/// All and Any take booleans.
enum class Reduce { Sum, Mean, Prod, Max, Min, All, Any };

/// Reduces the trailing dimensions: `in` has the `out.dim` kept dimensions first (any strides), the reduced ones after
/// them; `out` is contiguous.
void reduce(Reduce op, View out, View in);

/// Largest (or smallest) value and its first index along the last dimension, which holds at least one element;
/// a NaN wins and the first of them is reported. `values` may have no data; both outputs are contiguous, `index` int64.
void arg_reduce(bool largest, View values, View index, View in);

}  // namespace descent::kernels
