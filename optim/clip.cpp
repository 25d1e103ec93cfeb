#include "clip.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/ops.h"
#include "../autograd/tensor_impl.h"
#include "../kernels/norm.h"
#include "../kernels/update.h"
#include "sparse-inl.h"

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
    detail::refuse_sparse(owner, params[i].grad());
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
  if (options.per_parameter) {
    std::vector<Tensor> done;  // parameters that share a gradient scale it once
    for (const Tensor& p : params) {
      const Tensor& g = p.grad();
      const auto same = [&](const Tensor& other) { return other.impl() == g.impl(); };
      if (!g.defined() || std::any_of(done.begin(), done.end(), same)) continue;
      done.push_back(g);
      const double factor = clip_factor(norm_of({g.contiguous()}, options.norm_type), max_norm);
      if (factor != 1) change_gradients<Scale>({p}, factor);
    }
    return norm;
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

void check_clip_agc(const char* owner, double clipping, const ClipAgcOptions& options) {
  if (!(clipping >= 0)) fail<std::invalid_argument>(owner, "clipping must be at least 0, got {}", clipping);
  if (!(options.eps >= 0)) fail<std::invalid_argument>(owner, "eps must be at least 0, got {}", options.eps);
}

Tensor agc_gradient(const char* owner, const Tensor& p, double clipping, const ClipAgcOptions& options, double scale) {
  const Tensor& g = p.grad();
  if (!g.defined() || g.numel() == 0 || clipping == kInfinity || (options.exclude_1d && p.dim() <= 1)) return {};
  const NoGradGuard no_grad;
  const auto norm = [](const Tensor& t) {
    if (t.dim() <= 1) return descent::norm(t, 2);
    Shape dims(std::vector<std::int64_t>(static_cast<std::size_t>(t.dim() - 1)));
    for (std::size_t d = 0; d < dims.size(); ++d) dims[d] = static_cast<std::int64_t>(d) + 1;
    return descent::norm(t, 2, dims, true);
  };
  const Tensor of_g = norm(g.detach()) * scale;
  if (options.error_if_nonfinite && !all(isfinite(of_g)).item<bool>()) {
    fail<Error>(owner, "the norms of the gradients must be finite, got one of a parameter of shape {}", p.shape());
  }
  const Tensor limit = clamp_min(norm(p.detach()), options.eps) * clipping, long_ones = of_g > limit;
  if (!any(long_ones).item<bool>()) return {};
  return g.detach() * where(long_ones, limit / of_g, 1.0);
}

void clip_grad_agc_(const std::vector<Tensor>& params, double clipping, const ClipAgcOptions& options) {
  constexpr const char* kName = "clip_grad_agc_";
  check_clip_agc(kName, clipping, options);
  gradients(kName, params);
  std::vector<Tensor> clipped;
  for (const Tensor& p : params) clipped.push_back(agc_gradient(kName, p, clipping, options));
  const NoGradGuard no_grad;
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!clipped[i].defined()) continue;
    if (params[i].grad().is_contiguous()) {
      Tensor(params[i].grad()).copy_(clipped[i]);
    } else {
      Tensor(params[i]).set_grad(clipped[i]);  // may repeat elements
    }
  }
}

}  // namespace descent::optim
