#include "function.h"

#include <deque>
#include <mutex>
#include <unordered_map>

#include "demangle-inl.h"
#include "fail-inl.h"
#include "node.h"
#include "ops/create.h"
#include "own_outputs-inl.h"

namespace descent::autograd {
namespace detail {

struct FunctionNode final : Node {
  Context context;
  FunctionBackward backward;
  std::vector<int> slots;
  std::vector<SavedTensor> kept;
  std::vector<Edge> elsewhere;  // where the gradient of kept[i] goes when it is neither input nor output

  static constexpr std::uint8_t kNeither = 255;

  /// Keeps what forward saved, which by identity may be an input or an output.
  void keep(std::span<const Tensor* const> in, std::span<const Tensor> out) {
    std::size_t held = 0;
    for (const Tensor& t : context.saved_) {
      kept.emplace_back(t, kNeither);
      elsewhere.emplace_back();
      if (!t.defined()) continue;
      held += kept.back().bytes();
      for (std::size_t i = 0; i < in.size(); ++i) {
        if (in[i]->impl() == t.impl()) places.push_back({kept.size() - 1, i, true});
      }
      for (std::size_t i = 0; i < out.size(); ++i) {
        if (out[i].impl() == t.impl()) places.push_back({kept.size() - 1, i, false});
      }
      if (places.empty() || places.back().kept != kept.size() - 1) {
        if (t.impl()->requires_grad) elsewhere.back() = gradient_edge(t);
      }
    }
    context.saved_.clear();
    if (held > 0) count_saved(*info, static_cast<std::int64_t>(held));
  }

  Edge edge_of(std::size_t k) const {
    for (const Place& place : places) {
      if (place.kept != k) continue;
      if (place.is_input) return edges[place.index];
      if (constant.empty() || !constant[place.index])
        return {Ref<Node>::share(const_cast<FunctionNode*>(this)), static_cast<std::uint32_t>(place.index)};
    }
    return elsewhere[k];
  }

  std::vector<Tensor> unpack() const {
    std::vector<Tensor> result;
    for (std::size_t k = 0; k < kept.size(); ++k) {
      kept[k].check(info->name, released, "saved tensor", static_cast<int>(k));
      result.push_back(kept[k].alias.defined() && grad_enabled() ? on_tape(kept[k].alias, edge_of(k)) : kept[k].alias);
    }
    return result;
  }

  void release_saved() noexcept override {
    std::size_t held = 0;
    for (SavedTensor& saved_tensor : kept) {
      held += saved_tensor.bytes();
      saved_tensor.alias = Tensor();
    }
    if (held > 0) count_saved(*info, -static_cast<std::int64_t>(held));
    Node::release_saved();
  }
  ~FunctionNode() override { FunctionNode::release_saved(); }

  void vjp(const Saved&, std::span<const Tensor> grads, std::span<Tensor> result, std::uint32_t) override {
    std::vector<Tensor> of_outputs(grads.begin(), grads.end());
    for (std::size_t i = 0; i < of_outputs.size(); ++i) {
      if (!of_outputs[i].defined()) of_outputs[i] = zeros(metas[i].shape, {.dtype = metas[i].dtype});
    }
    const std::vector<Tensor> gradients = backward(context, of_outputs);
    const bool by_argument = gradients.size() != result.size();  // with places for what is no tensor
    std::size_t expected = 0;
    for (const int slot : slots) expected += slot < 0 ? 1 : static_cast<std::size_t>(slot);
    if (by_argument && gradients.size() != expected) {
      fail<AutogradError>(info->name, "backward must return one gradient per tensor of forward, {}, it returned {}",
                          result.size(), gradients.size());
    }
    std::size_t input = 0, at = 0;
    for (const int slot : slots) {
      if (slot < 0) {
        at += by_argument ? 1 : 0;
        continue;
      }
      for (int i = 0; i < slot; ++i, ++input, ++at) {
        if (edges[input].node) result[input] = checked_gradient(gradients[at], input);
      }
    }
  }

  struct Place {
    std::size_t kept, index;
    bool is_input;
  };
  std::vector<Place> places;
  std::vector<bool> constant;  // outputs without gradient

