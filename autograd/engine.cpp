// The backward pass: nodes in the reverse order of recording, without recursion.
#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "accumulate-inl.h"
#include "autograd.h"
#include "fail-inl.h"
#include "node.h"
#include "node_index-inl.h"
#include "ops.h"

namespace descent::autograd {
namespace {

struct Capture {
  Node* node;
  std::uint32_t index;
};

/// One backward pass. Everything it makes is local until it has succeeded.
class Pass {
 public:
  Pass(bool create_graph, bool accumulate) : create_graph_(create_graph), accumulate_(accumulate) {}

  void add_root(const Tensor& output, Tensor gradient) {
    const Edge edge = gradient_edge(output);
    roots_.push_back(edge.node);
    add_gradient(edge.node.get(), edge.index, std::move(gradient), "backward");
  }
  /// The results are then only the gradients of these.
  void capture(std::vector<Capture> captures) {
    captures_ = std::move(captures);
    captured_.resize(captures_.size());
    find_needed();
  }

  void run() {
    const GradModeGuard mode(create_graph_);
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end());
      const std::int32_t position = heap_.back().second;
      heap_.pop_back();
      Pending pending = std::move(pending_[static_cast<std::size_t>(position)]);
      free_.push_back(position);
      index_.erase(pending.node);
      visit(pending);
    }
  }

  /// After run(): hands leaf gradients over and frees what was saved.
  void commit(bool retain_graph) {
    if (!results_.empty()) deliver();
    if (!retain_graph) {
      for (Node* node : visited_) node->release_saved();
    }
  }

  std::vector<Tensor> take_captured() { return std::move(captured_); }

 private:
  // First all that may throw, then moves and adds that cannot. What is replaced goes when the lock is open again: the
  // end of a graph may run anything.
  void deliver() {
    static std::mutex leaves;  // passes on several threads may reach the same ones
    std::vector<Tensor> owners;
    for (const auto& [slot, gradient] : results_) owners.push_back(slot->owner());
    const std::lock_guard lock(leaves);
    for (std::size_t i = 0; i < results_.size(); ++i) {
      if (owners[i].defined() && !owners[i].impl()->requires_grad) owners[i] = Tensor();  // switched off since
      if (owners[i].defined()) prepare(*owners[i].impl(), results_[i].second);
    }
    for (std::size_t i = 0; i < results_.size(); ++i) {
      if (!owners[i].defined()) continue;
      Tensor& grad = owners[i].impl()->grad;
      if (adds_in_place(grad, create_graph_))
        add_into(grad, results_[i].second);
      else
        std::swap(grad, results_[i].second);
    }
  }

  struct Pending {
    Node* node = nullptr;
    Tensor first;              // gradient of output 0
    std::vector<Tensor> more;  // of the others
    Tensor& at(std::uint32_t i) {
      if (i == 0) return first;
      if (more.size() < i) more.resize(i);
      return more[i - 1];
    }
  };

  void add_gradient(Node* node, std::uint32_t index, Tensor gradient, const char* from) {
    fit_gradient(node->metas[index], gradient, from);
    std::int32_t& position = index_[node];
    if (position < 0) {
      if (free_.empty()) {
        position = static_cast<std::int32_t>(pending_.size());
        pending_.emplace_back();
      } else {
        position = free_.back();
        free_.pop_back();
      }
      pending_[static_cast<std::size_t>(position)].node = node;
      heap_.emplace_back(node->sequence, position);
      std::push_heap(heap_.begin(), heap_.end());
    }
    accumulate(pending_[static_cast<std::size_t>(position)].at(index), std::move(gradient), create_graph_);
  }

