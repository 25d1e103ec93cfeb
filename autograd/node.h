// The tape: one node an op, with the edges to what it was computed from and the tensors that its gradient needs.
#pragma once

#include <memory>
#include <span>

#include "grad_mode.h"
#include "tensor_impl.h"

namespace descent::autograd {

/// Name and kind of an op; one object per op for the whole process.
struct OpInfo {
  const char* name;
  bool differentiable;
  mutable std::atomic<std::uint32_t> id{0};  // a small number once it has been recorded: what counters go by
};

/// Where the gradient of one input goes: output `index` of `node`; nowhere without a node.
struct Edge {
  Ref<Node> node;
  std::uint32_t index = 0;
};

/// What a gradient must look like to belong to an output.
struct OutputMeta {
  Shape shape;
  DType dtype = DType::Float32;
};

/// A saved tensor: an alias without autograd state (so that no cycle can form), the version of its memory then, and
/// which input (0 … 15) or output (16 …) it is.
struct SavedTensor {
  Tensor alias;
  std::uint32_t version = 0;
  std::uint8_t source = 0;

  explicit SavedTensor(const Tensor& tensor = {}, std::uint8_t from = 0);
  std::size_t bytes() const noexcept;  ///< of its elements
  /// Throws AutogradError when it has been freed or changed in place; `what` names it: "input", "output", "tensor".
  void check(const char* op, bool released, const char* what, int index) const;
};

/// A hook on one output of a node: either a function, or (retain_grad) the slot of the tensor that wants the gradient.
struct Hook {
  std::uint32_t index = 0;
  std::uint64_t id = 0;
  std::shared_ptr<const std::function<Tensor(const Tensor&)>> function = {};  // one, whoever copies the list of hooks
  Ref<GradSlot> retain = {};
};

struct CallTrace;

/// What few nodes have.
struct NodeExtras {
  std::vector<Hook> hooks;
  std::shared_ptr<const CallTrace> called;  // by whom: noted under an AnomalyGuard
};

/// Finds the tensor whose `.grad` is to be written without keeping it alive.
struct GradSlot : RefCounted {
  /// The tensor, or an undefined one when it is gone.
  Tensor owner();
  void set_owner(TensorImpl* impl) noexcept;
  /// From the tensor's last owner: true when it may be destroyed, false when `owner()` has just revived it.
  bool detach(TensorImpl* impl) noexcept;
  static void destroy(GradSlot* slot) noexcept { delete slot; }

 private:
  std::atomic_flag lock_ = ATOMIC_FLAG_INIT;
  TensorImpl* owner_ = nullptr;
};

class Saved;

struct Node : RefCounted {
  const OpInfo* info = nullptr;
  std::uint64_t sequence = 0;  // a larger one was recorded later; leaves have the smallest
  std::uint32_t bytes = 0;     // of the whole block
  std::uint16_t inputs = 0, outputs = 0, saved_count = 0;
  bool released = false;    // a backward without retain_graph has been here
  bool recomputes = false;  // a checkpoint: the pass goes on through what recompute() records
  bool unsaved = false;     // recorded where a checkpoint keeps nothing, though its gradient reads something
  Edge* edges = nullptr;
  OutputMeta* metas = nullptr;
  SavedTensor* saved = nullptr;
  std::shared_ptr<NodeExtras> extras;

  /// Gradients of the inputs in `needs` (a bit each) from those of the outputs.
  virtual void vjp(const Saved& s, std::span<const Tensor> grads, std::span<Tensor> result, std::uint32_t needs) = 0;
  /// The slot of a leaf, nullptr for an op.
  virtual GradSlot* leaf_slot() noexcept { return nullptr; }
  /// The outputs once more, recorded anew from the same inputs.
  virtual std::vector<Tensor> recompute() { return {}; }
  virtual ~Node();

  /// Drops what was saved; the edges stay.
  virtual void release_saved() noexcept;
  HookHandle add_hook(Hook hook);
  NodeExtras& own_extras();

  /// Destroys iteratively: a chain of millions of nodes needs no stack.
  static void destroy(Node* node) noexcept;

  /// Sets edges, saves what `uses` names and makes the outputs' place in the graph.
  void connect(std::span<const Tensor* const> in, std::span<Tensor* const> out, std::uint32_t uses);
};

/// Numbers for Node::sequence: of an op, of a leaf.
std::uint64_t next_op_sequence() noexcept;

/// Memory for a node of `size` bytes with its arrays behind it; sets the counts and pointers after construction. The
/// memory belongs to the node from attach() on.
struct NodeLayout {
  NodeLayout(std::size_t size, std::size_t in, std::size_t saved_tensors, std::size_t out);
  ~NodeLayout();
  NodeLayout(const NodeLayout&) = delete;
  NodeLayout& operator=(const NodeLayout&) = delete;
  void* memory = nullptr;
  std::size_t edges_at = 0, metas_at = 0, saved_at = 0, bytes = 0;
  std::uint16_t inputs = 0, outputs = 0, saved = 0;
  void attach(Node* node);
};

/// What a vjp sees of the forward pass.
class Saved {
 public:
  explicit Saved(const Node& node) : node_(node) {}
  /// Saved input or output i. On the tape again when the backward pass is recorded. Throws AutogradError when it has
  /// been changed in place since.
  Tensor in(int i) const { return unpack(static_cast<std::uint8_t>(i)); }
  Tensor out(int i = 0) const { return unpack(static_cast<std::uint8_t>(16 + i)); }
  /// Shape and dtype of an input that needs a gradient.
  const Shape& shape(int i) const { return meta(i).shape; }
  DType dtype(int i) const { return meta(i).dtype; }
  /// True when input i needs a gradient.
  bool needs(int i) const { return static_cast<bool>(node_.edges[i].node); }

 private:
  const OutputMeta& meta(int i) const { return node_.edges[i].node->metas[node_.edges[i].index]; }
  Tensor unpack(std::uint8_t source) const;

  const Node& node_;
};

/// `alias` on the tape again, its gradient going to `edge`; as it is where the edge leads nowhere.
Tensor on_tape(const Tensor& alias, const Edge& edge);

/// Where the gradient of a tensor that requires grad goes.
Edge gradient_edge(const Tensor& tensor);

/// The end of the tape for a leaf of that shape and dtype whose gradient goes to `slot`.
Ref<Node> make_leaf_node(const Ref<GradSlot>& slot, const Shape& shape, DType dtype);
/// Makes `impl` a leaf whose gradient is wanted.
void attach_leaf(TensorImpl& impl);
/// A non-leaf collects its gradient as well.
void retain_gradient(TensorImpl& impl);
/// After a write in place: `impl` takes the place that `result` has on the tape. A gradient that it retains is from now
/// on that of the new values.
void take_place(TensorImpl& impl, const TensorImpl& result);

/// Notes that an op of this name has been recorded, for the test that no op escapes its tests, and numbers it.
void note_recorded(const OpInfo& info);
/// Gives an op its number: a user's own functions get one too.
void number_op(const OpInfo& info);
/// Counts what nodes of this op hold for backward, for memory_report().
void count_saved(const OpInfo& info, std::int64_t bytes) noexcept;

/// For an AnomalyGuard: throws when `out` holds a value that is not finite; else notes who called the op.
void watch_forward(const OpInfo& info, std::span<const Tensor* const> in, std::span<Tensor* const> out);
/// node.vjp, likewise: throws when a gradient that it has computed is not finite.
void watched_vjp(Node& node, std::span<const Tensor> grads, std::span<Tensor> result, std::uint32_t needs);
std::vector<std::string> recorded_op_names();

}  // namespace descent::autograd
