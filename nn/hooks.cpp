#include "hooks.h"

#include <algorithm>

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/ops/shape.h"
#include "module_state-inl.h"

namespace descent::nn {

namespace {

using detail::HookKind;
using detail::Hooks;

/// A handle for backward, when the one that was called may be gone.
struct Called : Module {
  explicit Called(const Module& module) : Module(module), type(module.name()) {}
  std::string name() const override { return type; }
  std::string type;
};

/// Calls those of a kind that are there now and have not been removed when their turn comes.
template <class F>
void run(Hooks& hooks, HookKind kind, const F& f) {
  const Hooks::List list = hooks.of(kind);
  for (const std::shared_ptr<Hooks::Entry>& entry : list) {
    if (!entry->removed) f(entry->function);
  }
}

/// The same memory as a node of its own on the tape, where gradients of this call alone arrive.
Tensor own_place(const Tensor& t) { return view(t, t.shape()); }

bool is_recorded(const Tensor& t) { return autograd::grad_enabled() && t.defined() && t.requires_grad(); }

}  // namespace

namespace detail {

/// The tape owns it by hooks on the call's input and output, and finds backward hooks through it when gradients come.
struct HookedCall {
  explicit HookedCall(const Module& called) : module(called), hooks(called.state_->hooks) {}

  /// What the hooks made of the gradient of the input; undefined where they left it.
  Tensor backward(const Tensor& grad_input) {
    const Tensor grad_output = std::exchange(grad_y, Tensor());
    Tensor grad = grad_input;
    run(*hooks, HookKind::Backward, [&](const HookFunction& f) {
      Tensor replaced = f(module, grad, grad_output);
      if (!replaced.defined()) return;
      if (!grad.defined()) {
        fail<AutogradError>("register_full_backward_hook",
                            "the input of {} needs no gradient, a hook cannot replace it", module.name());
      }
      if (replaced.shape() != grad.shape() || replaced.dtype() != grad.dtype()) {
        fail<AutogradError>("register_full_backward_hook",
                            "a hook of {} must keep shape and dtype of the gradient, {} {}, it returned {} {}",
                            module.name(), grad.dtype(), grad.shape(), replaced.dtype(), replaced.shape());
      }
      grad = std::move(replaced);
    });
    return grad;
  }

  Called module;
  std::shared_ptr<Hooks> hooks;
  bool input_needs_grad = false;
  Tensor grad_y;  // detached: with its graph it would hold the very nodes that own this
};

}  // namespace detail

bool Module::has_hooks() const noexcept { return state_->hooks && !state_->hooks->empty(); }

HookHandle Module::add_hook(HookKind kind, detail::HookFunction function) {
  if (!state_->hooks) state_->hooks = std::make_shared<Hooks>();
  auto entry = std::make_shared<Hooks::Entry>();
  entry->function = std::move(function);
  state_->hooks->of(kind).push_back(entry);
  return HookHandle([kind, hooks = std::weak_ptr<Hooks>(state_->hooks), weak = std::weak_ptr<Hooks::Entry>(entry)] {
    const auto owner = hooks.lock();
    const auto removed = weak.lock();
    if (!owner || !removed) return;
    removed->removed = true;
    std::erase(owner->of(kind), removed);
  });
}

std::shared_ptr<detail::HookedCall> Module::begin_call(Tensor& x) const {
  const std::shared_ptr<Hooks> hooks = state_->hooks;
  Module& self = const_cast<Module&>(*this);  // a module is a handle
  run(*hooks, HookKind::ForwardPre, [&](const detail::HookFunction& f) {
    if (Tensor replaced = f(self, x, Tensor()); replaced.defined()) x = std::move(replaced);
  });
  if (hooks->of(HookKind::Backward).empty() || !autograd::grad_enabled()) return nullptr;
  auto call = std::make_shared<detail::HookedCall>(*this);
  if (is_recorded(x)) {
    x = own_place(x);
    x.register_hook([call](const Tensor& grad) { return call->backward(grad); });
    call->input_needs_grad = true;
  }
  return call;
}

void Module::end_call(const std::shared_ptr<detail::HookedCall>& call, const Tensor& x, Tensor& y) const {
  const std::shared_ptr<Hooks> hooks = state_->hooks;
  Module& self = const_cast<Module&>(*this);
  run(*hooks, HookKind::Forward, [&](const detail::HookFunction& f) {
    if (Tensor replaced = f(self, x, y); replaced.defined()) y = std::move(replaced);
  });
  if (!call || !is_recorded(y)) return;
  y = own_place(y);
  y.register_hook([call](const Tensor& grad) {
    call->grad_y = grad.detach();
    if (!call->input_needs_grad) call->backward(Tensor());
  });
}

}  // namespace descent::nn
