// Layers one after the other.
#pragma once

#include <iterator>

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

/// A module, or anything callable that takes a Tensor and gives one.
template <class T>
concept Layer = std::derived_from<std::remove_cvref_t<T>, Module> || detail::kCallable<T>;

class Sequential;

namespace detail {

/// What a Sequential is built from; one Sequential alone is copied instead.
template <class... Layers>
concept LayerList = sizeof...(Layers) > 0 && (Layer<Layers> && ...) &&
                    !(sizeof...(Layers) == 1 && (std::same_as<std::remove_cvref_t<Layers>, Sequential> && ...));

}  // namespace detail

/// Applies its layers in order; their names are "0", "1", …:
/// `nn::Sequential mlp{nn::Linear(4, 16), nn::ReLU(), [](const Tensor& x) { return x * 2.0; }};`
/// A Sequential made from one Sequential alone is a copy of it (the same handle); push_back nests.
class Sequential : public Module {
 public:
  Sequential() = default;
  template <class... Layers>
  requires detail::LayerList<Layers...>
  explicit(sizeof...(Layers) == 1) Sequential(Layers&&... layers) { (push_back(std::forward<Layers>(layers)), ...); }

  Tensor forward(const Tensor& x) override;

  /// Appends a layer; every copy of this handle sees it.
  template <Layer L>
  void push_back(L&& layer) {
    const std::string name = std::to_string(size());
    if constexpr (std::derived_from<std::remove_cvref_t<L>, Module>) {
      register_module(name, std::remove_cvref_t<L>(std::forward<L>(layer)));
    } else {
      register_module(name, detail::Lambda(std::forward<L>(layer)));
    }
  }

  std::size_t size() const noexcept { return child_count(); }
  bool empty() const noexcept { return size() == 0; }
  /// The layer at an index, negative from the end. Throws IndexError.
  Module& operator[](std::int64_t index) const;
  /// The layer as what it is: `mlp.at<nn::Linear>(0).weight`. Throws IndexError, and Error for another type.
  template <std::derived_from<Module> M>
  M& at(std::int64_t index) const {
    Module& layer = (*this)[index];
    if (M* typed = dynamic_cast<M*>(&layer)) return *typed;
    wrong_type(index, layer);
  }

  /// Iterates over `Module&`.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Module;
    using difference_type = std::ptrdiff_t;
    using pointer = Module*;
    using reference = Module&;

    Iterator() = default;
    Iterator(const Sequential* owner, std::size_t index) : owner_(owner), index_(index) {}
    Module& operator*() const { return owner_->child(index_); }
    Module* operator->() const { return &**this; }
    Iterator& operator++() { return ++index_, *this; }
    Iterator operator++(int) { return {owner_, index_++}; }
    bool operator==(const Iterator&) const = default;

   private:
    const Sequential* owner_ = nullptr;
    std::size_t index_ = 0;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  [[noreturn]] static void wrong_type(std::int64_t index, const Module& layer);
};

}  // namespace descent::nn
