// What is recorded of a step. The warnings are in diagnostics_rules.cpp, tables and pictures in diagnostics_output.cpp.
#include "diagnostics.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/ops.h"
#include "../autograd/tensor_impl.h"
#include "../kernels/norm.h"
#include "../nn/embedding.h"
#include "../optim/optimizer.h"
#include "sharpness.h"

namespace descent::train {
namespace {

constexpr const char* kOp = "Diagnostics";

/// ‖t‖₂, summed in double.
double length(const Tensor& t) {
  return std::sqrt(kernels::norm_sum(kernels::Power::Two, autograd::view_of(t.contiguous())));
}

double ratio(double a, double b) { return b > 0 ? a / b : kNone; }

struct Counts {
  std::int32_t zero = 0, nonfinite = 0;
};

template <class T>
Counts count(const T* x, std::int32_t n) {
  Counts c;
  for (std::int32_t i = 0; i < n; ++i) {
    c.zero += x[i] == 0 ? 1 : 0;
    c.nonfinite += x[i] - x[i] == 0 ? 0 : 1;
  }
  return c;
}

/// Zeros and non-finite elements of n numbers in a row.
std::pair<std::int64_t, std::int64_t> count_row(const Tensor& g, std::int64_t begin, std::int64_t n) {
  std::int64_t zero = 0, nonfinite = 0;
  constexpr std::int64_t kBlock = 1 << 20;  // counts of 32 bits are as wide as floats, so that loops vectorise
  for (std::int64_t at = 0; at < n; at += kBlock) {
    const auto length = static_cast<std::int32_t>(std::min(kBlock, n - at));
    const Counts c = g.dtype() == float64 ? count(autograd::data_of<double>(g) + begin + at, length)
                                          : count(autograd::data_of<float>(g) + begin + at, length);
    zero += c.zero;
    nonfinite += c.nonfinite;
  }
  return {zero, nonfinite};
}

}  // namespace

Diagnostics::Diagnostics(const nn::Module& net, const optim::Optimizer& opt, const DiagnosticsOptions& options)
    : opt_(opt), options_(options) {
  check();
  add(net.named_parameters());
  nn::Module handle = net;
  std::vector<const nn::Module*> modules{&net};  // the handle knows its children, but not of what class net is
  for (const nn::Module* module : handle.modules()) modules.push_back(module);
  for (const nn::Module* module : modules) {  // a row of an embedding is silent when its word does not come up
    if (!dynamic_cast<const nn::Embedding*>(module) && !dynamic_cast<const nn::EmbeddingBag*>(module)) continue;
    for (const Tensor& p : module->parameters()) {
      for (Layer& layer : layers_) layer.units = layer.units && layer.parameter.impl() != p.impl();
    }
  }
}

Diagnostics::Diagnostics(const StateDict& parameters, const optim::Optimizer& opt, const DiagnosticsOptions& options)
    : opt_(opt), options_(options) {
  check();
  add(parameters);
}

void Diagnostics::check() const {
  const auto refuse = [](const char* option, const char* rule, auto value) {
    throw std::invalid_argument(fmt::format("{}: {} must be {}, got {}", kOp, option, rule, value));
  };
  const DiagnosticsOptions& o = options_;
  if (o.every < 1) refuse("every", "at least 1", o.every);
  if (o.sharpness_every < 0) refuse("sharpness_every", "at least 0", o.sharpness_every);
  if (o.patience < 1) refuse("patience", "at least 1", o.patience);
  if (o.dead_after < 1) refuse("dead_after", "at least 1", o.dead_after);
  if (!(o.vanishing >= 0 && o.vanishing < 1)) refuse("vanishing", "in [0, 1)", o.vanishing);
  if (!(o.dead_fraction > 0 && o.dead_fraction <= 1)) refuse("dead_fraction", "in (0, 1]", o.dead_fraction);
  if (!(o.update_ratio > 0)) refuse("update_ratio", "above 0", o.update_ratio);
  if (!(o.exploding > 1)) refuse("exploding", "above 1", o.exploding);
  if (!(o.jump > 1)) refuse("jump", "above 1", o.jump);
  if (!(o.loss_growth > 1)) refuse("loss_growth", "above 1", o.loss_growth);
  if (!(o.instability > 0)) refuse("instability", "above 0", o.instability);
}

void Diagnostics::add(const StateDict& parameters) {
  for (const auto& [name, p] : parameters) {
    if (!p.defined() || !p.requires_grad()) continue;
    Layer layer;
    layer.parameter = p;
    layer.judged = layer.units = p.dim() >= 2 && p.numel() > 0;
    names_.push_back(name);
    layers_.push_back(std::move(layer));
  }
  if (layers_.empty()) throw std::invalid_argument(fmt::format("{}: there is no parameter that requires grad", kOp));
}

void Diagnostics::before_backward(const Tensor& loss) {
  if (options_.sharpness_every == 0 || !recording() || !std::isnan(sharpness_)) return;
  if (static_cast<std::int64_t>(steps_.size()) % options_.sharpness_every != 0) return;
  std::vector<Tensor> params;
  for (const Layer& layer : layers_) params.push_back(layer.parameter);
  Sharpness found = sharpness(loss, params);
  sharpness_ = found.value;
  share_ = std::move(found.share);
}

void Diagnostics::before_step() {
  if (!recording()) return;
  const NoGradGuard no_grad;
  for (Layer& layer : layers_) {
    if (!begun_) layer.before = layer.parameter.detach().clone();
    measure_gradient(layer);
  }
  begun_ = true;
}

void Diagnostics::measure_gradient(Layer& layer) {
  layer.now = {};
  layer.empty_rows.clear();
  Tensor g = layer.parameter.grad();
  if (!g.defined()) return;
  const bool sparse = g.is_sparse();
  g = (sparse ? g.values() : g).detach().contiguous();
  const bool units = layer.units && !sparse;
  const std::int64_t n = g.numel(), rows = units ? g.size(0) : 1, columns = n / rows;
  std::int64_t zero = 0, nonfinite = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto [zero_here, nonfinite_here] = count_row(g, r * columns, columns);
    zero += zero_here;
    nonfinite += nonfinite_here;
    if (units) layer.empty_rows.push_back(zero_here == columns);
  }
  const auto all = static_cast<double>(n);
  layer.now.grad_norm = length(g);
  layer.now.grad_rms = ratio(layer.now.grad_norm, std::sqrt(static_cast<double>(n - zero)));
  layer.now.zero_fraction = ratio(static_cast<double>(zero), all);
  layer.now.nonfinite_fraction = ratio(static_cast<double>(nonfinite), all);
}

