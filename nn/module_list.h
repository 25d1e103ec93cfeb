// A list of modules.
#pragma once

#include "module_sequence.h"

namespace descent::nn {

/// Modules in a list that registers them under "0", "1", …; what they compute together is the owner's affair:
/// `nn::ModuleList blocks = register_module("blocks", nn::ModuleList{nn::Linear(4, 4), nn::Linear(4, 4)});`
/// `for (nn::Module& block : blocks) x = block(x);`. forward throws Error.
/// A ModuleList made from one ModuleList alone is a copy of it (the same handle).
class ModuleList : public detail::ModuleSequence {
 public:
  ModuleList() = default;
  template <class... Layers>
  requires detail::LayerList<ModuleList, Layers...>
  explicit(sizeof...(Layers) == 1) ModuleList(Layers&&... layers) { (push_back(std::forward<Layers>(layers)), ...); }
  /// All of a std::vector of one type of module.
  template <Layer L>
  explicit ModuleList(const std::vector<L>& layers) {
    for (const L& layer : layers) push_back(layer);
  }

  /// Those from begin up to end as a ModuleList that shares them, numbered anew; bounds are cut off and count from the
  /// end as Python's do.
  ModuleList slice(std::int64_t begin, std::int64_t end = kEnd) const;
};

}  // namespace descent::nn
