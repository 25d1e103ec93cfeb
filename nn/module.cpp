#include "module.h"

#include <ostream>
#include <unordered_set>

#include "../autograd/demangle-inl.h"
#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "module_state-inl.h"

namespace descent::nn {

Module::Module() : state_(std::make_shared<State>()) {}
Module::~Module() = default;

Tensor Module::operator()(const Tensor& x) {
  if (!has_hooks()) return forward(x);
  return with_hooks(x, [this](const Tensor& input) { return forward(input); });
}

Tensor Module::forward(const Tensor&) { fail<Error>("forward", "{} does not override forward(const Tensor&)", name()); }

// ---- Registration ---------------------------------------------------------------------------------------------------

void Module::check_name(const char* function, const std::string& name) const {
  const auto refuse = [&](const char* why) {
    throw std::invalid_argument(fmt::format("{}: the name '{}' {}", function, name, why));
  };
  if (name.empty()) refuse("is empty");
  if (name.find('.') != std::string::npos) refuse("has a dot, which separates the levels of a key");
  for (const auto& entry : state_->parameters) {
    if (entry.name == name) refuse("is taken by a parameter");
  }
  for (const auto& entry : state_->buffers) {
    if (entry.name == name) refuse("is taken by a buffer");
  }
  for (const auto& [taken, child] : state_->children) {
    if (taken == name) refuse("is taken by a module");
  }
}

Tensor Module::register_parameter(const std::string& name, Tensor parameter, bool requires_grad) {
  check_name("register_parameter", name);
  if (parameter.defined()) {
    if (!parameter.is_leaf()) {
      fail<AutogradError>("register_parameter", "'{}' must be a leaf, got the result of an op: detach() it", name);
    }
    if (requires_grad && !parameter.is_floating_point()) {
      fail<DTypeError>("register_parameter", "'{}' must be floating to require grad, got {}", name, parameter.dtype());
    }
  }
  state_->parameters.push_back({name, parameter});
  if (parameter.defined()) parameter.requires_grad_(requires_grad);
  return parameter;
}

Tensor Module::register_buffer(const std::string& name, Tensor buffer, const RegisterBufferOptions& options) {
  check_name("register_buffer", name);
  state_->buffers.push_back({name, buffer, options.persistent});
  return buffer;
}

// ---- Walking the tree -----------------------------------------------------------------------------------------------

/// Calls f(prefix, module) for this module and all below it, parents first, each as often as it is registered.
template <class F>
void Module::visit(const std::string& prefix, const F& f) const {
  f(prefix, *this);
  for (const auto& [name, child] : state_->children) child->visit(prefix + name + ".", f);
}

StateDict Module::named_parameters() const {
  StateDict found;
  std::unordered_set<const TensorImpl*> seen;
  visit("", [&](const std::string& prefix, const Module& module) {
    for (const auto& [name, tensor, persistent] : module.state_->parameters) {
      if (tensor.defined() && seen.insert(tensor.impl()).second) found[prefix + name] = tensor;
    }
  });
  return found;
}

StateDict Module::named_buffers() const {
  StateDict found;
  std::unordered_set<const TensorImpl*> seen;
  visit("", [&](const std::string& prefix, const Module& module) {
    for (const auto& [name, tensor, persistent] : module.state_->buffers) {
      if (tensor.defined() && seen.insert(tensor.impl()).second) found[prefix + name] = tensor;
    }
  });
  return found;
}

namespace {

std::vector<Tensor> without_names(const StateDict& named) {
  std::vector<Tensor> tensors;
  tensors.reserve(named.size());
  for (const auto& [name, tensor] : named) tensors.push_back(tensor);
  return tensors;
}

std::vector<Module*> without_names(const std::vector<std::pair<std::string, Module*>>& named) {
  std::vector<Module*> modules;
  modules.reserve(named.size());
  for (const auto& [name, module] : named) modules.push_back(module);
  return modules;
}

}  // namespace

std::vector<Tensor> Module::parameters() const { return without_names(named_parameters()); }
std::vector<Tensor> Module::buffers() const { return without_names(named_buffers()); }

std::vector<std::pair<std::string, Module*>> Module::named_children() const {
  std::vector<std::pair<std::string, Module*>> found;
  std::unordered_set<const State*> seen;
  for (const auto& [name, child] : state_->children) {
    if (seen.insert(child->state_.get()).second) found.emplace_back(name, child.get());
  }
  return found;
}

std::vector<std::pair<std::string, Module*>> Module::named_modules() {
  std::vector<std::pair<std::string, Module*>> found = {{"", this}};
  std::unordered_set<const State*> seen = {state_.get()};
  const std::function<void(const std::string&, const Module&)> descend = [&](const std::string& prefix,
                                                                             const Module& parent) {
    for (const auto& [name, child] : parent.state_->children) {
      if (!seen.insert(child->state_.get()).second) continue;
      found.emplace_back(prefix + name, child.get());
      descend(prefix + name + ".", *child);
    }
  };
  descend("", *this);
  return found;
}

std::vector<Module*> Module::children() const { return without_names(named_children()); }
std::vector<Module*> Module::modules() { return without_names(named_modules()); }

void Module::apply(const std::function<void(Module&)>& f) {
  for (Module* child : children()) child->apply(f);
  f(*this);
}

// ---- Modes and types ------------------------------------------------------------------------------------------------

void Module::train(bool mode) {
  state_->training = mode;
  for (const auto& [name, child] : state_->children) child->train(mode);
}

bool Module::is_training() const noexcept { return state_->training; }

void Module::zero_grad() {
  for (auto& entry : state_->parameters) {
    if (entry.tensor.defined()) entry.tensor.zero_grad();
  }
  for (const auto& [name, child] : state_->children) child->zero_grad();
}

void Module::requires_grad_(bool requires_grad) {
  for (Tensor& parameter : parameters()) {
    if (parameter.is_floating_point()) parameter.requires_grad_(requires_grad);
  }
}

void Module::to(DType dtype) {
  if (!descent::is_floating_point(dtype)) fail<DTypeError>("Module::to", "needs a floating dtype, got {}", dtype);
  struct Change {
    Tensor tensor, data, grad;
  };
  const NoGradGuard no_grad;
  std::vector<Change> changes;  // all conversions first: what can fail leaves the module as it was
  std::vector<Tensor> tensors = parameters();
  for (const Tensor& buffer : buffers()) tensors.push_back(buffer);
  for (const Tensor& tensor : tensors) {
    if (!tensor.is_floating_point() || tensor.dtype() == dtype) continue;
    const Tensor& grad = tensor.grad();
    changes.push_back({tensor, tensor.detach().to(dtype), grad.defined() ? grad.detach().to(dtype) : Tensor()});
  }
  for (auto& [tensor, data, grad] : changes) {
    if (grad.defined()) tensor.set_grad(Tensor());
    tensor.set_data(data);
    if (grad.defined()) tensor.set_grad(grad);
  }
}

// ---- State ----------------------------------------------------------------------------------------------------------

StateDict Module::state_dict() const {
  StateDict state;
  visit("", [&](const std::string& prefix, const Module& module) {
    for (const auto* tensors : {&module.state_->parameters, &module.state_->buffers}) {
      for (const auto& [name, tensor, persistent] : *tensors) {
        if (tensor.defined() && persistent) state[prefix + name] = tensor.detach();
      }
    }
  });
  return state;
}

LoadStateDictResult Module::load_state_dict(const StateDict& state, const LoadStateDictOptions& options) {
  const NoGradGuard no_grad;
  StateDict own = state_dict();
  LoadStateDictResult result;
  std::string misshapen, mistyped;
  std::vector<std::pair<Tensor, Tensor>> staged;  // copies, since the state may share memory with this very module
  for (auto& [name, tensor] : own) {
    if (!state.contains(name)) {
      result.missing_keys.push_back(name);
      continue;
    }
    const Tensor& source = state.at(name);
    if (!source.defined()) {
      misshapen += fmt::format("; '{}' is undefined, needs shape {}", name, tensor.shape());
    } else if (source.shape() != tensor.shape()) {
      misshapen += fmt::format("; '{}' has shape {}, needs {}", name, source.shape(), tensor.shape());
    } else if (source.dtype() == tensor.dtype()) {
      staged.emplace_back(tensor, source.detach().clone());
    } else if (source.is_floating_point() && tensor.is_floating_point()) {
      staged.emplace_back(tensor, source.detach().to(tensor.dtype()));
    } else {
      mistyped += fmt::format("; '{}' has dtype {}, needs {}", name, source.dtype(), tensor.dtype());
    }
  }
  for (const auto& [name, tensor] : state) {
    if (!own.contains(name)) result.unexpected_keys.push_back(name);
  }

  std::string problems;
  if (options.strict) {
    for (const std::string& name : result.missing_keys) problems += fmt::format("; '{}' is missing", name);
    for (const std::string& name : result.unexpected_keys) problems += fmt::format("; '{}' is unexpected", name);
  }
  problems += misshapen + mistyped;
  if (!problems.empty()) {
    problems = fmt::format("load_state_dict: {}: {}", this->name(), problems.substr(2));
    if (!misshapen.empty()) throw ShapeError(problems);
    if (!mistyped.empty()) throw DTypeError(problems);
    throw Error(problems);
  }
  for (auto& [tensor, source] : staged) tensor.copy_(source);
  return result;
}

// ---- Printing -------------------------------------------------------------------------------------------------------

std::string detail::type_name(const std::type_info& type) { return autograd::short_type_name(type); }

std::string Module::name() const { return detail::type_name(typeid(*this)); }

std::string Module::extra_repr() const { return ""; }

namespace {

std::string indented(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

}  // namespace

std::string Module::repr() const {
  const std::string extra = extra_repr();
  if (state_->children.empty() && extra.find('\n') == std::string::npos) return name() + "(" + extra + ")";
  std::string text = name() + "(\n  ";
  if (!extra.empty()) text += indented(extra) + "\n  ";
  for (const auto& [key, child] : state_->children) text += "(" + key + "): " + indented(child->repr()) + "\n  ";
  text.resize(text.size() - 2);
  return text + ")";
}

std::ostream& operator<<(std::ostream& out, const Module& module) { return out << module.repr(); }

}  // namespace descent::nn
