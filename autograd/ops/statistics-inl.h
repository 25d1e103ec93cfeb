// What ops share that choose elements: extremes, medians, norms.
#pragma once

#include "../op_list.h"

namespace descent::autograd {

OpList norm_ops();
OpList median_ops();

/// True where `a` reaches `out`, NaN where it is NaN.
Tensor reaches(const Tensor& a, const Tensor& out);

/// The gradient of what was chosen along dim: g at `index`, zeros elsewhere in the shape `whole`.
Tensor at_choice(const Shape& whole, int dim, bool keepdim, const Tensor& index, const Tensor& g);

/// g where `reached`, divided by how many of the dims in `mask` reach it; g has those dims with size 1.
Tensor share_among(const Tensor& reached, const Tensor& g, std::uint32_t mask);

}  // namespace descent::autograd
