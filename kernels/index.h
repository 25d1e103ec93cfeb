// Loops that follow an index. Indices are int64, already checked to lie in range (see first_outside).
#pragma once

#include "view.h"

namespace descent::kernels {

/// Position (in logical order) of the first index outside [lo, hi), or −1.
std::int64_t first_outside(View index, std::int64_t lo, std::int64_t hi);

/// out[.., i, ..] = in[.., index[i], ..] along `dim`; index has one dimension. Any dtype; whole rows are copied where
/// the inner block is contiguous.
void index_select(View out, View in, int dim, View index);

/// out[.., index[i], ..] += in[.., i, ..]; repeated indices add up in order of i.
void index_add(View out, View in, int dim, View index);

/// out[i][j][k] = in[index[i][j][k]][j][k] for dim 0 and so on; index has out's shape, no larger than in's elsewhere.
void gather(View out, View in, int dim, View index);

/// out[index[i][j][k]][j][k] += src[i][j][k] for dim 0 and so on; repeated indices add up in logical order.
void scatter_add(View out, View src, int dim, View index);

}  // namespace descent::kernels
