// Module: the base of layers and networks, a handle to parameters, buffers and child modules.
#pragma once

#include <concepts>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../autograd/state_dict.h"
#include "../autograd/tensor.h"

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

  /// Calls forward.
  Tensor operator()(const Tensor& x);
  /// What the module computes. Throws Error unless overridden; a module with other inputs declares its own forward.
  virtual Tensor forward(const Tensor& x);

  /// Adds a child and returns the handle to keep: `nn::Linear fc = register_module("fc", nn::Linear(3, 4));`.
  /// All register functions throw std::invalid_argument for a name that is empty, has a dot or is taken here, and for
  /// a module that would contain itself.
  template <std::derived_from<Module> M>
  M register_module(const std::string& name, M module) {
    add_child(name, std::shared_ptr<Module>(new M(module)));  // make_shared costs every layer's program more to compile
    return module;
  }
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

  /// The type's name, without namespaces.
  virtual std::string name() const;
  /// Its options, as PyTorch prints them between the parentheses.
  virtual std::string extra_repr() const;
  /// Prints the tree of modules as PyTorch does.
  friend std::ostream& operator<<(std::ostream& out, const Module& module);

 protected:
  std::size_t child_count() const noexcept;
  Module& child(std::size_t index) const;  ///< index < child_count()

 private:
  struct State;

  void add_child(const std::string& name, std::shared_ptr<Module> child);
  void check_name(const char* function, const std::string& name) const;
  template <class F>
  void visit(const std::string& prefix, const F& f) const;
  std::string repr() const;

  std::shared_ptr<State> state_;
};

std::ostream& operator<<(std::ostream& out, const Module& module);

}  // namespace descent::nn
