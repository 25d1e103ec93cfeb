// Functions of several tensors in one form: what gradcheck, jacobian and their kin take as f.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tensor.h"

namespace descent::autograd {

/// From all inputs to all outputs.
using TensorFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

namespace detail {

template <class F, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return std::is_invocable_v<F&, decltype((void(I), std::declval<const Tensor&>()))...>;
}
/// True when F can be called with N tensors.
template <class F, std::size_t N>
constexpr bool takes_v = takes<F>(std::make_index_sequence<N>{});

/// The fewest tensors that F can be called with; 0 when it takes them as one vector.
template <class F, std::size_t N = 1>
constexpr std::size_t arity() {
  if constexpr (takes_v<F, N>) {
    return N;
  } else if constexpr (N < 6) {
    return arity<F, N + 1>();
  } else {
    static_assert(std::is_invocable_v<F&, const std::vector<Tensor>&>,
                  "the function must take one const Tensor& an input (up to 6), or one const std::vector<Tensor>&");
    return 0;
  }
}

template <class F, std::size_t... I>
auto call(F& f, const std::vector<Tensor>& in, std::index_sequence<I...>) -> decltype(auto) {
  if constexpr (sizeof...(I) == 0)
    return f(in);
  else
    return f(in[I]...);
}

/// What F returns: Tensor or std::vector<Tensor>.
template <class F>
using ResultOf = std::conditional_t<
    std::is_same_v<std::decay_t<decltype(call(std::declval<F&>(), std::declval<const std::vector<Tensor>&>(),
                                              std::make_index_sequence<arity<F>()>{}))>,
                   std::vector<Tensor>>,
    std::vector<Tensor>, Tensor>;

template <class Result>
std::vector<Tensor> as_list(Result&& result) {
  if constexpr (std::is_same_v<std::decay_t<Result>, std::vector<Tensor>>)
    return std::forward<Result>(result);
  else
    return {Tensor(std::forward<Result>(result))};
}

template <class F, std::size_t N>
bool call_if_arity(F& f, const std::vector<Tensor>& in, std::vector<Tensor>& out) {
  if constexpr (takes_v<F, N>) {
    if (in.size() != N) return false;
    out = as_list(call(f, in, std::make_index_sequence<N>{}));
    return true;
  } else {
    return false;
  }
}

[[noreturn]] inline void wrong_arity(const char* function, std::size_t count) {
  throw std::invalid_argument(std::string(function) + ": the function cannot be called with " + std::to_string(count) +
                              " tensors, as many as there are inputs");
}

/// Wraps f, which takes one const Tensor& an input (up to 6) or the whole vector, and returns a Tensor or a vector.
/// `function` is named when f cannot be called with as many tensors as come.
template <class F>
TensorFunction as_list_function(F f, const char* function) {
  return [f = std::move(f), function](const std::vector<Tensor>& in) mutable -> std::vector<Tensor> {
    if constexpr (arity<F>() == 0) {
      static_cast<void>(function);
      return as_list(f(in));
    } else {
      std::vector<Tensor> out;
      const bool called = call_if_arity<F, 1>(f, in, out) || call_if_arity<F, 2>(f, in, out) ||
                          call_if_arity<F, 3>(f, in, out) || call_if_arity<F, 4>(f, in, out) ||
                          call_if_arity<F, 5>(f, in, out) || call_if_arity<F, 6>(f, in, out);
      if (!called) wrong_arity(function, in.size());
      return out;
    }
  };
}

}  // namespace detail
}  // namespace descent::autograd
