// Modules by key.
#pragma once

#include "module_sequence.h"

namespace descent::nn {

/// Modules under keys, in order of insertion: `nn::ModuleDict heads{{"a", nn::Linear(4, 2)}, {"b", nn::Linear(4, 3)}};`
/// `heads["a"](x)`. What changes one handle all copies see; forward throws Error. Keys must be neither empty nor hold a
/// dot (std::invalid_argument); one that is missing throws std::out_of_range.
class ModuleDict : public Module {
 public:
  ModuleDict() = default;
  /// A key that comes twice throws std::invalid_argument.
  ModuleDict(std::initializer_list<NamedModule> modules);

  std::size_t size() const noexcept { return child_count(); }
  bool empty() const noexcept { return size() == 0; }
  bool contains(const std::string& key) const;
  Module& operator[](const std::string& key) const { return *ptr(key); }
  /// The same as what it is: `heads.at<nn::Linear>("a").weight`. Throws Error for another type.
  template <std::derived_from<Module> M>
  M& at(const std::string& key) const {
    Module& module = (*this)[key];
    if (M* typed = dynamic_cast<M*>(&module)) return *typed;
    detail::refuse_type("at", "'" + key + "'", module, typeid(M));
  }
  /// The same to share.
  std::shared_ptr<Module> ptr(const std::string& key) const;

  std::vector<std::string> keys() const;
  std::vector<Module*> values() const;
  std::vector<std::pair<std::string, Module*>> items() const;

  /// Python's `dict[key] = module`: a new key is appended, an old one keeps its place.
  template <Layer L>
  void set(const std::string& key, L&& module) {
    update({NamedModule(key, std::forward<L>(module))});
  }
  /// Sets all of these, or none when one is refused.
  void update(std::initializer_list<NamedModule> modules);
  void update(const ModuleDict& other);
  /// Takes one out and returns it.
  std::shared_ptr<Module> pop(const std::string& key);
  void clear();

 private:
  void set_all(const std::vector<Child>& modules);
};

}  // namespace descent::nn
