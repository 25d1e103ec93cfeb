// What Sequential and ModuleList share: modules by index.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>

#include "module.h"

namespace descent::nn {

namespace detail {

/// A function from Tensor to Tensor as a layer. Modules that it captures are not registered.
class Lambda : public Module {
 public:
  explicit Lambda(std::function<Tensor(const Tensor&)> function);
  Tensor forward(const Tensor& x) override;

 private:
  std::function<Tensor(const Tensor&)> function_;
};

template <class T>
constexpr bool kCallable = std::is_invocable_r_v<Tensor, std::decay_t<T>&, const Tensor&>;

}  // namespace detail

/// A module, anything callable that takes a Tensor and gives one, or a shared_ptr to a module.
template <class T>
concept Layer = std::derived_from<std::remove_cvref_t<T>, Module> || detail::kCallable<T> ||
    std::convertible_to<T, std::shared_ptr<Module>>;

namespace detail {

/// Throws std::invalid_argument for a reference to a base of what the module is, and for an empty function.
template <Layer L>
std::shared_ptr<Module> share(const char* function, L&& layer) {
  using M = std::remove_cvref_t<L>;
  if constexpr (std::derived_from<M, Module>) {
    check_whole(function, layer, typeid(M));
    return std::shared_ptr<Module>(new M(std::forward<L>(layer)));
  } else if constexpr (std::convertible_to<L, std::shared_ptr<Module>>) {
    return std::shared_ptr<Module>(std::forward<L>(layer));
  } else {
    return std::shared_ptr<Module>(new Lambda(std::forward<L>(layer)));
  }
}

}  // namespace detail

/// A layer and its name, for containers: `nn::ModuleDict{{"fc", nn::Linear(2, 3)}, {"act", nn::ReLU()}}`.
struct NamedModule {
  template <Layer L>
  NamedModule(std::string key, L&& layer) : name(std::move(key)), module(detail::share("NamedModule", layer)) {}
  std::string name;
  std::shared_ptr<Module> module;
};

namespace detail {

/// Modules in order; an index counts from the end when it is negative. What changes one handle all copies see.
/// A layer is appended under its index as name; insert and pop renumber the names that are numbers.
class ModuleSequence : public Module {
 public:
  std::size_t size() const noexcept { return child_count(); }
  bool empty() const noexcept { return size() == 0; }
  /// The module at an index. Throws IndexError.
  Module& operator[](std::int64_t index) const { return *child_list()[place(index, size())].second; }
  /// The same as what it is: `mlp.at<nn::Linear>(0).weight`. Throws IndexError, and Error for another type.
  template <std::derived_from<Module> M>
  M& at(std::int64_t index) const {
    Module& module = (*this)[index];
    if (M* typed = dynamic_cast<M*>(&module)) return *typed;
    refuse_type("at", "layer " + std::to_string(index), module, typeid(M));
  }
  /// The same to share: `other.push_back(mlp.ptr(0))`.
  std::shared_ptr<Module> ptr(std::int64_t index) const { return child_list()[place(index, size())].second; }

  /// Appends a layer, or one under a name. Throws std::invalid_argument as register_module does.
  template <Layer L>
  void push_back(L&& layer) {
    append("", share("push_back", std::forward<L>(layer)));
  }
  template <Layer L>
  void push_back(const std::string& name, L&& layer) {
    append(name.c_str(), share("push_back", std::forward<L>(layer)));
  }
  template <Layer L>
  void append(L&& layer) {
    push_back(std::forward<L>(layer));
  }
  /// Appends the modules of another.
  void extend(const ModuleSequence& other);
  /// Puts a layer before an index, −size() … size().
  template <Layer L>
  void insert(std::int64_t index, L&& layer) {
    put(index, share("insert", std::forward<L>(layer)));
  }
  /// Puts a layer in the place of one, under its name: Python's `seq[index] = layer`.
  template <Layer L>
  void set(std::int64_t index, L&& layer) {
    exchange(index, share("set", std::forward<L>(layer)));
  }
  /// Takes one out and returns it.
  std::shared_ptr<Module> pop(std::int64_t index = -1);

  /// Iterates over `Module&`.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Module;
    using difference_type = std::ptrdiff_t;
    using pointer = Module*;
    using reference = Module&;

    Iterator() = default;
    Iterator(const ModuleSequence* owner, std::size_t index) : owner_(owner), index_(index) {}
    Module& operator*() const { return owner_->child(index_); }
    Module* operator->() const { return &**this; }
    Iterator& operator++() { return ++index_, *this; }
    Iterator operator++(int) { return {owner_, index_++}; }
    bool operator==(const Iterator&) const = default;

   private:
    const ModuleSequence* owner_ = nullptr;
    std::size_t index_ = 0;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 protected:
  /// The end of a slice that has none.
  static constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();

  ModuleSequence() = default;
  void append(const char* name, std::shared_ptr<Module> module);
  /// Appends those of [begin, end) of `from`, cut as Python does, under their names or new numbers.
  void take(const ModuleSequence& from, std::int64_t begin, std::int64_t end, bool keep_names);

 private:
  std::size_t place(std::int64_t index, std::size_t count) const;
  void put(std::int64_t index, std::shared_ptr<Module> module);
  void exchange(std::int64_t index, std::shared_ptr<Module> module);
};

/// What a container C is built from; one C alone is copied instead.
template <class C, class... Layers>
concept LayerList = sizeof...(Layers) > 0 && (Layer<Layers> && ...) &&
                    !(sizeof...(Layers) == 1 && (std::same_as<std::remove_cvref_t<Layers>, C> && ...));

}  // namespace detail

}  // namespace descent::nn