  void visit(Pending& pending) {
    Node& node = *pending.node;
    run_hooks(node, pending);
    for (std::size_t i = 0; i < captures_.size(); ++i) {
      if (captures_[i].node == &node) captured_[i] = pending.at(captures_[i].index);
    }
    if (GradSlot* slot = node.leaf_slot()) {
      if (accumulate_) results_.emplace_back(Ref<GradSlot>::share(slot), std::move(pending.first));
      return;
    }
    std::uint32_t needs = 0;
    for (int i = 0; i < node.inputs; ++i) {
      if (node.edges[i].node && is_needed(node.edges[i]))
        needs |= i < 31 ? std::uint32_t{1} << i : std::uint32_t{1} << 31;
    }
    if (node.unsaved) {
      fail<AutogradError>(node.info->name,
                          "a checkpointed function keeps nothing for a backward within itself; use vjp, jacobian, hvp "
                          "and their kin there, or take the gradient outside of the checkpoint");
    }
    if (node.recomputes) return go_through_again(node, pending);
    if (needs == 0) return;
    if (node.released && node.saved_count > 0) {
      fail<AutogradError>(node.info->name,
                          "backward has already been through this graph and freed what was saved; pass "
                          "{{.retain_graph = true}} the first time");
    }
    make_dense(pending.first);
    for (Tensor& gradient : pending.more) make_dense(gradient);
    Tensor one[1] = {std::move(pending.first)};
    std::span<const Tensor> grads = one;
    std::vector<Tensor> all;
    if (node.outputs > 1) {
      all.push_back(std::move(one[0]));
      for (Tensor& gradient : pending.more) all.push_back(std::move(gradient));
      all.resize(node.outputs);
      if (!all[0].defined() && descent::is_floating_point(node.metas[0].dtype)) {
        all[0] = zeros(node.metas[0].shape, {.dtype = node.metas[0].dtype});
      }
      grads = all;
    }
    Tensor few[4];
    std::vector<Tensor> many;
    std::span<Tensor> result(few, node.inputs);
    if (node.inputs > 4) {
      many.resize(node.inputs);
      result = many;
    }
    if (tape_mode() & kWatching)
      watched_vjp(node, grads, result, needs);
    else
      node.vjp(Saved(node), grads, result, needs);
    one[0] = Tensor();
    if (node.sequence > began_ && !create_graph_)
      node.release_saved();  // recorded by a checkpoint during this pass: nobody else knows it
    else
      visited_.push_back(&node);
    for (int i = 0; i < node.inputs; ++i) {
      const Edge& edge = node.edges[i];
      Tensor& gradient = result[static_cast<std::size_t>(i)];
      if (!gradient.defined() || !edge.node || !is_needed(edge)) continue;
      add_gradient(edge.node.get(), edge.index, std::move(gradient), node.info->name);
    }
  }

  // A sparse gradient is for leaves: formulas are written in ops, which take none.
  static void make_dense(Tensor& gradient) {
    if (gradient.defined() && gradient.impl()->sparse) gradient = gradient.to_dense();
  }

  // A checkpoint saved its inputs alone: what it computed is recorded now, and the pass goes on through that.
  void go_through_again(Node& node, Pending& pending) {
    visited_.push_back(&node);
    const std::vector<Tensor> outputs = node.recompute();
    for (std::uint32_t i = 0; i < outputs.size(); ++i) {
      Tensor& gradient = pending.at(i);
      if (gradient.defined() && outputs[i].requires_grad()) add_root(outputs[i], std::move(gradient));
    }
  }

  void run_hooks(Node& node, Pending& pending) {
    if (!node.extras || node.extras->hooks.empty()) return;
    const std::vector<Hook> hooks = node.extras->hooks;  // a hook may add or remove some
    for (const Hook& hook : hooks) {
      Tensor& gradient = pending.at(hook.index);
      if (!gradient.defined() || hook.retain) continue;
      if (Tensor replaced = (*hook.function)(gradient); replaced.defined()) {
        const OutputMeta& meta = node.metas[hook.index];
        if (replaced.shape() != meta.shape || replaced.dtype() != meta.dtype) {
          fail<AutogradError>("register_hook",
                              "a hook must keep shape and dtype of the gradient, {} {}, it returned {} {}", meta.dtype,
                              meta.shape, replaced.dtype(), replaced.shape());
        }
        gradient = std::move(replaced);
      }
    }
    for (const Hook& hook : hooks) {  // what is retained is what the functions left
      if (!accumulate_ || !hook.retain) continue;
      if (const Tensor& gradient = pending.at(hook.index); gradient.defined())
        results_.emplace_back(hook.retain, gradient);
    }
  }

  // Before anything is committed: what may throw happens here. Afterwards the gradient is either added in place to one
  // that nobody else holds, or moved in.
  void prepare(const TensorImpl& owner, Tensor& gradient) {
    if (owner.shape != gradient.shape() || owner.dtype != gradient.dtype()) {
      fail<AutogradError>("backward", "a leaf of the graph has since changed from {} {} to {} {}", gradient.dtype(),
                          gradient.shape(), owner.dtype, owner.shape);
    }
    const GradModeGuard mode(create_graph_);
    if (!owner.grad.defined())
      gradient = own_gradient(gradient, create_graph_);
    else if (!adds_in_place(owner.grad, create_graph_))
      gradient = sum_of(owner.grad, gradient);
  }

