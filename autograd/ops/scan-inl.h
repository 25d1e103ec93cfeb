// Scans that formulas of gradients are written in.
#pragma once

#include "elementwise-inl.h"

namespace descent::autograd {

/// h_i = u_i + w_i·h_{i−1} along dim, from its end if `reverse`; h_0 = u_0. Floats of one shape and dtype.
Tensor linear_scan(const Tensor& w, const Tensor& u, int dim, bool reverse);

/// a_{i − by} along dim, by = ±1; `fill` where there is none.
Tensor shifted(const Tensor& a, int dim, int by, double fill);

/// The product of all that comes before each element along dim (after it, if `reverse`).
Tensor exclusive_product(const Tensor& a, int dim, bool reverse);

}  // namespace descent::autograd
