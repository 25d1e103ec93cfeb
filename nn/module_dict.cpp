#include "module_dict.h"

#include <algorithm>

#include "../autograd/fail-inl.h"

namespace descent::nn {

ModuleDict::ModuleDict(std::initializer_list<NamedModule> modules) {
  for (const auto& [key, module] : modules) add_child(key, module);
}

bool ModuleDict::contains(const std::string& key) const {
  return std::ranges::any_of(child_list(), [&](const Child& child) { return child.first == key; });
}

std::shared_ptr<Module> ModuleDict::ptr(const std::string& key) const {
  for (const auto& [name, module] : child_list()) {
    if (name == key) return module;
  }
  throw std::out_of_range(fmt::format("{}: there is no key '{}'", this->name(), key));
}

std::vector<std::string> ModuleDict::keys() const {
  std::vector<std::string> found;
  for (const auto& [key, module] : child_list()) found.push_back(key);
  return found;
}

std::vector<Module*> ModuleDict::values() const {
  std::vector<Module*> found;
  for (const auto& [key, module] : child_list()) found.push_back(module.get());
  return found;
}

std::vector<std::pair<std::string, Module*>> ModuleDict::items() const {
  std::vector<std::pair<std::string, Module*>> found;
  for (const auto& [key, module] : child_list()) found.emplace_back(key, module.get());
  return found;
}

void ModuleDict::set_all(const std::vector<Child>& modules) {
  std::vector<Child> children = child_list();
  for (const auto& [key, module] : modules) {
    const auto old = std::ranges::find(children, key, &Child::first);
    if (old == children.end())
      children.emplace_back(key, module);
    else
      old->second = module;
  }
  set_children("update", std::move(children));
}

void ModuleDict::update(std::initializer_list<NamedModule> modules) {
  std::vector<Child> list;
  for (const auto& [key, module] : modules) list.emplace_back(key, module);
  set_all(list);
}

void ModuleDict::update(const ModuleDict& other) { set_all(std::vector<Child>(other.child_list())); }

std::shared_ptr<Module> ModuleDict::pop(const std::string& key) {
  std::shared_ptr<Module> module = ptr(key);
  unregister_module(key);
  return module;
}

void ModuleDict::clear() { set_children("clear", {}); }

}  // namespace descent::nn
