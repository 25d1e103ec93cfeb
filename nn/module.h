// Module: the base of layers and networks, a handle to parameters, buffers and child modules.
#pragma once

#include <concepts>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#include "../autograd/state_dict.h"
#include "../autograd/tensor.h"
#include "hooks.h"

namespace descent::nn {

/// Options of Module::register_buffer.
struct RegisterBufferOptions {
  bool persistent = true;  ///< part of state_dict
};

/// Options of Module::load_state_dict.
struct LoadStateDictOptions {
  bool strict = true;  ///< missing and unexpected entries are errors
};

/// What load_state_dict did not find, and did not know; both empty when strict.
struct LoadStateDictResult {
  std::vector<std::string> missing_keys;
  std::vector<std::string> unexpected_keys;
};

namespace detail {

/// A type's name, without namespaces.
std::string type_name(const std::type_info& type);
[[noreturn]] void refuse_type(const char* function, const std::string& which, const Module& module,
                              const std::type_info& asked);
/// Refuses to copy a part of a module: `Module& m = net[0]; register_module("a", m)` would lose what m is.
void check_whole(const char* function, const Module& module, const std::type_info& copied);

}  // namespace detail

/// A layer, a network, a loss. Like a Tensor it is a handle: copies share parameters, buffers, children and training
/// mode, and stay valid when the original goes away. Derive, register what it owns in member initialisers, override
/// forward:
///
///     struct Net : nn::Module {
///       nn::Linear head = register_module("head", nn::Linear(784, 10));
///       Tensor forward(const Tensor& x) override { return head(x.flatten(1)); }
///     };
///
/// What a function here lists comes in order of registration: a module's own tensors first, then its children's.
/// Pointers to modules are good while a handle to their parent lives.
class Module {
 public:
  Module();
  Module(const Module& other) noexcept = default;  // moving copies: the handle moved from stays valid
  Module& operator=(const Module& other) noexcept = default;
  virtual ~Module();

  /// Calls forward, between the hooks.
  Tensor operator()(const Tensor& x);
  /// What the module computes. Throws Error unless overridden; a module with other inputs declares its own forward.
  virtual Tensor forward(const Tensor& x);

  /// Adds a child and returns the handle to keep: `nn::Linear fc = register_module("fc", nn::Linear(3, 4));`.
  /// All register functions throw std::invalid_argument for a name that is empty, has a dot or is taken here, for a
  /// module that would contain itself, and for a reference to a base of what the module is (pass a shared_ptr then).
  template <std::derived_from<Module> M>
  M register_module(const std::string& name, const M& module) {
    detail::check_whole("register_module", module, typeid(M));
    add_child(name, std::shared_ptr<Module>(new M(module)));  // make_shared costs every layer's program more to compile
    return module;
  }
  template <std::derived_from<Module> M>
  std::shared_ptr<M> register_module(const std::string& name, std::shared_ptr<M> module) {
    add_child(name, module);
    return module;
  }
  /// The same under PyTorch's other name.
  template <class M>
  M add_module(const std::string& name, const M& module) {
    return register_module(name, module);
  }
  /// Puts another module in the place of a child. A member that keeps the old handle has to be assigned as well.
  /// Throws std::out_of_range when there is none of that name.
  template <std::derived_from<Module> M>
  M replace_module(const std::string& name, const M& module) {
    detail::check_whole("replace_module", module, typeid(M));
    replace_child(name, std::shared_ptr<Module>(new M(module)));
    return module;
  }
  /// Takes a child, parameter or buffer out and returns it. Throws std::out_of_range when there is none of that name.
  std::shared_ptr<Module> unregister_module(const std::string& name);
  Tensor unregister_parameter(const std::string& name);
  Tensor unregister_buffer(const std::string& name);
  /// Adds a parameter, makes it require grad and returns it. Tensor() is allowed: then there is none of that name.
  /// Throws AutogradError for the result of an op, DTypeError for an integer tensor that shall require grad.
  Tensor register_parameter(const std::string& name, Tensor parameter, bool requires_grad = true);
  /// Adds a tensor that is saved and converted with the module but not trained, and returns it. Tensor() is allowed.
  Tensor register_buffer(const std::string& name, Tensor buffer, const RegisterBufferOptions& options = {});

  /// All parameters, here and below; one registered twice comes once, under its first name.
  std::vector<Tensor> parameters() const;
  StateDict named_parameters() const;
  /// All buffers, likewise.
  std::vector<Tensor> buffers() const;
  StateDict named_buffers() const;
  /// The modules registered here, each once.
  std::vector<Module*> children() const;
  std::vector<std::pair<std::string, Module*>> named_children() const;
  /// This module (named "") and all below it, each once, parents first.
  std::vector<Module*> modules();
  std::vector<std::pair<std::string, Module*>> named_modules();
  /// What stands at a path such as "body.0.weight"; the module "" is this one. Throws std::out_of_range naming what is
  /// missing, and Error for a module of another type than asked for.
  Module& get_submodule(const std::string& path);
  template <std::derived_from<Module> M>
  M& get_submodule(const std::string& path) {
    Module& found = get_submodule(path);
    if (M* typed = dynamic_cast<M*>(&found)) return *typed;
    detail::refuse_type("get_submodule", "'" + path + "'", found, typeid(M));
  }
  Tensor get_parameter(const std::string& path);
  Tensor get_buffer(const std::string& path);
  /// Calls f for all below, children before their parents, and this module last.
  void apply(const std::function<void(Module&)>& f);

