#include "node.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "../kernels/allocator.h"
#include "fail-inl.h"

namespace descent::autograd {
namespace {

constinit thread_local unsigned char mode = kRecording;

constexpr std::uint64_t kOpBit = std::uint64_t{1} << 63;  // ops come after all leaves
std::atomic<std::uint64_t> sequence_counter{1};

/// The end of the tape: gradients of a leaf arrive here.
struct LeafNode final : Node {
  explicit LeafNode(Ref<GradSlot> target) : slot(std::move(target)) {}
  void vjp(const Saved&, std::span<const Tensor>, std::span<Tensor>, std::uint32_t) override {}
  GradSlot* leaf_slot() noexcept override { return slot.get(); }
  Ref<GradSlot> slot;
};
constinit const OpInfo leaf_info{"leaf", true};

std::size_t align_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

}  // namespace

unsigned char tape_mode() noexcept { return mode; }
void set_tape_mode(unsigned char to) noexcept { mode = to; }
bool grad_enabled() noexcept { return (mode & kRecording) != 0; }
void set_grad_enabled(bool enabled) noexcept {
  mode = static_cast<unsigned char>(enabled ? mode | kRecording : mode & ~kRecording);
}

std::uint64_t next_op_sequence() noexcept { return kOpBit | sequence_counter.fetch_add(1, std::memory_order_relaxed); }

NodeLayout::NodeLayout(std::size_t size, std::size_t in, std::size_t saved_tensors, std::size_t out)
    : inputs(static_cast<std::uint16_t>(in)),
      outputs(static_cast<std::uint16_t>(out)),
      saved(static_cast<std::uint16_t>(saved_tensors)) {
  if (in > 65535 || out > 65535) throw AutogradError("an op takes at most 65535 tensors");
  edges_at = align_up(size, 8);
  metas_at = edges_at + in * sizeof(Edge);
  saved_at = metas_at + out * sizeof(OutputMeta);
  bytes = saved_at + saved_tensors * sizeof(SavedTensor);
  memory = kernels::allocate(bytes);
}

NodeLayout::~NodeLayout() {
  if (memory) kernels::deallocate(memory, bytes);
}

void NodeLayout::attach(Node* node) {
  char* base = static_cast<char*>(std::exchange(memory, nullptr));
  node->bytes = static_cast<std::uint32_t>(bytes);
  node->edges = reinterpret_cast<Edge*>(base + edges_at);
  node->metas = reinterpret_cast<OutputMeta*>(base + metas_at);
  node->saved = reinterpret_cast<SavedTensor*>(base + saved_at);
  for (; node->inputs < inputs; ++node->inputs) ::new (node->edges + node->inputs) Edge;
  for (; node->outputs < outputs; ++node->outputs) ::new (node->metas + node->outputs) OutputMeta;
  for (; node->saved_count < saved; ++node->saved_count) ::new (node->saved + node->saved_count) SavedTensor;
  count_live(Live::Nodes, 1);
}

SavedTensor::SavedTensor(const Tensor& tensor, std::uint8_t from) : source(from) {
  if (!tensor.defined()) return;  // an optional input may be left out
  alias = make_alias(tensor);
  version = tensor.impl()->storage->version.load(std::memory_order_relaxed);
}

std::size_t SavedTensor::bytes() const noexcept {
  if (!alias.defined()) return 0;
  const TensorImpl& impl = *alias.impl();  // an expanded tensor has fewer than it seems
  return std::min(static_cast<std::size_t>(impl.numel) * size_of(impl.dtype), impl.storage->bytes);
}

void SavedTensor::check(const char* op, bool released, const char* what, int index) const {
  if (!alias.defined()) {
    if (!released) return;
    fail<AutogradError>(op,
                        "what was saved for backward has been freed; pass {{.retain_graph = true}} to go through the "
                        "graph more than once");
  }
  const std::uint32_t now = alias.impl()->storage->version.load(std::memory_order_relaxed);
  if (now != version) {
    fail<AutogradError>(op,
                        "{} {} of shape {} was saved for backward and then changed in place (version {}, saved at {}); "
                        "clone it first, or change it after backward",
                        what, index, alias.shape(), now, version);
  }
}

Node::~Node() {
  Node::release_saved();
  for (int i = 0; i < inputs; ++i) edges[i].~Edge();
  for (int i = 0; i < outputs; ++i) metas[i].~OutputMeta();
  for (int i = 0; i < saved_count; ++i) saved[i].~SavedTensor();
  if (bytes > 0) count_live(Live::Nodes, -1);  // attached: else its construction has failed
}

void Node::destroy(Node* node) noexcept {
  // Destroying a node drops its edges, which may destroy the next: those wait here instead of recursing. The chain runs
  // through `sequence`, which nobody reads any more, so that no memory is needed.
  thread_local Node* waiting = nullptr;
  thread_local bool draining = false;
  node->sequence = reinterpret_cast<std::uintptr_t>(waiting);
  waiting = node;
  if (draining) return;
  draining = true;
  while (waiting) {
    Node* next = waiting;
    waiting = reinterpret_cast<Node*>(static_cast<std::uintptr_t>(next->sequence));
    const std::size_t size = next->bytes;
    next->~Node();
    kernels::deallocate(next, size);
  }
  draining = false;
}

void Node::release_saved() noexcept {
  released = true;
  std::size_t held = 0;
  for (int i = 0; i < saved_count; ++i) {
    held += saved[i].bytes();
    saved[i].alias = Tensor();
  }
  if (held > 0) count_saved(*info, -static_cast<std::int64_t>(held));
}

HookHandle Node::add_hook(Hook hook) {
  static std::atomic<std::uint64_t> ids{1};
  const std::uint64_t id = hook.id = ids.fetch_add(1, std::memory_order_relaxed);
  own_extras().hooks.push_back(std::move(hook));
  return HookHandle([weak = std::weak_ptr(extras), id] {
    if (const auto all = weak.lock()) std::erase_if(all->hooks, [id](const Hook& h) { return h.id == id; });
  });
}

NodeExtras& Node::own_extras() {
  if (!extras) extras = std::make_shared<NodeExtras>();
  return *extras;
}

void Node::connect(std::span<const Tensor* const> in, std::span<Tensor* const> out, std::uint32_t uses) {
  sequence = next_op_sequence();
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i]->defined() && in[i]->impl()->requires_grad) edges[i] = gradient_edge(*in[i]);
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    TensorImpl& impl = *out[i]->impl();
    metas[i].shape = impl.shape;
    metas[i].dtype = impl.dtype;
    if (!descent::is_floating_point(impl.dtype)) continue;  // positions and the like
    impl.requires_grad = true;
    impl.node = Ref<Node>::share(this);
    impl.output_index = static_cast<std::uint32_t>(i);
  }
  SavedTensor* next = saved;
  std::size_t held = 0;
  for (std::uint32_t rest = uses; rest; rest &= rest - 1) {
    const int source = std::countr_zero(rest);
    const Tensor& tensor =
        source < 16 ? *in[static_cast<std::size_t>(source)] : *out[static_cast<std::size_t>(source - 16)];
    *next = SavedTensor(tensor, static_cast<std::uint8_t>(source));
    held += next->bytes();
    ++next;
  }
  if (held > 0) count_saved(*info, static_cast<std::int64_t>(held));
}

