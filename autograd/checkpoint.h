// Checkpoints: memory for time.
#pragma once

#include "list_function.h"

namespace descent::autograd {

/// checkpoint for a function of a list.
std::vector<Tensor> checkpoint_list(const TensorFunction& f, const std::vector<Tensor>& inputs);

/// f(inputs…) whose intermediate results are not kept for backward but computed again there, with the random numbers
/// of the first time (Chen et al., "Training deep nets with sublinear memory cost", 2016). f takes one `const Tensor&`
/// an input (up to 6) or the whole vector; parameters that it captures get their gradients too. It returns what f does,
/// a Tensor or a std::vector<Tensor>, and must compute the same each time: AutogradError when it changes an input in
/// place, or when the second result has another shape. Inside f, derivatives are taken with vjp, jacobian, hvp and
/// their kin; grad and backward find nothing kept there. f is kept as long as the graph, so what it refers to must live
/// until backward.
template <class F>
detail::ResultOf<F> checkpoint(F f, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> outputs = checkpoint_list(detail::as_list_function(std::move(f), "checkpoint"), inputs);
  if constexpr (std::is_same_v<detail::ResultOf<F>, Tensor>)
    return outputs[0];
  else
    return outputs;
}

}  // namespace descent::autograd
