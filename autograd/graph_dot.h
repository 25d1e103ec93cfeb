// The graph behind a tensor as text for Graphviz.
#pragma once

#include <string>

#include "state_dict.h"

namespace descent::autograd {

/// Options of graph_dot.
struct GraphDotOptions {
  StateDict params = {};    ///< names for the leaves, such as net.named_parameters()
  bool show_saved = false;  ///< name what each op has saved for its gradient, with shape, dtype and bytes
};

/// The graph that backward would walk from `tensor`, in Graphviz's dot language: boxes are ops by name, ellipses are
/// tensors with dtype and shape (the leaves that collect a gradient, and `tensor` itself), arrows go the way of the
/// data. An op that takes a tensor twice has two arrows from it; an arrow from an op with several outputs says which.
/// Inputs that need no gradient are not part of the graph. Nodes are numbered breadth first from `tensor`, so equal
/// graphs give equal text. Needs no stack, whatever the depth. Throws Error for an undefined tensor.
std::string graph_dot(const Tensor& tensor, const GraphDotOptions& options = {});

}  // namespace descent::autograd
