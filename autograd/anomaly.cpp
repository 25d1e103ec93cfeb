#include "anomaly.h"

#define BOOST_STACKTRACE_DYN_LINK  // the linked backend: the header's own knows no lines
#include <boost/stacktrace.hpp>
#include <cmath>
#include <string>
#include <utility>

#include "fail-inl.h"
#include "node.h"
#include "ops/create.h"

namespace descent::autograd {

/// Who called a recorded op. One that a formula recorded has the lines of the op whose gradient the formula is.
struct CallTrace {
  boost::stacktrace::stacktrace lines;
  std::string gradients;  // "the gradient of mul, the gradient of sqrt, "
};

namespace {

constinit thread_local const Node* in_formula_of = nullptr;  // whose vjp runs under a guard

/// The trace from the op's function outwards: the machinery that ran it is left out, and what lies under main.
std::string lines_of(const boost::stacktrace::stacktrace& trace) {
  constexpr std::size_t kMost = 16;
  constexpr const char* kOurs[] = {
      "boost::stacktrace",     "autograd::watch_forward", "autograd::(anonymous namespace)::note_caller",
      "autograd::apply",       "autograd::detail::",      "std::__invoke",
      "std::_Function_handler"};
  std::string text;
  std::size_t count = 0;
  for (const boost::stacktrace::frame& frame : trace) {
    const std::string name = frame.name(), file = frame.source_file();
    bool ours = false;
    for (const char* part : kOurs) ours |= name.find(part) != std::string::npos;
    if (ours) continue;
    if (name.starts_with("__libc") || name == "_start" || count++ == kMost) break;
    text += fmt::format("\n  {}", name.empty() ? "?" : name);
    if (!file.empty()) text += fmt::format(" at {}:{}", file, frame.source_line());
  }
  return text;
}

/// "inf" or "nan" when the tensor holds one, else nullptr. An infinity is named only where there is no NaN.
const char* not_finite(const Tensor& t) {
  if (!t.defined() || !descent::is_floating_point(t.dtype()) || t.numel() == 0) return nullptr;
  if (t.impl()->sparse) return not_finite(t.impl()->rows->values);
  const TapeModeGuard quiet(0);
  const char* found = nullptr;
  const Tensor values = t.contiguous();
  kernels::dispatch_float(t.dtype(), [&]<class T>() {
    const T* v = data_of<T>(values);
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      if (std::isfinite(v[i])) continue;
      found = std::isnan(v[i]) ? "nan" : found ? found : "inf";
      if (std::isnan(v[i])) return;
    }
  });
  return found;
}

std::string shapes_of(std::span<const Tensor* const> in) {
  std::string text;
  for (const Tensor* t : in) {
    if (!text.empty()) text += ", ";
    text += t->defined() ? fmt::format("{} {}", t->dtype(), t->shape()) : "none";
  }
  return text.empty() ? "none" : text;
}

/// Notes at the node of a new result who called.
void note_caller(std::span<Tensor* const> out) {
  if (!grad_enabled()) return;
  for (const Tensor* t : out) {
    Node* const node = t->defined() ? t->impl()->node.get() : nullptr;
    if (!node || node->leaf_slot() || (node->extras && node->extras->called)) continue;
    auto trace = std::make_shared<CallTrace>();
    if (!in_formula_of) {
      trace->lines = boost::stacktrace::stacktrace();
    } else {
      const NodeExtras* const extras = in_formula_of->extras.get();
      if (extras && extras->called) *trace = *extras->called;
      trace->gradients = fmt::format("the gradient of {}, {}", in_formula_of->info->name, trace->gradients);
    }
    node->own_extras().called = std::move(trace);
  }
}

}  // namespace

AnomalyGuard::AnomalyGuard() : before_(tape_mode()) { set_tape_mode(before_ | kWatching); }

AnomalyGuard::~AnomalyGuard() { set_tape_mode(before_); }

void watch_forward(const OpInfo& info, std::span<const Tensor* const> in, std::span<Tensor* const> out) {
  for (std::size_t i = 0; i < out.size() && !in_formula_of; ++i) {  // a formula is looked at as a whole
    const char* what = not_finite(*out[i]);
    if (!what) continue;
    std::string where = out.size() > 1 ? fmt::format("output {}", i) : "its result";
    for (std::size_t k = 0; k < in.size(); ++k) {
      if (const char* before = not_finite(*in[k])) where += fmt::format(" (input {} held {} already)", k, before);
    }
    fail<AutogradError>(info.name, "{} in {}, of inputs {}; called by{}", what, where, shapes_of(in),
                        lines_of(boost::stacktrace::stacktrace()));
  }
  note_caller(out);
}

void watched_vjp(Node& node, std::span<const Tensor> grads, std::span<Tensor> result, std::uint32_t needs) {
  {
    struct Inside {
      const Node* before;
      ~Inside() { in_formula_of = before; }
    } const inside{std::exchange(in_formula_of, &node)};
    node.vjp(Saved(node), grads, result, needs);
  }
  if (in_formula_of) return;  // a pass within somebody's formula
  for (std::size_t i = 0; i < result.size(); ++i) {
    const char* what = not_finite(result[i]);
    if (!what) continue;
    std::string where, shapes;
    for (std::size_t k = 0; k < grads.size(); ++k) {
      const char* const before = not_finite(grads[k]);
      if (before) where += fmt::format(" (the gradient of output {} held {} already)", k, before);
    }
    for (int k = 0; k < node.inputs; ++k) {
      const Edge& edge = node.edges[k];
      shapes += k ? ", " : "";
      shapes += edge.node ? fmt::format("{}", edge.node->metas[edge.index].shape) : "no gradient";
    }
    std::string gradients, lines;
    if (node.extras && node.extras->called) {
      gradients = node.extras->called->gradients;
      lines = lines_of(node.extras->called->lines);
    }
    if (lines.empty()) lines = " unknown lines: the guard was not active in forward";
    fail<AutogradError>(node.info->name, "{} in the gradient of input {}{}, of inputs {}; called {}{}in forward by{}",
                        what, i, where, shapes, gradients.empty() ? "" : "in ", gradients, lines);
  }
}

}  // namespace descent::autograd