Tensor Saved::unpack(std::uint8_t source) const {
  const char* name = node_.info->name;
  const char* what = source < 16 ? "input" : "output";
  for (int i = 0; i < node_.saved_count; ++i) {
    const SavedTensor& saved = node_.saved[i];
    if (saved.source != source) continue;
    saved.check(name, node_.released, what, source % 16);
    if (!saved.alias.defined() || !grad_enabled()) return saved.alias;
    // The backward pass is being recorded: the tensor takes its place on the tape again.
    if (source < 16) return on_tape(saved.alias, node_.edges[source]);
    return on_tape(saved.alias, {Ref<Node>::share(const_cast<Node*>(&node_)), source - 16u});
  }
  fail<AutogradError>(name, "its gradient reads {} {}, which its `uses` does not name", what, source % 16);
}

Tensor on_tape(const Tensor& alias, const Edge& edge) {
  if (!edge.node || !descent::is_floating_point(alias.dtype())) return alias;
  Tensor tensor = make_alias(alias);
  tensor.impl()->node = edge.node;
  tensor.impl()->output_index = edge.index;
  tensor.impl()->requires_grad = true;
  return tensor;
}

Edge gradient_edge(const Tensor& tensor) { return {tensor.impl()->node, tensor.impl()->output_index}; }

