// What the walk checks of a row. Each function reports through Boost.Test.
#pragma once

#include "row.h"

namespace descent::testing {

/// float32 agrees with float64; the output's type follows the inputs'.
void check_forward(const Row& row);
/// The tape's gradient agrees with finite differences (5-point stencil) to 1e-9.
void check_first_order(const Row& row);
/// The gradient's gradient does, to 1e-8.
void check_second_order(const Row& row);
/// Asking for some of the gradients gives the same bits as asking for all.
void check_needs(const Row& row);
/// The output never requires grad.
void check_no_gradient(const Row& row);
/// Permuted, sliced and expanded inputs give the bits of contiguous ones, forward and backward.
void check_layouts(const Row& row);
/// Zero-size and 0-dim inputs are among the samples, and their gradients have the inputs' shapes.
void check_edges(const Row& row);
/// Forward and backward leave the inputs' bits alone.
void check_unchanged(const Row& row);
/// Bad inputs throw the right type with the right words, leave operands alone and nothing behind.
void check_refusals(const Row& row);
/// 1, 2, 3 and 4 threads give the same bits, forward and backward.
void check_threads(const Row& row);

/// The inputs of a sample; those with a gradient require grad.
List inputs_of(const Sample& sample);
/// Outputs, then the gradients of the inputs that require grad for a fixed cotangent (undefined where there is none).
List forward_and_backward(const Sample& sample, const List& inputs);

}  // namespace descent::testing
