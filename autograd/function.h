// A user's own op: forward and backward as two static functions.
#pragma once

#include <any>
#include <string>
#include <typeinfo>

#include "tensor.h"

namespace descent::autograd {

class Context;
struct OpInfo;

namespace detail {

using FunctionForward = std::function<std::vector<Tensor>(Context&)>;
using FunctionBackward = std::function<std::vector<Tensor>(Context&, const std::vector<Tensor>&)>;

/// One object for each Function of the process, named after its type.
const OpInfo& function_info(const std::type_info& type);

/// Runs `forward` off the tape and records one node for it. `slots` has one entry an argument of forward: the number
/// of tensors in it, -1 for anything else.
std::vector<Tensor> run_function(const OpInfo& info, const std::vector<Tensor>& inputs, const std::vector<int>& slots,
                                 const FunctionForward& forward, FunctionBackward backward);

struct FunctionNode;

}  // namespace detail

/// What forward hands to backward.
class Context {
 public:
  /// Keeps tensors for backward: inputs, outputs, or others computed in forward. When one of them has been changed in
  /// place until then, saved_tensors() throws AutogradError.
  void save_for_backward(const std::vector<Tensor>& tensors);
  /// These tensors in the same order. Inputs and outputs are on the tape again when backward itself is recorded, so
  /// that the gradient has a gradient. Throws AutogradError when they have been freed by a backward without
  /// `.retain_graph`.
  std::vector<Tensor> saved_tensors() const;
  /// Whether tensor i of forward's arguments needs a gradient; where not, backward may return Tensor() for it.
  bool needs_input_grad(int i) const;
  /// In forward: outputs that have no gradient.
  void mark_non_differentiable(const std::vector<Tensor>& outputs);
  /// Anything else that backward reads: `ctx.data = 2.0;` … `std::any_cast<double>(ctx.data)`.
  std::any data;

 private:
  friend struct detail::FunctionNode;
  friend std::vector<Tensor> detail::run_function(const OpInfo&, const std::vector<Tensor>&, const std::vector<int>&,
                                                  const detail::FunctionForward&, detail::FunctionBackward);
  std::vector<Tensor> saved_, constant_;
  std::vector<bool> needs_;                     // a gradient, for each input
  const detail::FunctionNode* node_ = nullptr;  // once it is recorded
};

namespace detail {

/// The tensors among the arguments, and one slot for each argument.
struct FunctionArguments {
  std::vector<Tensor> tensors;
  std::vector<int> slots;
  void add(const Tensor& t);
  void add(const std::vector<Tensor>& list);
  void add_other();
  template <class T>
  void add(const T&) {
    add_other();
  }
};

std::vector<Tensor> list_of_results(Tensor t);
std::vector<Tensor> list_of_results(std::vector<Tensor> list);

}  // namespace detail

/// Base of a user's op:
///
///     struct Cube : autograd::Function<Cube> {
///       static Tensor forward(autograd::Context& ctx, const Tensor& x) {
///         ctx.save_for_backward({x});
///         return x * x * x;
///       }
///       static std::vector<Tensor> backward(autograd::Context& ctx, const Tensor& grad) {
///         auto x = ctx.saved_tensors()[0];
///         return {grad * 3.0 * x * x};
///       }
///     };
///     Tensor y = Cube::apply(x);
///
/// forward takes tensors, lists of tensors and anything else, and returns a Tensor or a std::vector<Tensor>; it is not
/// recorded. backward takes the gradient of the output (or a `const std::vector<Tensor>&` of all, zeros for one that
/// was not used) and returns one gradient per tensor of forward's arguments; arguments that are no tensors may have
/// their place as Tensor(), as in PyTorch. Written in ops, it is itself differentiable. A gradient of the wrong number
/// or shape throws AutogradError in backward.
template <class Derived>
class Function {
 public:
  template <class... Args>
  static auto apply(const Args&... args) {
    using Result = decltype(Derived::forward(std::declval<Context&>(), args...));
    detail::FunctionArguments arguments;
    (arguments.add(args), ...);
    static const OpInfo& info = detail::function_info(typeid(Derived));
    std::vector<Tensor> outputs = detail::run_function(
        info, arguments.tensors, arguments.slots,
        [&](Context& ctx) { return detail::list_of_results(Derived::forward(ctx, args...)); },
        [](Context& ctx, const std::vector<Tensor>& grads) {
          if constexpr (requires { Derived::backward(ctx, grads); })
            return detail::list_of_results(Derived::backward(ctx, grads));
          else
            return detail::list_of_results(Derived::backward(ctx, grads[0]));
        });
    if constexpr (std::is_same_v<Result, Tensor>)
      return outputs[0];
    else
      return outputs;
  }
};

}  // namespace descent::autograd
