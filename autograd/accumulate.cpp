#include "accumulate-inl.h"

#include "../kernels/elementwise.h"
#include "../kernels/index.h"
#include "fail-inl.h"
#include "ops.h"
#include "ops/sparse-inl.h"

namespace descent::autograd {

void fit_gradient(const OutputMeta& meta, Tensor& gradient, const char* from) {
  if (!descent::is_floating_point(gradient.dtype())) {
    fail<AutogradError>(from, "a gradient must be of a floating type, got {}", gradient.dtype());
  }
  if (gradient.shape() != meta.shape) {
    bool fits = gradient.shape().size() >= meta.shape.size();
    const std::size_t shift = fits ? gradient.shape().size() - meta.shape.size() : 0;
    for (std::size_t i = 0; fits && i < meta.shape.size(); ++i) {
      fits = meta.shape[i] == 1 || meta.shape[i] == gradient.shape()[i + shift];
    }
    if (!fits) {
      fail<AutogradError>(from, "a gradient of shape {} was returned for an input of shape {}", gradient.shape(),
                          meta.shape);
    }
    gradient = sum_to(gradient, meta.shape);
  }
  if (gradient.dtype() != meta.dtype) gradient = gradient.to(meta.dtype);
}

bool adds_in_place(const Tensor& sum, bool create_graph) {
  return !create_graph && sum.defined() && sum.impl()->sole_owner() && sum.impl()->contiguous &&
         !sum.impl()->requires_grad;
}

void add_into(Tensor& sum, const Tensor& gradient) {
  if (!gradient.is_sparse())
    kernels::binary(kernels::Binary::Add, view_of(sum), view_of(sum), view_of(gradient));
  else
    kernels::index_add(view_of(sum), view_of(gradient.impl()->rows->values), 0,
                       view_of(gradient.impl()->rows->indices));
  sum.impl()->storage->written();
}

Tensor sum_of(const Tensor& a, const Tensor& b) {
  if (a.is_sparse() && b.is_sparse()) return sparse_sum(a, b);
  if (!a.is_sparse() && !b.is_sparse()) return a + b;
  if (grad_enabled() && (a.requires_grad() || b.requires_grad())) refuse_sparse("backward with create_graph");
  Tensor sum = (a.is_sparse() ? b : a).clone();
  add_into(sum, a.is_sparse() ? a : b);
  return sum;
}

void accumulate(Tensor& sum, Tensor gradient, bool create_graph) {
  if (!sum.defined())
    sum = std::move(gradient);
  else if (adds_in_place(sum, create_graph))
    add_into(sum, gradient);
  else if (adds_in_place(gradient, create_graph))
    add_into(gradient, sum), sum = std::move(gradient);
  else
    sum = sum_of(sum, gradient);
}

Tensor own_gradient(const Tensor& gradient, bool create_graph) {
  if (gradient.is_sparse()) return gradient.impl()->unique() ? gradient : gradient.detach();
  if (create_graph) return gradient.clone();
  const bool own = gradient.impl()->sole_owner() && gradient.impl()->contiguous;
  return own ? gradient : gradient.detach().clone();
}

}  // namespace descent::autograd
