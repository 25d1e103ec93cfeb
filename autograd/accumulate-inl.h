// Sums of gradients, as the engine takes them: dense in place where nobody would notice, row-sparse by rows.
#pragma once

#include "node.h"

namespace descent::autograd {

/// Gives `gradient` the shape and dtype of what it belongs to; broadcasts are summed here, once for all ops. Throws
/// AutogradError naming `from` when the shape cannot belong to it.
void fit_gradient(const OutputMeta& meta, Tensor& gradient, const char* from);

/// True when `sum` may be added to in place: nobody else holds it, and no graph is recorded.
bool adds_in_place(const Tensor& sum, bool create_graph);
/// sum += gradient, where adds_in_place(sum). Does not throw.
void add_into(Tensor& sum, const Tensor& gradient);
/// a + b, of which any may be sparse.
Tensor sum_of(const Tensor& a, const Tensor& b);
/// sum = sum + gradient, in place where that is possible; an undefined sum is 0.
void accumulate(Tensor& sum, Tensor gradient, bool create_graph);
/// `gradient` as memory of its own that a leaf can keep as its `.grad`.
Tensor own_gradient(const Tensor& gradient, bool create_graph);

}  // namespace descent::autograd
