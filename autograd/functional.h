// Derivatives of functions: Jacobians, Hessians, and their products with vectors.
//
// f takes one `const Tensor&` an input (up to 6), or the inputs as one `const std::vector<Tensor>&`, and returns a
// Tensor or a std::vector<Tensor>. Inputs are one tensor, `jacobian(f, x)`, or a list, `jacobian(f, {x, y})`; what
// comes back has the same form: a tensor for one, a vector for a list. (`{x}` counts as one tensor.)
//
// Inputs need not require grad. f sees them as new leaves on the same memory: nothing that it reaches in another way,
// such as the parameters of a layer, is differentiated, and no `.grad` is touched. Works under NoGradGuard.
//
// All throw Error (an undefined input or output), DTypeError (an input or v of another type than its partner, an
// integer input), ShapeError (v of another shape than its partner, f with more than one element where a scalar is
// wanted), std::invalid_argument (a list of the wrong length), AutogradError (strict).
#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include "list_function.h"

namespace descent::autograd {

/// Options of all functions below, as in torch.autograd.functional.
struct FunctionalOptions {
  bool create_graph = false;  ///< results are on the tape, also as functions of inputs and v that require grad
  bool strict = false;        ///< throw AutogradError where something is independent of an input, instead of zeros
};

/// The vectors of a product: one tensor or a list of them, `u` or `{u, v}`. Nothing at all stands for a 1, where the
/// partner has a single element.
class Vectors {
 public:
  Vectors() = default;
  Vectors(const Tensor& one) : list_{one} {}
  Vectors(std::initializer_list<Tensor> list) : list_(list) {}
  Vectors(std::vector<Tensor> list) : list_(std::move(list)) {}
  const std::vector<Tensor>& list() const noexcept { return list_; }

