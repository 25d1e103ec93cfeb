#include "used_gradients-inl.h"

#include <unordered_map>

#include "../autograd/fail-inl.h"

namespace descent::optim::detail {
namespace {

const autograd::Ref<autograd::Storage>& memory_of(const Tensor& g) {
  return (g.impl()->sparse ? g.impl()->rows->values : g).impl()->storage;
}

}  // namespace

void UsedGradients::check(const char* owner, const std::vector<ParamGroup>& groups) const {
  std::unordered_map<const TensorImpl*, const Used*> known;
  for (const Used& used : used_) known.emplace(used.parameter, &used);
  std::size_t i = 0;
  for (const ParamGroup& group : groups) {
    for (const Tensor& p : group.params) {
      const std::size_t number = i++;
      const auto at = p.grad().defined() ? known.find(p.impl()) : known.end();
      if (at == known.end()) continue;
      const autograd::Storage* memory = memory_of(p.grad()).get();
      if (memory != at->second->memory.get() || memory->version != at->second->version) continue;
      fail<Error>(owner,
                  "the gradient of parameter {} of shape {} must be a new one, got that of the last step: call "
                  "zero_grad and backward before each step",
                  number, p.shape());
    }
  }
}

void UsedGradients::remember(const std::vector<ParamGroup>& groups) {
  used_.clear();
  for (const ParamGroup& group : groups) {
    for (const Tensor& p : group.params) {
      if (!p.grad().defined()) continue;
      const auto& memory = memory_of(p.grad());
      used_.push_back({p.impl(), memory, memory->version});
    }
  }
}

}  // namespace descent::optim::detail
