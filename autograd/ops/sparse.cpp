// Sparse tensors: row-sparse gradients and products with CSR matrices.
#include "sparse.h"

#include "../op_list.h"

namespace descent {
namespace autograd {

OpList sparse_ops() { return list_of<>(); }

}  // namespace autograd
}  // namespace descent