Ref<Node> make_leaf_node(const Ref<GradSlot>& slot, const Shape& shape, DType dtype) {
  NodeLayout layout(sizeof(LeafNode), 0, 0, 1);
  auto* node = ::new (layout.memory) LeafNode(slot);
  node->info = &leaf_info;
  node->sequence = sequence_counter.fetch_add(1, std::memory_order_relaxed);
  layout.attach(node);
  node->metas[0] = {shape, dtype};
  return Ref<Node>::adopt(node);
}

void attach_leaf(TensorImpl& impl) {
  if (!impl.slot) {
    impl.slot = Ref<GradSlot>::adopt(new GradSlot);
    impl.slot->set_owner(&impl);
  }
  impl.node = make_leaf_node(impl.slot, impl.shape, impl.dtype);
  impl.output_index = 0;
  impl.requires_grad = true;
}

namespace {

bool retains(const Node& node, const GradSlot* slot) {
  if (!node.extras) return false;
  const std::vector<Hook>& hooks = node.extras->hooks;
  return std::any_of(hooks.begin(), hooks.end(), [slot](const Hook& hook) { return hook.retain.get() == slot; });
}

}  // namespace

void retain_gradient(TensorImpl& impl) {
  if (!impl.slot) {
    Ref<GradSlot> slot = Ref<GradSlot>::adopt(new GradSlot);
    slot->set_owner(&impl);
    impl.slot = std::move(slot);
  }
  if (!retains(*impl.node, impl.slot.get())) impl.node->add_hook({.index = impl.output_index, .retain = impl.slot});
}

void take_place(TensorImpl& impl, const TensorImpl& result) {
  if (impl.slot && impl.node && retains(*impl.node, impl.slot.get())) {
    result.node->add_hook({.index = result.output_index, .retain = impl.slot});
    std::erase_if(impl.node->extras->hooks, [&](const Hook& hook) { return hook.retain.get() == impl.slot.get(); });
  }
  impl.node = result.node;
  impl.output_index = result.output_index;
  impl.requires_grad = true;
}

Tensor GradSlot::owner() {
  while (lock_.test_and_set(std::memory_order_acquire)) {
  }
  Tensor result;
  if (owner_) {
    owner_->retain();
    result = Tensor(owner_);
  }
  lock_.clear(std::memory_order_release);
  return result;
}

bool GradSlot::detach(TensorImpl* impl) noexcept {
  while (lock_.test_and_set(std::memory_order_acquire)) {
  }
  const bool last = impl->references.load(std::memory_order_acquire) == 1 ||
                    impl->references.fetch_sub(1, std::memory_order_acq_rel) == 1;
  if (last) owner_ = nullptr;
  lock_.clear(std::memory_order_release);
  return last;
}

void GradSlot::set_owner(TensorImpl* impl) noexcept {
  while (lock_.test_and_set(std::memory_order_acquire)) {
  }
  owner_ = impl;
  lock_.clear(std::memory_order_release);
}

namespace {

std::mutex& recorded_mutex() {
  static std::mutex mutex;
  return mutex;
}
std::set<std::string>& recorded_names() {
  static std::set<std::string> names;
  return names;
}

}  // namespace

void note_recorded(const OpInfo& info) {
  number_op(info);
  const std::lock_guard lock(recorded_mutex());
  recorded_names().insert(info.name);
}

std::vector<std::string> recorded_op_names() {
  const std::lock_guard lock(recorded_mutex());
  return {recorded_names().begin(), recorded_names().end()};
}

}  // namespace descent::autograd
