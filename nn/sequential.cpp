#include "sequential.h"

namespace descent::nn {

Sequential::Sequential(std::initializer_list<NamedModule> layers) {
  for (const auto& [name, module] : layers) add_child(name, module);
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (std::size_t i = 0; i < size(); ++i) {
    const std::shared_ptr<Module> layer = child_list()[i].second;  // lives while it runs, though a hook remove it
    y = (*layer)(y);
  }
  return y;
}

Sequential Sequential::slice(std::int64_t begin, std::int64_t end) const {
  Sequential part;
  part.take(*this, begin, end, true);
  return part;
}

}  // namespace descent::nn
