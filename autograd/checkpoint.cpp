#include "checkpoint.h"

#include "fail-inl.h"
#include "node.h"
#include "ops/draws-inl.h"
#include "own_outputs-inl.h"

namespace descent::autograd {
namespace {

constinit const OpInfo checkpoint_info{"checkpoint", true};

struct CheckpointNode final : Node {
  TensorFunction f;
  std::vector<SavedTensor> kept;  // the inputs
  std::vector<kernels::Philox> draws;

  void vjp(const Saved&, std::span<const Tensor>, std::span<Tensor>, std::uint32_t) override {}

  std::vector<Tensor> recompute() override {
    std::vector<Tensor> in;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      kept[i].check(info->name, released, "input", static_cast<int>(i));
      in.push_back(kept[i].alias.defined() ? on_tape(kept[i].alias, edges[i]) : Tensor());
    }
    const TapeModeGuard recording(static_cast<unsigned char>((tape_mode() | kRecording) & ~kUnsaved));
    const DrawScope again(draws, true);
    std::vector<Tensor> out = f(in);
    bool same = out.size() == outputs;
    for (std::size_t i = 0; same && i < out.size(); ++i) {
      same = out[i].defined() && out[i].shape() == metas[i].shape && out[i].dtype() == metas[i].dtype;
    }
    if (!same) {
      fail<AutogradError>("checkpoint",
                          "the function returned another number of tensors, or other shapes or types, "
                          "the second time");
    }
    return out;
  }

  void release_saved() noexcept override {
    std::size_t held = 0;
    for (SavedTensor& input : kept) {
      held += input.bytes();
      input.alias = Tensor();
    }
    if (held > 0) count_saved(*info, -static_cast<std::int64_t>(held));
    Node::release_saved();
  }
  ~CheckpointNode() override { CheckpointNode::release_saved(); }
};

}  // namespace

std::vector<Tensor> checkpoint_list(const TensorFunction& f, const std::vector<Tensor>& inputs) {
  const unsigned char mode = tape_mode();
  if (!(mode & kRecording)) return f(inputs);
  const auto version = [](const Tensor& t) { return t.defined() ? t.impl()->storage->version.load() : 0; };
  std::vector<std::uint32_t> versions;
  for (const Tensor& t : inputs) versions.push_back(version(t));
  std::vector<kernels::Philox> draws;
  std::vector<Tensor> outputs = [&] {
    const TapeModeGuard unsaved(mode | kUnsaved);  // recorded, to learn which outputs have a gradient
    const DrawScope noted(draws, false);
    return f(inputs);
  }();
  std::vector<bool> wanted;
  bool any = false;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].defined()) fail<AutogradError>("checkpoint", "the function returned an undefined tensor");
    wanted.push_back(outputs[i].requires_grad());
    any |= wanted.back();
  }
  if (!any) return outputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (version(inputs[i]) == versions[i]) continue;
    fail<AutogradError>("checkpoint",
                        "the function changed input {} in place, so it would start from other values the second time; "
                        "let it work on a clone",
                        i);
  }
  own_outputs("checkpoint", outputs);
  number_op(checkpoint_info);
  NodeLayout layout(sizeof(CheckpointNode), inputs.size(), 0, outputs.size());
  auto* node = ::new (layout.memory) CheckpointNode;
  node->info = &checkpoint_info;
  layout.attach(node);
  const Ref<Node> owner = Ref<Node>::adopt(node);
  node->f = f;
  node->draws = std::move(draws);
  node->recomputes = true;
  node->unsaved = (mode & kUnsaved) != 0;  // within another checkpoint, whose own second time records this one
  std::vector<const Tensor*> in;
  std::vector<Tensor*> out;
  for (const Tensor& t : inputs) in.push_back(&t);
  for (Tensor& t : outputs) out.push_back(&t);
  node->connect(in, out, 0);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (wanted[i]) continue;
    outputs[i].impl()->requires_grad = false;
    outputs[i].impl()->node = {};
  }
  if (node->unsaved) return outputs;
  std::size_t held = 0;
  for (const Tensor& t : inputs) {
    node->kept.emplace_back(t);
    held += node->kept.back().bytes();
  }
  if (held > 0) count_saved(checkpoint_info, static_cast<std::int64_t>(held));
  return outputs;
}

}  // namespace descent::autograd