  // Marks the nodes from which a captured one can be reached: only those are worth visiting.
  void find_needed() {
    std::vector<Node*> order;
    for (const Ref<Node>& root : roots_) {
      if (needed_.try_emplace(root.get(), false).second) order.push_back(root.get());
    }
    for (std::size_t i = 0; i < order.size(); ++i) {
      for (int k = 0; k < order[i]->inputs; ++k) {
        Node* next = order[i]->edges[k].node.get();
        if (next && needed_.try_emplace(next, false).second) order.push_back(next);
      }
    }
    std::sort(order.begin(), order.end(), [](Node* a, Node* b) { return a->sequence < b->sequence; });
    for (const Capture& capture : captures_) {
      if (const auto found = needed_.find(capture.node); found != needed_.end()) found->second = true;
    }
    for (Node* node : order) {
      bool& needed = needed_[node];
      needed |= node->recomputes;  // what it leads to is not known yet
      for (int k = 0; k < node->inputs && !needed; ++k) {
        const Node* next = node->edges[k].node.get();
        needed = next && needed_[next];
      }
    }
  }
  bool is_needed(const Edge& edge) const {
    if (accumulate_) return true;
    const auto found = needed_.find(edge.node.get());
    return found == needed_.end() || found->second;  // a checkpoint's graph is not known beforehand
  }

  const bool create_graph_, accumulate_;
  const std::uint64_t began_ = next_op_sequence();
  std::vector<Ref<Node>> roots_;
  std::vector<std::pair<std::uint64_t, std::int32_t>> heap_;  // largest sequence first
  std::vector<Pending> pending_;
  std::vector<std::int32_t> free_;
  NodeIndex index_;
  std::vector<Node*> visited_;
  std::vector<Capture> captures_;
  std::vector<Tensor> captured_;
  std::unordered_map<const Node*, bool> needed_;
  std::vector<std::pair<Ref<GradSlot>, Tensor>> results_;
};

Tensor initial_gradient(const Tensor& output, const Tensor& given, const char* function) {
  if (!output.checked(function).requires_grad) {
    fail<AutogradError>(function,
                        "the output does not require grad: no input did, or it was computed under NoGradGuard");
  }
  if (!given.defined()) {
    if (output.numel() != 1) {
      fail<ShapeError>(function,
                       "an output of shape {} needs a gradient of its shape; only one element has an implicit 1",
                       output.shape());
    }
    return ones(output.shape(), {.dtype = output.dtype()});
  }
  if (given.shape() != output.shape()) {
    fail<ShapeError>(function, "the gradient must have the output's shape, got {} for {}", given.shape(),
                     output.shape());
  }
  if (given.dtype() != output.dtype()) {
    fail<DTypeError>(function, "the gradient must have the output's dtype, got {} for {}", given.dtype(),
                     output.dtype());
  }
  return given;
}

}  // namespace

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const GradOptions& options) {
  if (outputs.empty()) throw std::invalid_argument("grad: outputs must not be empty");
  if (!options.grad_outputs.empty() && options.grad_outputs.size() != outputs.size()) {
    throw std::invalid_argument(fmt::format("grad: grad_outputs must have one entry per output, got {} for {}",
                                            options.grad_outputs.size(), outputs.size()));
  }
  std::vector<Capture> captures;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined()) fail<Error>("grad", "input {} is undefined", i);
    if (!inputs[i].requires_grad()) fail<AutogradError>("grad", "input {} does not require grad", i);
    captures.push_back({inputs[i].impl()->node.get(), inputs[i].impl()->output_index});
  }
  Pass pass(options.create_graph, /*accumulate=*/false);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor given = options.grad_outputs.empty() ? Tensor() : options.grad_outputs[i];
    pass.add_root(outputs[i], initial_gradient(outputs[i], given, "grad"));
  }
  pass.capture(std::move(captures));
  pass.run();
  std::vector<Tensor> result = pass.take_captured();
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (!result[i].defined() && !options.allow_unused) {
      fail<AutogradError>("grad",
                          "the outputs do not depend on input {}; pass {{.allow_unused = true}} to get an "
                          "undefined gradient instead",
                          i);
    }
  }
  pass.commit(options.retain_graph.value_or(options.create_graph));
  return result;
}

}  // namespace descent::autograd

namespace descent {

using namespace autograd;

void Tensor::backward(BackwardOptions options) const { backward(Tensor(), options); }

void Tensor::backward(const Tensor& gradient, BackwardOptions options) const {
  checked("backward");
  Pass pass(options.create_graph, /*accumulate=*/true);
  pass.add_root(*this, initial_gradient(*this, gradient, "backward"));
  pass.run();
  pass.commit(options.retain_graph || options.create_graph);
}

}  // namespace descent
