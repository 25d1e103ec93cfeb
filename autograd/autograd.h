// Gradients as a function: the pure core under Tensor::backward.
#pragma once

#include <optional>
#include <vector>

#include "functional.h"
#include "grad_mode.h"
#include "graph_dot.h"
#include "tensor.h"

namespace descent::autograd {

/// Options of grad, as in PyTorch.
struct GradOptions {
  std::vector<Tensor> grad_outputs = {};  ///< one cotangent per output; ones for a scalar output that has none
  std::optional<bool> retain_graph = std::nullopt;  ///< keep what was saved; by default as create_graph
  bool create_graph = false;                        ///< record the backward pass, for gradients of gradients
  bool allow_unused = false;                        ///< an input that the outputs do not depend on yields Tensor()
};

/// Σ_k grad_outputs[k] · ∂outputs[k]/∂inputs, one tensor per input (leaf or not). Touches no `.grad`.
/// Throws AutogradError: an output without a graph, an unused input (unless allowed), a second pass through a graph
/// that was not retained, a saved tensor changed in place; ShapeError: a cotangent of the wrong shape.
std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const GradOptions& options = {});

/// Live tensors, blocks of memory and graph nodes of this process: for leak checks.
struct LiveCounts {
  std::int64_t tensors = 0;
  std::int64_t storages = 0;
  std::int64_t nodes = 0;
  friend bool operator==(const LiveCounts&, const LiveCounts&) = default;
};
LiveCounts live_counts() noexcept;

}  // namespace descent::autograd

namespace descent {

/// Gives the allocator's cached blocks back to the system.
void empty_cache();

}  // namespace descent
