// Compares the tape's gradients with finite differences.
#pragma once

#include <functional>
#include <type_traits>
#include <vector>

#include "tensor.h"

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

using TensorFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

/// First order, every entry of the Jacobian folded with a fixed uneven cotangent. Inputs are float64 (DTypeError);
/// those that require grad are perturbed, all floating inputs when none does. Throws GradCheckError. True otherwise.
bool gradcheck_list(const TensorFunction& f, const std::vector<Tensor>& inputs, const GradCheckOptions& options = {});

/// Second order: the gradient, as a function of inputs and cotangent, is gradchecked.
bool gradgradcheck_list(const TensorFunction& f, const std::vector<Tensor>& inputs,
                        const GradCheckOptions& options = {});

namespace detail {

/// Wraps f, which takes one const Tensor& an input (or the whole vector) and returns a Tensor, a pair, or a vector.
template <class F>
TensorFunction as_list_function(F f, std::size_t count);

}  // namespace detail

/// gradcheck_list for a function that takes one `const Tensor&` an input (up to 6) and returns a Tensor or a
/// std::vector<Tensor>.
template <class F>
bool gradcheck(F f, const std::vector<Tensor>& inputs, const GradCheckOptions& options = {}) {
  return gradcheck_list(detail::as_list_function(std::move(f), inputs.size()), inputs, options);
}

/// gradgradcheck_list, likewise.
template <class F>
bool gradgradcheck(F f, const std::vector<Tensor>& inputs, const GradCheckOptions& options = {}) {
  return gradgradcheck_list(detail::as_list_function(std::move(f), inputs.size()), inputs, options);
}

namespace detail {

template <class Result>
std::vector<Tensor> as_list(Result&& result) {
  if constexpr (std::is_same_v<std::decay_t<Result>, std::vector<Tensor>>)
    return std::forward<Result>(result);
  else
    return {Tensor(std::forward<Result>(result))};
}

[[noreturn]] void wrong_arity(std::size_t count);

template <class F, std::size_t N>
bool call_if_arity(F& f, const std::vector<Tensor>& in, std::vector<Tensor>& out) {
  if (in.size() != N) return false;
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    if constexpr (std::is_invocable_v<F&, decltype((void(I), std::declval<const Tensor&>()))...>) {
      out = as_list(f(in[I]...));
      return true;
    } else {
      return false;
    }
  }
  (std::make_index_sequence<N>{});
}

template <class F>
TensorFunction as_list_function(F f, std::size_t) {
  return [f = std::move(f)](const std::vector<Tensor>& in) mutable -> std::vector<Tensor> {
    if constexpr (std::is_invocable_v<F&, const std::vector<Tensor>&>) {
      return as_list(f(in));
    } else {
      std::vector<Tensor> out;
      const bool called = call_if_arity<F, 1>(f, in, out) || call_if_arity<F, 2>(f, in, out) ||
                          call_if_arity<F, 3>(f, in, out) || call_if_arity<F, 4>(f, in, out) ||
                          call_if_arity<F, 5>(f, in, out) || call_if_arity<F, 6>(f, in, out);
      if (!called) wrong_arity(in.size());
      return out;
    }
  };
}

}  // namespace detail
}  // namespace descent::autograd
