// What the handles of one module share.
#pragma once

#include "module.h"

namespace descent::nn {

namespace detail {

/// The hooks of a module. Each stays reachable while it runs, though it be removed meanwhile.
struct Hooks {
  struct Entry {
    HookFunction function;
    bool removed = false;
  };
  using List = std::vector<std::shared_ptr<Entry>>;
  List lists[3];  // by HookKind
  List& of(HookKind kind) { return lists[static_cast<int>(kind)]; }
  bool empty() const { return lists[0].empty() && lists[1].empty() && lists[2].empty(); }
};

}  // namespace detail

struct Module::State {
  struct Named {
    std::string name;
    Tensor tensor;
    bool persistent = true;
  };
  std::vector<Named> parameters;
  std::vector<Named> buffers;
  std::vector<Child> children;
  bool training = true;
  std::shared_ptr<detail::Hooks> hooks;  // none until the first is registered
};

}  // namespace descent::nn
