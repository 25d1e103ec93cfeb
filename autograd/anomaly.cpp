#include "anomaly.h"

#define BOOST_STACKTRACE_DYN_LINK  // the linked backend: the header's own knows no lines
#include <boost/stacktrace.hpp>
#include <cmath>
#include <string>
#include <unordered_map>

#include "fail-inl.h"
#include "node.h"
#include "ops/create.h"

namespace descent::autograd {

/// Who called each recorded op, by the sequence number of its node.
struct AnomalyGuard::Traces {
  std::unordered_map<std::uint64_t, boost::stacktrace::stacktrace> calls;
};

namespace {

thread_local AnomalyGuard::Traces* traces = nullptr;

/// The trace from the op's function outwards: the machinery that ran it is left out, and what lies under main.
std::string lines_of(const boost::stacktrace::stacktrace& trace) {
  constexpr std::size_t kMost = 16;
  constexpr const char* kOurs[] = {"boost::stacktrace", "autograd::watch_forward", "autograd::apply",
                                   "autograd::detail::run_function"};
  std::string text;
  std::size_t count = 0;
  for (const boost::stacktrace::frame& frame : trace) {
    const std::string name = frame.name(), file = frame.source_file();
    bool ours = false;
    for (const char* part : kOurs) ours |= count == 0 && name.find(part) != std::string::npos;
    if (ours) continue;
    if (name.starts_with("__libc") || name == "_start" || count++ == kMost) break;
    text += fmt::format("\n  {}", name.empty() ? "?" : name);
    if (!file.empty()) text += fmt::format(" at {}:{}", file, frame.source_line());
  }
  return text;
}

/// "inf" or "nan" when the tensor holds one, else nullptr. An infinity is named only where there is no NaN.
const char* not_finite(const Tensor& t) {
  if (!t.defined() || t.impl()->sparse || !descent::is_floating_point(t.dtype()) || t.numel() == 0) return nullptr;
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

}  // namespace

AnomalyGuard::AnomalyGuard() : before_(tape_mode()) {
  if (!traces) {
    traces = own_ = new Traces;
  }
  set_tape_mode(before_ | kWatching);
}

AnomalyGuard::~AnomalyGuard() {
  if (own_) traces = nullptr;
  delete own_;
  set_tape_mode(before_);
}

void watch_forward(const OpInfo& info, std::span<const Tensor* const> in, std::span<Tensor* const> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char* what = not_finite(*out[i]);
    if (!what) continue;
    std::string where = out.size() > 1 ? fmt::format("output {}", i) : "its result";
    for (std::size_t k = 0; k < in.size(); ++k) {
      if (const char* before = not_finite(*in[k])) where += fmt::format(" (input {} held {} already)", k, before);
    }
    fail<AutogradError>(info.name, "{} in {}, of inputs {}; called by{}", what, where, shapes_of(in),
                        lines_of(boost::stacktrace::stacktrace()));
  }
  if (traces && !out.empty() && out[0]->impl()->node) {
    traces->calls.insert_or_assign(out[0]->impl()->node->sequence, boost::stacktrace::stacktrace());
  }
}

void watch_backward(const Node& node, std::span<const Tensor> gradients) {
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const char* what = not_finite(gradients[i]);
    if (!what) continue;
    std::string shapes;
    for (int k = 0; k < node.inputs; ++k) {
      const Edge& edge = node.edges[k];
      shapes += k ? ", " : "";
      shapes += edge.node ? fmt::format("{}", edge.node->metas[edge.index].shape) : "no gradient";
    }
    std::string called = "unknown lines: the guard was not active in forward";
    if (traces) {
      if (const auto found = traces->calls.find(node.sequence); found != traces->calls.end()) {
        called = lines_of(found->second);
      }
    }
    fail<AutogradError>(node.info->name, "{} in the gradient of input {}, of inputs {}; called in forward by{}{}", what,
                        i, shapes, called[0] == '\n' ? "" : " ", called);
  }
}

}  // namespace descent::autograd
