#include "graph_dot.h"

#include "fail-inl.h"
#include "node.h"

namespace descent::autograd {
namespace {

/// Text for a quoted label: quotes and backslashes are Graphviz's, & begins an entity, and a line ends with \n.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '&':
        out += "&amp;";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::string described(DType dtype, const Shape& shape) { return fmt::format("{} {}", dtype, shape); }

std::string saved_lines(const Node& node) {
  std::string out;
  for (int i = 0; i < node.saved_count; ++i) {
    const SavedTensor& saved = node.saved[i];
    const char* kind = saved.source < 16 ? "input" : "output";
    if (saved.alias.defined()) {
      out += fmt::format("\\nsaved {} {}: {}, {} bytes", kind, saved.source % 16,
                         described(saved.alias.dtype(), saved.alias.shape()),
                         static_cast<std::size_t>(saved.alias.numel()) * size_of(saved.alias.dtype()));
    } else if (node.released) {
      out += fmt::format("\\nsaved {} {}: freed", kind, saved.source % 16);
    }
  }
  return out;
}

}  // namespace

std::string graph_dot(const Tensor& tensor, const GraphDotOptions& options) {
  const TensorImpl& impl = tensor.checked("graph_dot");
  std::unordered_map<const Node*, std::string_view> names;
  for (const auto& [name, param] : options.params) {
    if (param.defined() && param.is_leaf() && param.impl()->node) names.try_emplace(param.impl()->node.get(), name);
  }

  std::vector<Node*> order;
  std::unordered_map<const Node*, std::size_t> ids;
  const auto id_of = [&](Node* node) {
    const auto [at, is_new] = ids.try_emplace(node, order.size());
    if (is_new) order.push_back(node);
    return at->second;
  };

  std::string out = "digraph {\n  node [shape=box]\n", edges;
  const bool on_tape = impl.requires_grad && impl.node;
  if (!on_tape || !impl.node->leaf_slot()) {
    out += fmt::format("  out [label=\"{}\", shape=ellipse]\n", described(impl.dtype, impl.shape));
  }
  const auto add_edge = [&](const Edge& edge, const std::string& to) {
    edges += fmt::format("  n{} -> {}", id_of(edge.node.get()), to);
    if (edge.node->outputs > 1) edges += fmt::format(" [label=\"{}\"]", edge.index);
    edges += '\n';
  };
  if (on_tape) {
    if (impl.node->leaf_slot())
      id_of(impl.node.get());
    else
      add_edge(gradient_edge(tensor), "out");
  }
  for (std::size_t k = 0; k < order.size(); ++k) {
    Node& node = *order[k];
    if (node.leaf_slot()) {
      const auto name = names.find(&node);
      out += fmt::format("  n{} [label=\"{}{}{}\", shape=ellipse]\n", k,
                         name == names.end() ? std::string() : escaped(name->second), name == names.end() ? "" : "\\n",
                         described(node.metas[0].dtype, node.metas[0].shape));
      continue;
    }
    out += fmt::format("  n{} [label=\"{}{}\"]\n", k, escaped(node.info->name),
                       options.show_saved ? saved_lines(node) : std::string());
    for (int i = 0; i < node.inputs; ++i) {
      if (node.edges[i].node) add_edge(node.edges[i], fmt::format("n{}", k));
    }
  }
  return out + edges + "}\n";
}

}  // namespace descent::autograd
