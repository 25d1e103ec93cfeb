// What Diagnostics warns of. The thresholds and their reasons are in DiagnosticsOptions.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "../optim/optimizer.h"
#include "../optim/sgd.h"
#include "diagnostics.h"

namespace descent::train {
namespace {

/// Counts records in a row for which something holds; true once there are `patience`.
bool persists(std::int64_t& count, bool holds, std::int64_t patience) {
  count = holds ? count + 1 : 0;
  return count >= patience;
}

std::string try_lower(double rate) {
  return fmt::format("a learning rate ten times lower (now {:.3g}); a warm-up", rate);
}

}  // namespace

void Diagnostics::warn(const char* kind, std::size_t layer, const std::string& message, const std::string& advice) {
  for (const Warning& w : warnings_) {
    if (w.kind == kind && w.layer == names_[layer]) return;
  }
  warnings_.push_back({kind, names_[layer], steps_.back().step, message, advice});
  if (options_.on_warning) options_.on_warning(Warning(warnings_.back()));
}

const optim::ParamGroup* Diagnostics::group_of(std::size_t layer) const {
  for (const optim::ParamGroup& group : opt_.param_groups()) {
    for (const Tensor& p : group.params) {
      if (p.impl() == layers_[layer].parameter.impl()) return &group;
    }
  }
  return nullptr;
}

double Diagnostics::rate_of(std::size_t layer) const {
  const optim::ParamGroup* const group = group_of(layer);
  return group ? group->lr() : kNone;
}

std::size_t Diagnostics::fastest() const {
  std::size_t found = 0;
  double most = -1;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (!layers_[i].judged || !(layers_[i].now.update_ratio > most)) continue;
    most = layers_[i].now.update_ratio;
    found = i;
  }
  return found;
}

void Diagnostics::judge() {
  std::size_t last = layers_.size();  // the last layer with a gradient to compare with
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const double rms = layers_[i].now.grad_rms;
    if (layers_[i].judged && rms > 0 && std::isfinite(rms)) last = i;
  }
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = layers_[i];
    if (layer.now.nonfinite_fraction > 0) {
      warn("exploding", i,
           fmt::format("{:.3g} % of the gradient's elements are not finite", 100 * layer.now.nonfinite_fraction),
           fmt::format("look for the operation with autograd::AnomalyGuard: a logarithm, root or division at 0, an "
                       "exponential of something large; else lower the learning rate (now {:.3g}) and clip "
                       "(Optimizer::set_clip_norm)",
                       rate_of(i)));
    }
    if (!layer.judged) continue;
    if (last < layers_.size()) judge_gradient(i, layers_[last]);
    judge_units(i);
    const bool fast = layer.now.update_ratio > options_.update_ratio;
    if (persists(layer.fast, fast, options_.patience)) {
      warn("rate", i,
           fmt::format("every step changes the weights by {:.2g} % of their length", 100 * layer.now.update_ratio),
           try_lower(rate_of(i)));
    }
  }
  judge_loss();
  judge_sharpness();
}

void Diagnostics::judge_gradient(std::size_t index, const Layer& last) {
  Layer& layer = layers_[index];
  const double rms = layer.now.grad_rms, reference = last.now.grad_rms, norm = layer.now.grad_norm;
  const std::string& last_name = names_[static_cast<std::size_t>(&last - layers_.data())];
  if (persists(layer.vanishing, norm == 0 || rms < options_.vanishing * reference, options_.patience)) {
    warn("vanishing", index,
         norm == 0 ? fmt::format("the gradient vanishes: all of its elements are 0, those of {} are not", last_name)
                   : fmt::format("the gradient vanishes: its elements are {:.2g} as large as those of {}",
                                 rms / reference, last_name),
         "ReLU or GELU in place of saturating activations, with nn::init::kaiming_normal_; batch or layer norm; "
         "residual connections");
  }
  if (persists(layer.exploding, rms > options_.exploding * reference, options_.patience)) {
    warn("exploding", index,
         fmt::format("the gradient explodes on its way back: its elements are {:.2g} times as large as those of {}",
                     rms / reference, last_name),
         "smaller initial weights (nn::init::xavier_uniform_, orthogonal_); batch or layer norm; clipping "
         "(Optimizer::set_clip_norm)");
  }
  const bool known = static_cast<std::int64_t>(steps_.size()) > options_.patience && layer.longest > 0;
  if (known && norm > options_.jump * layer.longest && std::isfinite(norm)) {
    warn("exploding", index,
         fmt::format("the gradient jumps: its length {:.3g} is {:.3g} times the longest so far", norm,
                     norm / layer.longest),
         fmt::format("clipping (Optimizer::set_clip_norm, train::fit's clip_norm); a lower learning rate (now {:.3g})",
                     rate_of(index)));
  }
  if (norm > layer.longest && std::isfinite(norm)) layer.longest = norm;
}

