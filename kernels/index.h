// Loops that follow an index. Indices are int64, already checked to lie in range (see first_outside).
#pragma once

#include "view.h"

namespace descent::kernels {

/// Position (in logical order) of the first index outside [lo, hi), or −1.
std::int64_t first_outside(View index, std::int64_t lo, std::int64_t hi);

/// out[.., i, ..] = in[.., index[i], ..] along `dim`; index has one dimension. Any dtype; whole rows are copied where
/// the inner block is contiguous.
void index_select(View out, View in, int dim, View index);

/// out[i][j][k] = in[index[i][j][k]][j][k] for dim 0 and so on; index has out's shape, no larger than in's elsewhere.
void gather(View out, View in, int dim, View index);

/// What a write does to the value that is there. Integers wrap around; on boolean Add and Maximum are or, Multiply and
/// Minimum are and. NaN wins in Maximum and Minimum.
enum class Write { Assign, Add, Multiply, Maximum, Minimum };

/// out[.., index[i], ..] (op)= in[.., i, ..]; repeated indices are written in order of i.
void index_write(Write op, View out, View in, int dim, View index);

/// out[index[i][j][k]][j][k] (op)= src[i][j][k] for dim 0 and so on; repeated indices are written in logical order.
void scatter(Write op, View out, View src, int dim, View index);

/// The same with Write::Add.
void index_add(View out, View in, int dim, View index);
void scatter_add(View out, View src, int dim, View index);

}  // namespace descent::kernels
