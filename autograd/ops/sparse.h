// Sparse tensors: row-sparse gradients and products with CSR matrices.
#pragma once

#include "../tensor.h"

namespace descent {}  // namespace descent