void Diagnostics::measure_step(Layer& layer) const {
  LayerStep& now = layer.now;
  const Tensor p = layer.parameter.detach();
  now.weight_norm = length(layer.before);
  now.update_norm = length(p - layer.before);
  layer.before = Tensor();
  now.update_ratio = ratio(now.update_norm, now.weight_norm);
  now.effective_rate = ratio(now.update_norm, now.grad_norm);
  const Tensor& g = layer.parameter.grad();
  if (!std::isnan(now.grad_norm) && g.defined()) {  // what clipping by hand left, and the optimizer of that
    const double left = length(g.is_sparse() ? g.values() : g.detach());
    now.clip_factor = (now.grad_norm > 0 ? left / now.grad_norm : 1) * opt_.clip_factor(layer.parameter);
  }
  if (layer.empty_rows.empty()) return;
  layer.silent.resize(layer.empty_rows.size());
  double dead = 0;
  for (std::size_t r = 0; r < layer.silent.size(); ++r) {
    layer.silent[r] = layer.empty_rows[r] ? layer.silent[r] + 1 : 0;
    dead += layer.silent[r] >= options_.dead_after ? 1 : 0;
  }
  now.dead_fraction = dead / static_cast<double>(layer.silent.size());
}

void Diagnostics::after_step(double loss) {
  if (!recording()) {
    ++done_;
    return;
  }
  if (!begun_) fail<Error>(kOp, "after_step must come after before_step and the optimizer's step");
  const NoGradGuard no_grad;
  DiagnosticsStep step{done_ + 1, loss, sharpness_, {}};
  for (Layer& layer : layers_) {
    measure_step(layer);
    step.layers.push_back(layer.now);
  }
  steps_.push_back(std::move(step));
  ++done_;
  judge();
  cancel_step();
}

void Diagnostics::after_step(const Tensor& loss) { after_step(loss.item<double>()); }

void Diagnostics::cancel_step() noexcept {
  begun_ = false;
  sharpness_ = kNone;
  for (Layer& layer : layers_) layer.before = Tensor();
}

}  // namespace descent::train
