#include "clip.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/tensor_impl.h"
#include "../kernels/norm.h"
#include "../kernels/update.h"

namespace descent::optim {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void check_norm_type(const char* owner, double norm_type) {
  if (!(norm_type > 0)) fail<std::invalid_argument>(owner, "norm_type must be above 0, got {}", norm_type);
}

/// The gradients that are there, row-major (a copy where one has gaps). Throws for an undefined parameter.
std::vector<Tensor> gradients(const char* owner, const std::vector<Tensor>& params) {
  std::vector<Tensor> out;
  out.reserve(params.size());
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].defined()) fail<std::invalid_argument>(owner, "parameter {} must be defined", i);
    if (const Tensor& g = params[i].grad(); g.defined()) out.push_back(g.contiguous());
  }
  return out;
}

double norm_of(const std::vector<Tensor>& grads, double p) {
  const auto largest = [&] {
    double most = 0;
    for (const Tensor& g : grads) {
      const double x = kernels::norm_max(autograd::view_of(g));
      if (x > most || std::isnan(x)) most = x;
      if (std::isnan(most)) break;
    }
    return most;
  };
  const auto sum = [&](kernels::Power power, double divisor) {
    double total = 0;
    for (const Tensor& g : grads) total += kernels::norm_sum(power, autograd::view_of(g), divisor, p);
    return total;
  };
  if (p == kInfinity) return largest();
  if (p == 1) return sum(kernels::Power::One, 1);
  if (p == 2) {
    const double squares = sum(kernels::Power::Two, 1);
    if (squares > 1e-280 && squares < kInfinity) return std::sqrt(squares);
  }
  // ‖g‖ = M·‖g/M‖ with M = max|g|: no power overflows, and none that matters vanishes.
  const double most = largest();
  if (most == 0 || !std::isfinite(most)) return most;
  return p == 2 ? most * std::sqrt(sum(kernels::Power::Two, most))
                : most * std::pow(sum(kernels::Power::Any, most), 1 / p);
}

template <class T>
struct Scale {
  T factor;
  void operator()(T& g, T) const { g *= factor; }
};

template <class T>
struct Clamp {
  T limit;
  void operator()(T& g, T) const { g = g > limit ? limit : g < -limit ? -limit : g; }
};

/// Applies a rule to each gradient once, also where parameters share one.
template <template <class> class Rule>
void change_gradients(const std::vector<Tensor>& params, double number) {
  NoGradGuard no_grad;
  std::unordered_set<const void*> done;
  for (Tensor p : params) {
    Tensor g = p.grad();
    if (!g.defined() || g.numel() == 0) continue;
    const bool in_place = g.is_contiguous();
    if (!in_place) g = g.clone();  // may repeat elements: it is replaced
    kernels::dispatch_float(g.dtype(), [&]<class T>() {
      if (in_place && !done.insert(std::as_const(g).template data<T>()).second) return;
      T* data = g.template data<T>();
      kernels::update(Rule<T>{T(number)}, g.numel(), data, static_cast<const T*>(data));  // the rules ignore the second
    });
    if (!in_place) p.set_grad(g);
  }
}

}  // namespace

void check_clip(const char* owner, double max_norm, const ClipGradNormOptions& options) {
  if (!(max_norm >= 0)) fail<std::invalid_argument>(owner, "max_norm must be at least 0, got {}", max_norm);
  check_norm_type(owner, options.norm_type);
}

double grad_norm(const std::vector<Tensor>& params, const ClipGradNormOptions& options) {
  constexpr const char* kName = "grad_norm";
  check_norm_type(kName, options.norm_type);
  const double norm = norm_of(gradients(kName, params), options.norm_type);
  if (options.error_if_nonfinite && !std::isfinite(norm)) {
    fail<Error>(kName, "the norm of the gradients must be finite, got {}", norm);
  }
  return norm;
}

double clip_factor(double norm, double max_norm) {
  const double factor = max_norm / (norm + 1e-6);
  return factor > 1 ? 1 : factor;
}

double clip_grad_norm_(const std::vector<Tensor>& params, double max_norm, const ClipGradNormOptions& options) {
  constexpr const char* kName = "clip_grad_norm_";
  check_clip(kName, max_norm, options);
  const double norm = norm_of(gradients(kName, params), options.norm_type);
  if (options.error_if_nonfinite && !std::isfinite(norm)) {
    fail<Error>(kName, "the norm of the gradients must be finite, got {}", norm);
  }
  const double factor = clip_factor(norm, max_norm);
  if (factor != 1) change_gradients<Scale>(params, factor);
  return norm;
}

void clip_grad_value_(const std::vector<Tensor>& params, double clip_value) {
  constexpr const char* kName = "clip_grad_value_";
  if (!(clip_value >= 0)) fail<std::invalid_argument>(kName, "clip_value must be at least 0, got {}", clip_value);
  gradients(kName, params);
  change_gradients<Clamp>(params, clip_value);
}

}  // namespace descent::optim