void Diagnostics::judge_units(std::size_t index) {
  const Layer& layer = layers_[index];
  if (!(layer.now.dead_fraction >= options_.dead_fraction)) return;
  if (layer.now.grad_norm == 0) {  // where the next layer has no gradient either, these units are not to blame
    const auto next = std::find_if(layers_.begin() + static_cast<std::ptrdiff_t>(index) + 1, layers_.end(),
                                   [](const Layer& l) { return l.judged; });
    if (next != layers_.end() && next->now.grad_norm == 0) return;
  }
  const auto units = static_cast<double>(layer.silent.size());
  warn(
      "dead", index,
      fmt::format("{:.0f} of {:.0f} units are dead: their gradient was 0 in {} records in a row",
                  layer.now.dead_fraction * units, units, options_.dead_after),
      fmt::format("a lower learning rate (now {:.3g}); nn::init::kaiming_normal_; LeakyReLU or GELU; batch norm before "
                  "the activation",
                  rate_of(index)));
}

void Diagnostics::judge_loss() {
  const double loss = steps_.back().loss;
  const std::size_t i = fastest();
  constexpr const char* kBlamed = "and this layer's steps are the longest for their weights";
  if (!std::isfinite(loss)) {
    warn("rate", i, fmt::format("the loss is {}, {}", loss, kBlamed), try_lower(rate_of(i)));
    return;
  }
  const auto n = static_cast<std::size_t>(options_.patience);
  if (steps_.size() < 2 * n) return;
  double first = 0, recent = 0;
  for (std::size_t k = 0; k < n; ++k) {
    first += steps_[k].loss / static_cast<double>(n);
    recent += steps_[steps_.size() - 1 - k].loss / static_cast<double>(n);
  }
  if (!(first > 0 && recent > options_.loss_growth * first)) return;
  warn("rate", i, fmt::format("the loss has grown from {:.3g} to {:.3g}, {}", first, recent, kBlamed),
       try_lower(rate_of(i)));
}

void Diagnostics::judge_sharpness() {
  if (std::isnan(sharpness_) || std::string_view(opt_.name()) != optim::SGDOptions::kName) return;
  const auto i = static_cast<std::size_t>(std::max_element(share_.begin(), share_.end()) - share_.begin());
  const optim::ParamGroup* const group = group_of(i);
  if (group == nullptr) return;
  const auto& o = group->options<optim::SGDOptions>();
  if (o.maximize) return;  // what counts then is the smallest eigenvalue
  const double rate = o.lr, clip = layers_[i].now.clip_factor;
  const double gain = o.momentum > 0 ? 1 - o.dampening : 1;
  const double limit = 2 * (1 + o.momentum) / (gain * (o.nesterov ? 1 + 2 * o.momentum : 1));  // of rate·sharpness
  const double product = rate * (std::isnan(clip) ? 1 : clip) * sharpness_;
  constexpr std::int64_t kMeasurements = 3;
  if (!persists(unstable_, product > options_.instability * limit, kMeasurements)) return;
  warn("rate", i,
       fmt::format("the loss is too sharp for the rate: the largest eigenvalue of its Hessian is {:.3g}, most of it in "
                   "this layer, so steps are stable below {:.2g}",
                   sharpness_, limit / sharpness_),
       fmt::format("that rate (now {:.3g}); a warm-up; clipping", rate));
}

}  // namespace descent::train
