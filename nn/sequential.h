// Layers one after the other.
#pragma once

#include "module_sequence.h"

namespace descent::nn {

/// Applies its layers in order; their names are "0", "1", …, or given:
/// `nn::Sequential mlp{nn::Linear(4, 16), nn::ReLU(), [](const Tensor& x) { return x * 2.0; }};`
/// `nn::Sequential named{{"fc", nn::Linear(4, 16)}, {"act", nn::ReLU()}};`
/// A Sequential made from one Sequential alone is a copy of it (the same handle); push_back nests.
class Sequential : public detail::ModuleSequence {
 public:
  Sequential() = default;
  template <class... Layers>
  requires detail::LayerList<Sequential, Layers...>
  explicit(sizeof...(Layers) == 1) Sequential(Layers&&... layers) { (push_back(std::forward<Layers>(layers)), ...); }
  Sequential(std::initializer_list<NamedModule> layers);

  Tensor forward(const Tensor& x) override;

  /// Those from begin up to end as a Sequential that shares them, under the names they have here; bounds are cut off
  /// and count from the end as Python's do.
  Sequential slice(std::int64_t begin, std::int64_t end = kEnd) const;
};

}  // namespace descent::nn
