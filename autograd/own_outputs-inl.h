// What a function of the user returned, as the outputs of one node.
#pragma once

#include "tensor_impl.h"

namespace descent::autograd {

/// Replaces each tensor by one of its own on the same memory, off the tape: an input that was returned as it is, or a
/// result with a graph of its own, may then become the output of another node.
inline void own_outputs(const char* op, std::vector<Tensor>& outputs) {
  for (Tensor& t : outputs) {
    if (t.impl()->sparse) refuse_sparse(op);
    t = make_view(t, t.shape(), t.strides());
  }
}

}  // namespace descent::autograd