 private:
  std::vector<Tensor> list_;
};

namespace detail {

using TensorList = std::vector<Tensor>;
using TensorLists = std::vector<TensorList>;
using ValueAndProducts = std::pair<TensorList, TensorList>;

TensorLists jacobian(const TensorFunction& f, const TensorList& inputs, const FunctionalOptions& options);
TensorLists hessian(const TensorFunction& f, const TensorList& inputs, const FunctionalOptions& options);
ValueAndProducts vjp(const TensorFunction& f, const TensorList& inputs, const Vectors& v, const FunctionalOptions& o);
ValueAndProducts jvp(const TensorFunction& f, const TensorList& inputs, const Vectors& v, const FunctionalOptions& o);
/// `name`: vhp or hvp, for messages.
ValueAndProducts vhp(const char* name, const TensorFunction& f, const TensorList& inputs, const Vectors& v,
                     const FunctionalOptions& o);

template <class F>
TensorFunction wrap(F& f, const char* name) {
  return as_list_function(std::ref(f), name);
}

/// A list in the form R: the list itself, or its only tensor.
template <class R>
R shaped_as(TensorList&& list) {
  if constexpr (std::is_same_v<R, Tensor>)
    return std::move(list.front());
  else
    return std::move(list);
}

}  // namespace detail

/// The Jacobian J of f at x, J[i…, j…] = ∂f[i…]/∂x[j…], of shape [*f(x).shape, *x.shape] and x's dtype. One backward
/// pass an element of f(x). A vector, one Jacobian for each output, when f returns a vector.
template <class F>
detail::ResultOf<F> jacobian(F&& f, const Tensor& x, const FunctionalOptions& options = {}) {
  detail::TensorLists all = detail::jacobian(detail::wrap(f, "jacobian"), {x}, options);
  detail::TensorList column;
  for (auto& row : all) column.push_back(std::move(row.front()));
  return detail::shaped_as<detail::ResultOf<F>>(std::move(column));
}

/// One Jacobian for each input. When f returns a vector: result[k][i] for output k and input i.
template <class F>
auto jacobian(F&& f, const std::vector<Tensor>& inputs, const FunctionalOptions& options = {}) {
  detail::TensorLists all = detail::jacobian(detail::wrap(f, "jacobian"), inputs, options);
  if constexpr (std::is_same_v<detail::ResultOf<F>, Tensor>)
    return std::vector<Tensor>(std::move(all.front()));
  else
    return all;
}

/// The Hessian H of a scalar f (one element, of any shape) at x, H[i…, j…] = ∂²f/∂x[i…]∂x[j…], of shape
/// [*x.shape, *x.shape]. One backward pass an element of x.
template <class F>
Tensor hessian(F&& f, const Tensor& x, const FunctionalOptions& options = {}) {
  return std::move(detail::hessian(detail::wrap(f, "hessian"), {x}, options).front().front());
}

/// result[i][j] = ∂²f/∂xᵢ∂xⱼ, of shape [*xᵢ.shape, *xⱼ.shape].
template <class F>
std::vector<std::vector<Tensor>> hessian(F&& f, const std::vector<Tensor>& inputs,
                                         const FunctionalOptions& options = {}) {
  return detail::hessian(detail::wrap(f, "hessian"), inputs, options);
}

/// f(x) and vᵀJ, `auto [value, product] = vjp(f, x, v)`: v is like f's output (a list for a vector; may be left out
/// where f is scalar), the product like x. One backward pass.
template <class F>
std::pair<detail::ResultOf<F>, Tensor> vjp(F&& f, const Tensor& x, const Vectors& v = {},
                                           const FunctionalOptions& options = {}) {
  auto [value, products] = detail::vjp(detail::wrap(f, "vjp"), {x}, v, options);
  return {detail::shaped_as<detail::ResultOf<F>>(std::move(value)), std::move(products.front())};
}

/// f(x, y, …) and one product for each input: `auto [value, products] = vjp(f, {x, y}, {u, v})`.
template <class F>
std::pair<detail::ResultOf<F>, std::vector<Tensor>> vjp(F&& f, const std::vector<Tensor>& inputs, const Vectors& v = {},
                                                        const FunctionalOptions& options = {}) {
  auto [value, products] = detail::vjp(detail::wrap(f, "vjp"), inputs, v, options);
  return {detail::shaped_as<detail::ResultOf<F>>(std::move(value)), std::move(products)};
}

/// The same without v, for a scalar f.
template <class F>
auto vjp(F&& f, const Tensor& x, const FunctionalOptions& options) {
  return vjp(f, x, Vectors(), options);
}
template <class F>
auto vjp(F&& f, const std::vector<Tensor>& inputs, const FunctionalOptions& options) {
  return vjp(f, inputs, Vectors(), options);
}

/// f(x) and Jv: v is like x (may be left out where x has one element), the product like f's output, a vector when f
/// returns one. Computed by the double-backward trick: vᵀJ is linear in v, and its derivative is J.
template <class F>
std::pair<detail::ResultOf<F>, detail::ResultOf<F>> jvp(F&& f, const Tensor& x, const Vectors& v = {},
                                                        const FunctionalOptions& options = {}) {
  return jvp(f, std::vector<Tensor>{x}, v, options);
}

/// f(x, y, …) and Σᵢ Jᵢvᵢ, with one vector for each input: `auto [value, product] = jvp(f, {x, y}, {u, v})`.
template <class F>
std::pair<detail::ResultOf<F>, detail::ResultOf<F>> jvp(F&& f, const std::vector<Tensor>& inputs, const Vectors& v = {},
                                                        const FunctionalOptions& options = {}) {
  auto [value, products] = detail::jvp(detail::wrap(f, "jvp"), inputs, v, options);
  return {detail::shaped_as<detail::ResultOf<F>>(std::move(value)),
          detail::shaped_as<detail::ResultOf<F>>(std::move(products))};
}

/// f(x) of a scalar f, and vᵀH with its Hessian H; v and the product are like x. Two backward passes.
template <class F>
std::pair<Tensor, Tensor> vhp(F&& f, const Tensor& x, const Vectors& v = {}, const FunctionalOptions& options = {}) {
  auto [value, products] = detail::vhp("vhp", detail::wrap(f, "vhp"), {x}, v, options);
  return {std::move(value.front()), std::move(products.front())};
}

/// f(x, y, …) and one product for each input, from one vector for each.
template <class F>
std::pair<Tensor, std::vector<Tensor>> vhp(F&& f, const std::vector<Tensor>& inputs, const Vectors& v = {},
                                           const FunctionalOptions& options = {}) {
  auto [value, products] = detail::vhp("vhp", detail::wrap(f, "vhp"), inputs, v, options);
  return {std::move(value.front()), std::move(products)};
}

/// f(x) of a scalar f, and Hv: as vhp, because H is symmetric wherever the second derivatives are continuous.
template <class F>
std::pair<Tensor, Tensor> hvp(F&& f, const Tensor& x, const Vectors& v = {}, const FunctionalOptions& options = {}) {
  auto [value, products] = detail::vhp("hvp", detail::wrap(f, "hvp"), {x}, v, options);
  return {std::move(value.front()), std::move(products.front())};
}

/// f(x, y, …) and one product for each input, from one vector for each.
template <class F>
std::pair<Tensor, std::vector<Tensor>> hvp(F&& f, const std::vector<Tensor>& inputs, const Vectors& v = {},
                                           const FunctionalOptions& options = {}) {
  auto [value, products] = detail::vhp("hvp", detail::wrap(f, "hvp"), inputs, v, options);
  return {std::move(value.front()), std::move(products)};
}

}  // namespace descent::autograd