 private:
  const Tensor& checked_gradient(const Tensor& gradient, std::size_t i) const {
    const OutputMeta& meta = edges[i].node->metas[edges[i].index];
    if (gradient.defined() && gradient.shape() != meta.shape) {
      fail<AutogradError>(info->name,
                          "backward returned a gradient of shape {} for input {} of shape {}; it must have the input's "
                          "shape: sum over what forward has broadcast",
                          gradient.shape(), i, meta.shape);
    }
    return gradient;
  }
};

void FunctionArguments::add(const Tensor& t) {
  tensors.push_back(t);
  slots.push_back(1);
}
void FunctionArguments::add(const std::vector<Tensor>& list) {
  tensors.insert(tensors.end(), list.begin(), list.end());
  slots.push_back(static_cast<int>(list.size()));
}
void FunctionArguments::add_other() { slots.push_back(-1); }

std::vector<Tensor> list_of_results(Tensor t) { return {std::move(t)}; }
std::vector<Tensor> list_of_results(std::vector<Tensor> list) { return list; }

const OpInfo& function_info(const std::type_info& type) {
  static std::mutex mutex;
  static auto* const infos = new std::unordered_map<std::string, std::pair<std::string, OpInfo*>>;  // live for ever
  const std::lock_guard lock(mutex);
  auto& [name, info] = (*infos)[type.name()];
  if (!info) {
    name = short_type_name(type);
    info = new OpInfo{name.c_str(), true};
    number_op(*info);
  }
  return *info;
}

std::vector<Tensor> run_function(const OpInfo& info, const std::vector<Tensor>& inputs, const std::vector<int>& slots,
                                 const FunctionForward& forward, FunctionBackward backward) {
  const unsigned char mode = tape_mode();
  bool recording = false;
  for (const Tensor& t : inputs) {
    if (t.defined() && t.impl()->sparse) refuse_sparse(info.name);
    recording |= t.defined() && t.impl()->requires_grad;
  }
  recording &= (mode & kRecording) != 0;
  Context context;
  for (const Tensor& t : inputs) context.needs_.push_back(recording && t.defined() && t.impl()->requires_grad);
  std::vector<Tensor> outputs = [&] {
    const TapeModeGuard inside(0);
    return forward(context);
  }();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].defined()) fail<AutogradError>(info.name, "forward returned an undefined tensor, output {}", i);
  }
  std::vector<const Tensor*> in;
  for (const Tensor& t : inputs) in.push_back(&t);
  if (recording && !outputs.empty()) {
    const std::vector<Tensor> returned = outputs;  // what forward may have saved
    own_outputs(info.name, outputs);
    NodeLayout layout(sizeof(FunctionNode), in.size(), 0, outputs.size());
    auto* node = ::new (layout.memory) FunctionNode;
    node->info = &info;
    layout.attach(node);
    const Ref<Node> owner = Ref<Node>::adopt(node);
    node->context = std::move(context);
    node->backward = std::move(backward);
    node->slots = slots;
    std::vector<Tensor*> out;
    for (Tensor& t : outputs) out.push_back(&t);
    node->connect(in, out, 0);
    for (const Tensor& t : returned) {
      bool constant = false;
      for (const Tensor& c : node->context.constant_) constant |= c.impl() == t.impl();
      node->constant.push_back(constant);
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (!node->constant[i]) continue;
      outputs[i].impl()->requires_grad = false;
      outputs[i].impl()->node = {};
    }
    node->context.constant_.clear();
    node->unsaved = (mode & kUnsaved) && !node->context.saved_.empty();
    if (mode & kUnsaved)
      node->context.saved_.clear();
    else
      node->keep(in, returned);
    node->context.node_ = node;
  }
  if (mode & kWatching) {
    std::vector<Tensor*> out;
    for (Tensor& t : outputs) out.push_back(&t);
    watch_forward(info, in, out);
  }
  return outputs;
}

}  // namespace detail

void Context::save_for_backward(const std::vector<Tensor>& tensors) { saved_ = tensors; }

std::vector<Tensor> Context::saved_tensors() const { return node_ ? node_->unpack() : saved_; }

bool Context::needs_input_grad(int i) const {
  return i >= 0 && static_cast<std::size_t>(i) < needs_.size() && needs_[static_cast<std::size_t>(i)];
}

void Context::mark_non_differentiable(const std::vector<Tensor>& outputs) { constant_ = outputs; }

}  // namespace descent::autograd
