// Hooks of modules: functions that run before and after forward, and when gradients have come back through a module.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "../autograd/tensor.h"

namespace descent::nn {

class Module;

/// Removes its hook when the scope ends: `nn::ScopedHook hook = net.fc.register_forward_hook(f);`. Takes the handle of
/// any hook, a tensor's too.
class [[nodiscard]] ScopedHook {
 public:
  ScopedHook() = default;
  ScopedHook(HookHandle handle) : handle_(std::move(handle)) {}
  ScopedHook(ScopedHook&& other) : handle_(std::exchange(other.handle_, HookHandle())) {}
  ScopedHook& operator=(ScopedHook&& other) {
    std::swap(handle_, other.handle_);
    if (this != &other) other.remove();
    return *this;
  }
  ~ScopedHook() { handle_.remove(); }
  /// Removes it now.
  void remove() { handle_.remove(); }

 private:
  HookHandle handle_;
};

namespace detail {

enum class HookKind { ForwardPre, Forward, Backward };

/// All kinds in one form: (module, x, undefined), (module, x, y), (module, grad_input, grad_output). What is returned
/// and defined replaces x, y, grad_input.
using HookFunction = std::function<Tensor(Module&, const Tensor&, const Tensor&)>;

template <class F>
bool is_empty(const F&) {
  return false;
}
template <class R, class... Args>
bool is_empty(R (*f)(Args...)) {
  return f == nullptr;
}
template <class R, class... Args>
bool is_empty(const std::function<R(Args...)>& f) {
  return !f;
}

/// A function that returns a Tensor or nothing, of (module, x) or of (module, a, b).
template <class F>
HookFunction as_hook(const char* function, F f) {
  if (is_empty(f)) throw std::invalid_argument(std::string(function) + ": the hook is an empty function");
  return [f = std::move(f)](Module& module, const Tensor& a, const Tensor& b) mutable -> Tensor {
    const auto call = [&](const auto&... tensors) -> Tensor {
      if constexpr (std::is_void_v<std::invoke_result_t<F&, Module&, decltype(tensors)...>>)
        return f(module, tensors...), Tensor();
      else
        return f(module, tensors...);
    };
    if constexpr (std::is_invocable_v<F&, Module&, const Tensor&, const Tensor&>)
      return call(a, b);
    else
      return call(a);
  };
}

/// One call of a module that has hooks.
struct HookedCall;

/// The tensor of a result that hooks see: itself, the first of a pair or tuple, the data of a PackedSequence.
inline Tensor& main_tensor(Tensor& y) { return y; }
template <class Result>
Tensor& main_tensor(Result& result) {
  if constexpr (requires { static_cast<Tensor&>(result.data); })
    return result.data;
  else if constexpr (requires { main_tensor(result.first); })
    return main_tensor(result.first);
  else
    return main_tensor(std::get<0>(result));
}

}  // namespace detail

}  // namespace descent::nn
