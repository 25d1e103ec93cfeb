#include "checkpoint.h"

#include "fail-inl.h"
#include "node.h"
#include "ops/random.h"
#include "own_outputs-inl.h"

namespace descent::autograd {
namespace {

constinit const OpInfo checkpoint_info{"checkpoint", true};

/// The random stream stands at `state` while it lives.
struct RandomState {
  explicit RandomState(const std::array<std::uint64_t, 2>& state) : before(rng_state()) { set_rng_state(state); }
  ~RandomState() { set_rng_state(before); }
  std::array<std::uint64_t, 2> before;
};

struct CheckpointNode final : Node {
  TensorFunction f;
  std::vector<SavedTensor> kept;  // the inputs
  std::array<std::uint64_t, 2> random;

  void vjp(const Saved&, std::span<const Tensor>, std::span<Tensor>, std::uint32_t) override {}

  std::vector<Tensor> recompute() override {
    std::vector<Tensor> in;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      kept[i].check(info->name, released, "input", static_cast<int>(i));
      in.push_back(kept[i].alias.defined() ? on_tape(kept[i].alias, edges[i]) : Tensor());
    }
    const TapeModeGuard recording(static_cast<unsigned char>((tape_mode() | kRecording) & ~kUnsaved));
    const RandomState again(random);
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
  const auto random = rng_state();
  std::vector<Tensor> outputs = [&] {
    const TapeModeGuard unsaved(mode | kUnsaved);  // recorded, to learn which outputs have a gradient
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
  own_outputs(outputs);
  number_op(checkpoint_info);
  const NodeLayout layout(sizeof(CheckpointNode), inputs.size(), 0, outputs.size());
  auto* node = ::new (layout.memory) CheckpointNode;
  node->info = &checkpoint_info;
  layout.attach(node);
  const Ref<Node> owner = Ref<Node>::adopt(node);
  node->f = f;
  node->random = random;
  node->recomputes = true;
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
  if (mode & kUnsaved) return outputs;  // inside another checkpoint, whose own second time records this one
  std::size_t held = 0;
  for (const Tensor& t : inputs) {
    node->kept.emplace_back(t);
    held += node->kept.back().bytes();
  }
  if (held > 0) count_saved(checkpoint_info, static_cast<std::int64_t>(held));
  return outputs;
}

}  // namespace descent::autograd
