// All ops of the library: each family file ends with its list, and tests walk them all.
#pragma once

#include "op.h"

namespace descent::autograd {

using OpList = std::vector<const OpInfo*>;

/// The OpInfo of each op named.
template <class... Ops>
OpList list_of() {
  return {&op_info<Ops>...};
}

OpList arithmetic_ops();
OpList function_ops();
OpList compare_ops();
OpList reduce_ops();
OpList matmul_ops();
OpList shape_ops();
OpList join_ops();
OpList index_ops();
OpList softmax_ops();
OpList random_ops();
OpList write_ops();
OpList special_ops();
OpList rounding_ops();
OpList logic_ops();
OpList activation_ops();
OpList statistics_ops();
OpList scan_ops();
OpList product_ops();
OpList diagonal_ops();
OpList linalg_ops();
OpList repeat_ops();
OpList pad_ops();
OpList scatter_ops();
OpList masks_ops();
OpList sorting_ops();
OpList convolution_ops();
OpList pooling_ops();
OpList normalization_ops();
OpList distance_ops();
OpList attention_ops();
OpList embedding_ops();
OpList sparse_ops();
OpList ctc_ops();
OpList recurrent_ops();

/// Every family's list, joined.
OpList all_ops();

}  // namespace descent::autograd
