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

/// Every family's list, joined.
OpList all_ops();

}  // namespace descent::autograd
