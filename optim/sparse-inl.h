// Row-sparse gradients, for the optimizers.
#pragma once

#include "../autograd/fail-inl.h"
#include "../autograd/tensor_impl.h"

namespace descent::optim::detail {

inline bool is_sparse(const Tensor& t) { return t.impl()->sparse; }

/// Throws Error for a sparse tensor.
inline void refuse_sparse(const char* owner, const Tensor& gradient) {
  if (gradient.defined() && is_sparse(gradient)) [[unlikely]]
    fail<Error>(owner, "a sparse tensor is not supported, got one of shape {}", gradient.shape());
}

}  // namespace descent::optim::detail
