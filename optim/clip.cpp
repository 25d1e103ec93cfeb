// Clipping by norm and by value.
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
#include "clip-inl.h"
#include "rows-inl.h"
#include "sparse-inl.h"

namespace descent::optim {
namespace {

using detail::Clipped;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void check_norm_type(const char* owner, double norm_type) {
  if (!(norm_type > 0)) fail<std::invalid_argument>(owner, "norm_type must be above 0, got {}", norm_type);
}

/// The gradients that are there. Throws for an undefined parameter.
std::vector<Clipped> gradients(const char* owner, const std::vector<Tensor>& params) {
  std::vector<Clipped> out;
  out.reserve(params.size());
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].defined()) fail<std::invalid_argument>(owner, "parameter {} must be defined", i);
    detail::refuse_sparse(owner, params[i].grad());
    if (const Tensor& g = params[i].grad(); g.defined()) out.push_back({g});
  }
  return out;
}

/// A stretch of contiguous memory, times a factor.
struct Piece {
  kernels::View x;
  double factor = 1;
};

double norm_of(const std::vector<Piece>& pieces, double p) {
  const auto largest = [&] {
    double most = 0;
    for (const Piece& piece : pieces) {
      const double x = kernels::norm_max(piece.x) * piece.factor;
      if (x > most || std::isnan(x)) most = x;
      if (std::isnan(most)) break;
    }
    return most;
  };
  const auto sum = [&](kernels::Power power, double divisor) {
    double total = 0;
    for (const Piece& piece : pieces) total += kernels::norm_sum(power, piece.x, divisor / piece.factor, p);
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

namespace detail {

void check_clip(const char* owner, double max_norm, const ClipGradNormOptions& options) {
  if (!(max_norm >= 0)) fail<std::invalid_argument>(owner, "max_norm must be at least 0, got {}", max_norm);
  check_norm_type(owner, options.norm_type);
}

void check_clip_value(const char* owner, double clip_value) {
  if (!(clip_value >= 0)) fail<std::invalid_argument>(owner, "clip_value must be at least 0, got {}", clip_value);
}

double norm_of(const char* owner, const std::vector<Clipped>& gradients, const ClipGradNormOptions& options) {
  std::vector<Tensor> dense;  // copies of gradients with gaps
  std::vector<Piece> pieces;
  const std::int64_t one = 1;
  std::vector<std::int64_t> lengths(gradients.size());
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const Factors none = {1},
                  &factors = gradients[i].factors && !gradients[i].factors->empty() ? *gradients[i].factors : none;
    const Tensor& g = dense.emplace_back(gradients[i].gradient.contiguous());
    kernels::View row = autograd::view_of(g);
    lengths[i] = row.numel / static_cast<std::int64_t>(factors.size());
    row = {row.data, &lengths[i], &one, lengths[i], 1, row.dtype, true};
    for (const double factor : factors) {
      pieces.push_back({row, factor});
      row.data = static_cast<char*>(row.data) + static_cast<std::size_t>(lengths[i]) * size_of(row.dtype);
    }
  }
  const double norm = optim::norm_of(pieces, options.norm_type);
  if (options.error_if_nonfinite && !std::isfinite(norm)) {
    fail<Error>(owner, "the norm of the gradients must be finite, got {}", norm);
  }
  return norm;
}

double clip_factor(double norm, double max_norm) {
  const double factor = max_norm / (norm + 1e-6);
  return factor > 1 ? 1 : factor;
}

void apply_factors(const Tensor& g, const Factors& factors) {
  kernels::dispatch_float(g.dtype(), [&]<class T>() {
    T* const x = Tensor(g).data<T>();
    const std::int64_t rows = static_cast<std::int64_t>(factors.size()), n = g.numel() / rows;
    for_rows(rows, n, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        const Scale<T> scale{T(factors[static_cast<std::size_t>(r)])};
        kernels::update(scale, n, x + r * n, static_cast<const T*>(x + r * n));  // the rule ignores the second
      }
    });
  });
}

}  // namespace detail

double grad_norm(const std::vector<Tensor>& params, const ClipGradNormOptions& options) {
  constexpr const char* kName = "grad_norm";
  check_norm_type(kName, options.norm_type);
  return detail::norm_of(kName, gradients(kName, params), options);
}

double clip_grad_norm_(const std::vector<Tensor>& params, double max_norm, const ClipGradNormOptions& options) {
  constexpr const char* kName = "clip_grad_norm_";
  detail::check_clip(kName, max_norm, options);
  const double norm = detail::norm_of(kName, gradients(kName, params), options);
  if (!options.per_parameter) {
    const double factor = detail::clip_factor(norm, max_norm);
    if (factor != 1) change_gradients<Scale>(params, factor);
    return norm;
  }
  std::vector<Tensor> done;  // parameters that share a gradient scale it once
  for (const Tensor& p : params) {
    const Tensor& g = p.grad();
    const auto same = [&](const Tensor& other) { return other.impl() == g.impl(); };
    if (!g.defined() || std::any_of(done.begin(), done.end(), same)) continue;
    done.push_back(g);
    const double factor = detail::clip_factor(
        detail::norm_of(kName, {{g}}, {.norm_type = options.norm_type, .error_if_nonfinite = false}), max_norm);
    if (factor != 1) change_gradients<Scale>({p}, factor);
  }
  return norm;
}

void clip_grad_value_(const std::vector<Tensor>& params, double clip_value) {
  constexpr const char* kName = "clip_grad_value_";
  detail::check_clip_value(kName, clip_value);
  gradients(kName, params);
  change_gradients<Clamp>(params, clip_value);
}

}  // namespace descent::optim
