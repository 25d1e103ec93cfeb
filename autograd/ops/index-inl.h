// Checks that the ops share which follow an index, and how positions are written.
#pragma once

#include "../../kernels/index.h"

#include "elementwise-inl.h"

namespace descent::autograd {

/// The index must be int64 and on [0, size).
void check_index(const char* op, const Tensor& index, std::int64_t size, int dim);

/// The index must be int64 and on [−size, size); returned with negative ones counted from the end.
Tensor wrap_index(const char* op, const Tensor& index, std::int64_t size, int dim);

/// The checks of index_select and its kin: at most one dim, in range. Returned with one dim, wrapped if asked.
Tensor check_1d(const char* op, const Tensor& a, int dim, const Tensor& index, bool wrap = false);

/// The checks of gather and scatter: as many dims, no larger elsewhere, in range.
void check_nd(const char* op, const Tensor& a, int dim, const Tensor& index);

/// The checks of scatter's source; returned cut to the index's shape.
Tensor check_source(const char* op, const Tensor& index, const Tensor& source);

void same_dtype(const char* op, const Tensor& a, const Tensor& source);

/// a[.., index[i], ..] = source[.., i, ..]; what index_copy computes, without its checks. `index` has one dim.
Tensor write_at(const Tensor& a, int dim, const Tensor& index, const Tensor& source);

/// Positions of what is not zero, in row-major order: int64 [n].
Tensor positions_of(const Tensor& mask);

}  // namespace descent::autograd
