// What the files of the statistics family share.
#pragma once

#include "../op_list.h"

namespace descent::autograd {

OpList norm_ops();
OpList median_ops();

/// True where `a` reaches `out`, NaN where it is NaN.
Tensor reaches(const Tensor& a, const Tensor& out);

/// g where `reached`, divided by how many of the dims in `mask` reach it; g has those dims with size 1.
Tensor share_among(const Tensor& reached, const Tensor& g, std::uint32_t mask);

}  // namespace descent::autograd
