// Gradients of several tasks without their conflicts.
#pragma once

#include <cstdint>
#include <vector>

#include "../autograd/tensor.h"

namespace descent::optim {

/// Options of pcgrad.
struct PcgradOptions {
  bool shuffle = true;        ///< random order of the other tasks, from the library's generator; else 0, 1, …
  bool retain_graph = false;  ///< keep the losses' graphs
};

/// In place of backward() of the sum of the losses: with gᵢ = ∇Lᵢ over all parameters together, each gᵢ that points
/// against another task's gⱼ loses its part along it,
///     gᵢ ← gᵢ − (gᵢ·gⱼ)/‖gⱼ‖²·gⱼ  where gᵢ·gⱼ < 0, for all j ≠ i in random order, gⱼ being the original,
/// and Σ gᵢ is added to the parameters' `.grad`. Parameters that need no gradient, or that no loss depends on, are left
/// alone. Returns how many projections were made. Yu et al. 2020, "Gradient surgery for multi-task learning". Throws
/// before any `.grad` has changed: std::invalid_argument without losses or for an undefined parameter, ShapeError for a
/// loss of more than one element.
///
///     opt.zero_grad();   optim::pcgrad({loss_a, loss_b}, net.parameters());   opt.step();
std::int64_t pcgrad(const std::vector<Tensor>& losses, const std::vector<Tensor>& params,
                    const PcgradOptions& options = {});

}  // namespace descent::optim