  /// Training mode, on at first, here and below: Dropout and batch norm look at it.
  void train(bool mode = true);
  void eval() { train(false); }
  bool is_training() const noexcept;
  /// Drops the gradients of all parameters.
  void zero_grad();
  /// Freezes (false) or thaws all parameters.
  void requires_grad_(bool requires_grad = true);
  /// Converts floating parameters, their gradients and floating buffers in place: every copy and member sees it.
  /// Throws DTypeError unless dtype is a floating type.
  void to(DType dtype);

  /// Parameters and persistent buffers by PyTorch's keys ("0.weight"), sharing memory with the module.
  StateDict state_dict() const;
  /// Copies the values in; floating types convert into each other. All or nothing: missing, unexpected, misshapen and
  /// mistyped entries are all named in one ShapeError, DTypeError or Error, and then nothing has changed.
  LoadStateDictResult load_state_dict(const StateDict& state, const LoadStateDictOptions& options = {});

  // Hooks belong to the module, not to the handle: they run when any copy is called, in order of registration, and stay
  // until `handle.remove()`; nn::ScopedHook removes its own. A hook may add and remove hooks, itself too: one removed
  // does not run any more, one added runs from the next call on. Hooks run in operator() alone, as in PyTorch, and in
  // those functions of other layers that say so. An exception passes through.

  /// f(Module&, x) before forward; what it returns, if anything, replaces x. The module is the very handle called, so
  /// that members can be bound anew: that is how weight_norm recomputes a weight.
  template <class F>
  HookHandle register_forward_pre_hook(F f) {
    return add_hook(detail::HookKind::ForwardPre, detail::as_hook("register_forward_pre_hook", std::move(f)));
  }
  /// f(Module&, x, y) after forward; what it returns, if anything, replaces y.
  template <class F>
  HookHandle register_forward_hook(F f) {
    return add_hook(detail::HookKind::Forward, detail::as_hook("register_forward_hook", std::move(f)));
  }
  /// f(Module&, grad_x, grad_y) once the gradient of the input x of a call is complete; what it returns, if anything,
  /// replaces grad_x and must have its shape and dtype. grad_x is undefined when x needs no gradient (then it cannot be
  /// replaced), grad_y when none came by y: another output was used, or the gradient is one of a gradient, which passes
  /// the hook at x as well. grad_y is off the tape, even with create_graph. The Module& is a handle of type Module that
  /// shares all but the type, as the one called may be gone. A call that is recorded while there is such a
  /// hook returns a view of y, which in-place ops refuse. A hook that owns a tensor of the graph keeps it alive.
  template <class F>
  HookHandle register_full_backward_hook(F f) {
    return add_hook(detail::HookKind::Backward, detail::as_hook("register_full_backward_hook", std::move(f)));
  }

  /// The type's name, without namespaces.
  virtual std::string name() const;
  /// Its options, as PyTorch prints them between the parentheses.
  virtual std::string extra_repr() const;
  /// Prints the tree of modules as PyTorch does.
  friend std::ostream& operator<<(std::ostream& out, const Module& module);

 protected:
  using Child = std::pair<std::string, std::shared_ptr<Module>>;

  std::size_t child_count() const noexcept;
  Module& child(std::size_t index) const;  ///< index < child_count()
  /// For containers: the children, each as often as registered.
  const std::vector<Child>& child_list() const noexcept;
  void add_child(const std::string& name, std::shared_ptr<Module> child);
  /// Replaces them all. Throws as register_module does, and then nothing has changed.
  void set_children(const char* function, std::vector<Child> children);

  /// For a module with another forward than forward(const Tensor&), in that function: f(x) between the hooks, which see
  /// x and of the result its Tensor, `first` or `data`:
  /// `return with_hooks(x, [&](const Tensor& input) { return compute(input, h); });`
  /// Not in forward(const Tensor&), where operator() has already run them.
  template <class F>
  auto with_hooks(const Tensor& x, F&& f) const {
    return with_hooks(x, std::forward<F>(f), [](auto& result) -> Tensor& { return detail::main_tensor(result); });
  }
  /// The same for any other result: `tensor(result)` is a reference to the tensor that hooks see and replace.
  template <class F, class Projection>
  auto with_hooks(const Tensor& x, F&& f, Projection&& tensor) const {
    if (!has_hooks()) return f(x);
    Tensor input = x;
    const std::shared_ptr<detail::HookedCall> call = begin_call(input);
    auto result = f(std::as_const(input));
    end_call(call, input, tensor(result));
    return result;
  }

 private:
  struct State;
  friend class EvalGuard;
  friend struct detail::HookedCall;

  void check_child(const char* function, const std::string& name, const std::shared_ptr<Module>& child) const;
  void replace_child(const std::string& name, std::shared_ptr<Module> child);
  Module& descend(const char* function, const std::string& path, std::string* last);
  HookHandle add_hook(detail::HookKind kind, detail::HookFunction function);
  bool has_hooks() const noexcept;
  std::shared_ptr<detail::HookedCall> begin_call(Tensor& x) const;
  void end_call(const std::shared_ptr<detail::HookedCall>& call, const Tensor& x, Tensor& y) const;
  void check_name(const char* function, const std::string& name) const;
  template <class F>
  void visit(const std::string& prefix, const F& f) const;
  std::string repr() const;

  std::shared_ptr<State> state_;
};

std::ostream& operator<<(std::ostream& out, const Module& module);

}  // namespace descent::nn
