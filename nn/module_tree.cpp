// The tree of modules: adding, replacing and finding children.
#include <algorithm>
#include <stdexcept>

#include "../autograd/fail-inl.h"
#include "eval_guard.h"
#include "module_state-inl.h"

namespace descent::nn {

void detail::refuse_type(const char* function, const std::string& which, const Module& module,
                         const std::type_info& asked) {
  fail<Error>(function, "{} is a {}, not a {}", which, module.name(), type_name(asked));
}

void detail::check_whole(const char* function, const Module& module, const std::type_info& copied) {
  if (typeid(module) == copied) return;
  throw std::invalid_argument(
      fmt::format("{}: a {} came as a reference to {}, of which a copy is no {}: pass the type itself or a shared_ptr",
                  function, type_name(typeid(module)), type_name(copied), type_name(typeid(module))));
}

// ---- Children -------------------------------------------------------------------------------------------------------

std::size_t Module::child_count() const noexcept { return state_->children.size(); }
Module& Module::child(std::size_t index) const { return *state_->children[index].second; }
const std::vector<Module::Child>& Module::child_list() const noexcept { return state_->children; }

void Module::check_child(const char* function, const std::string& name, const std::shared_ptr<Module>& child) const {
  if (!child) throw std::invalid_argument(fmt::format("{}: '{}' is a null pointer", function, name));
  for (const Module* below : child->modules()) {
    if (below->state_ == state_) {
      throw std::invalid_argument(fmt::format("{}: '{}' would make the module contain itself", function, name));
    }
  }
}

void Module::add_child(const std::string& name, std::shared_ptr<Module> child) {
  check_name("register_module", name);
  check_child("register_module", name, child);
  state_->children.emplace_back(name, std::move(child));
}

void Module::set_children(const char* function, std::vector<Child> children) {
  std::vector<Child> before;
  before.swap(state_->children);  // so that the names of the old children are free
  try {
    for (const Child& child : children) {
      check_name(function, child.first);
      const bool known = std::ranges::any_of(before, [&](const Child& old) { return old.second == child.second; });
      if (!known) check_child(function, child.first, child.second);
      state_->children.push_back(child);
    }
  } catch (...) {
    before.swap(state_->children);
    throw;
  }
}

namespace {

[[noreturn]] void missing(const char* function, const std::string& type, const char* kind, const std::string& name) {
  throw std::out_of_range(fmt::format("{}: {} has no {} '{}'", function, type, kind, name));
}

}  // namespace

void Module::replace_child(const std::string& name, std::shared_ptr<Module> child) {
  for (auto& [taken, old] : state_->children) {
    if (taken != name) continue;
    check_child("replace_module", name, child);
    old = std::move(child);
    return;
  }
  missing("replace_module", this->name(), "module", name);
}

std::shared_ptr<Module> Module::unregister_module(const std::string& name) {
  auto& children = state_->children;
  const auto found = std::ranges::find(children, name, &Child::first);
  if (found == children.end()) missing("unregister_module", this->name(), "module", name);
  std::shared_ptr<Module> child = std::move(found->second);
  children.erase(found);
  return child;
}

Tensor Module::unregister_parameter(const std::string& name) {
  auto& parameters = state_->parameters;
  const auto found = std::ranges::find(parameters, name, &State::Named::name);
  if (found == parameters.end()) missing("unregister_parameter", this->name(), "parameter", name);
  Tensor parameter = found->tensor;
  parameters.erase(found);
  return parameter;
}

Tensor Module::unregister_buffer(const std::string& name) {
  auto& buffers = state_->buffers;
  const auto found = std::ranges::find(buffers, name, &State::Named::name);
  if (found == buffers.end()) missing("unregister_buffer", this->name(), "buffer", name);
  Tensor buffer = found->tensor;
  buffers.erase(found);
  return buffer;
}

// ---- Paths ----------------------------------------------------------------------------------------------------------

/// The module at a path; with `last`, the path's last part is left to it.
Module& Module::descend(const char* function, const std::string& path, std::string* last) {
  Module* at = this;
  std::size_t begin = 0;
  while (begin <= path.size() && !(path.empty() && !last)) {
    const std::size_t dot = path.find('.', begin);
    const std::string part = path.substr(begin, dot == std::string::npos ? dot : dot - begin);
    if (dot == std::string::npos && last) {
      *last = part;
      break;
    }
    const auto found = std::ranges::find(at->state_->children, part, &Child::first);
    if (found == at->state_->children.end()) {
      throw std::out_of_range(fmt::format("{}: '{}': {} has no module '{}'", function, path, at->name(), part));
    }
    at = found->second.get();
    if (dot == std::string::npos) break;
    begin = dot + 1;
  }
  return *at;
}

Module& Module::get_submodule(const std::string& path) { return descend("get_submodule", path, nullptr); }

Tensor Module::get_parameter(const std::string& path) {
  std::string name;
  const Module& owner = descend("get_parameter", path, &name);
  for (const State::Named& entry : owner.state_->parameters) {
    if (entry.name == name && entry.tensor.defined()) return entry.tensor;
  }
  throw std::out_of_range(fmt::format("get_parameter: '{}': {} has no parameter '{}'", path, owner.name(), name));
}

Tensor Module::get_buffer(const std::string& path) {
  std::string name;
  const Module& owner = descend("get_buffer", path, &name);
  for (const State::Named& entry : owner.state_->buffers) {
    if (entry.name == name && entry.tensor.defined()) return entry.tensor;
  }
  throw std::out_of_range(fmt::format("get_buffer: '{}': {} has no buffer '{}'", path, owner.name(), name));
}

// ---- Modes ----------------------------------------------------------------------------------------------------------

EvalGuard::EvalGuard(Module& module) {
  for (const Module* below : module.modules()) modes_.emplace_back(*below, below->is_training());
  module.eval();
}

EvalGuard::~EvalGuard() {
  for (const auto& [module, training] : modes_) module.state_->training = training;
}

}  // namespace descent::nn
