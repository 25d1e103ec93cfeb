// Running results along a dimension, each row in order by one thread.
#pragma once

#include "view.h"

namespace descent::kernels {

/// Row-major memory seen as [outer, n, inner], scanned along n; from its end if `reverse`.
struct ScanShape {
  std::int64_t outer, n, inner;
  bool reverse = false;
};

enum class Scan { Sum, Prod, LogSumExp };

/// out_i = x_0 ∘ … ∘ x_i. Floats are accumulated in float64 and stored in their own type; integers and booleans wrap
/// around in an int64 `out`, and have no LogSumExp.
void scan(Scan op, ScanShape shape, DType dtype, void* out, const void* x);

/// h_i = u_i + w_i·h_{i−1}, floats; h_0 = u_0.
void linear_scan(ScanShape shape, DType dtype, void* h, const void* w, const void* u);

/// The largest (smallest) value so far and the last place that holds it; NaN wins.
void extreme_scan(bool largest, ScanShape shape, DType dtype, void* values, std::int64_t* index, const void* x);

}  // namespace descent::kernels
