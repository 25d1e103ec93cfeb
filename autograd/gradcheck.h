// Compares the tape's gradients with finite differences.
#pragma once

#include <vector>

#include "list_function.h"

namespace descent::autograd {

/// The two gradients differ; the message says in which entry and by how much.
class GradCheckError : public Error {
  using Error::Error;
};

/// Options of gradcheck. A check passes where |analytic − numeric| <= atol + rtol·|numeric|.
struct GradCheckOptions {
  double eps = 1e-6;  ///< step of the difference
  double atol = 1e-5;
  double rtol = 1e-3;
  int stencil = 3;          ///< 3: central difference, error O(eps²); 5: O(eps⁴), best with eps = 2e-4
  bool allow_zero = false;  ///< accept a check in which all gradients, numeric and analytic, are zero
};

/// First order, every entry of the Jacobian folded with a fixed uneven cotangent. Inputs are float64 (DTypeError);
/// those that require grad are perturbed, all floating inputs when none does. Throws GradCheckError. True otherwise.
bool gradcheck_list(const TensorFunction& f, const std::vector<Tensor>& inputs, const GradCheckOptions& options = {});

/// Second order: the gradient, as a function of inputs and cotangent, is gradchecked.
bool gradgradcheck_list(const TensorFunction& f, const std::vector<Tensor>& inputs,
                        const GradCheckOptions& options = {});

/// gradcheck_list for a function that takes one `const Tensor&` an input (up to 6) and returns a Tensor or a
/// std::vector<Tensor>.
template <class F>
bool gradcheck(F f, const std::vector<Tensor>& inputs, const GradCheckOptions& options = {}) {
  return gradcheck_list(detail::as_list_function(std::move(f), "gradcheck"), inputs, options);
}

/// gradgradcheck_list, likewise.
template <class F>
bool gradgradcheck(F f, const std::vector<Tensor>& inputs, const GradCheckOptions& options = {}) {
  return gradgradcheck_list(detail::as_list_function(std::move(f), "gradgradcheck"), inputs, options);
}

}  // namespace descent::autograd
