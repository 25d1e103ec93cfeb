// Adaptive gradient clipping.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/tensor_impl.h"
#include "clip-inl.h"
#include "rows-inl.h"
#include "sparse-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct Squares {
  static constexpr int kSums = 2;
  std::array<T, 2> measure(T p, T g) const { return {p, g}; }
};

/// ‖x‖ from Σx², or anew where squares of doubles overflowed or vanished.
template <class T>
double root(double squares, const T* x, std::int64_t n) {
  const bool safe = squares > 1e-280 && squares < std::numeric_limits<double>::infinity();
  if (safe || std::is_same_v<T, float> || std::isnan(squares)) return std::sqrt(squares);
  double most = 0, sum = 0;
  for (std::int64_t i = 0; i < n; ++i) most = std::max(most, std::abs(double(x[i])));
  if (most == 0 || std::isinf(most)) return most;
  for (std::int64_t i = 0; i < n; ++i) sum += x[i] / most * (x[i] / most);
  return most * std::sqrt(sum);
}

}  // namespace

namespace detail {

void check_clip_agc(const char* owner, double clipping, const ClipAgcOptions& options) {
  if (!(clipping >= 0)) fail<std::invalid_argument>(owner, "clipping must be at least 0, got {}", clipping);
  if (!(options.eps >= 0)) fail<std::invalid_argument>(owner, "eps must be at least 0, got {}", options.eps);
}

Factors agc_factors(const char* owner, const Tensor& p, double clipping, const ClipAgcOptions& options, double scale) {
  if (!p.grad().defined() || p.numel() == 0 || clipping == std::numeric_limits<double>::infinity()) return {};
  if (options.exclude_1d && p.dim() <= 1) return {};
  if (p.grad().dtype() != p.dtype()) {
    fail<DTypeError>(owner, "the gradient of a parameter of shape {} must be {}, got {}", p.shape(), p.dtype(),
                     p.grad().dtype());
  }
  if (!(p.grad().shape() == p.shape())) {
    fail<ShapeError>(owner, "the gradient of a parameter of shape {} must have its shape, got {}", p.shape(),
                     p.grad().shape());
  }
  const NoGradGuard no_grad;
  const Tensor weights = p.detach().contiguous(), g = p.grad().detach().contiguous();
  const std::int64_t rows = p.dim() <= 1 ? 1 : p.size(0), n = p.numel() / rows;
  Factors factors(static_cast<std::size_t>(rows));
  kernels::dispatch_float(p.dtype(), [&]<class T>() {
    const T *const x = autograd::data_of<T>(weights), *const y = autograd::data_of<T>(g);
    for_rows(rows, n, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        double sums[2];
        kernels::measure(Squares<T>{}, n, x + r * n, y + r * n, sums);
        // std::max would take NaN for eps.
        const double of_p = root(sums[0], x + r * n, n), of_g = root(sums[1], y + r * n, n) * scale,
                     limit = clipping * (of_p < options.eps ? options.eps : of_p);
        factors[static_cast<std::size_t>(r)] = std::isfinite(of_g) || !options.error_if_nonfinite
                                                   ? (of_g > limit ? limit / of_g : 1)
                                                   : std::numeric_limits<double>::quiet_NaN();
      }
    });
  });
  if (options.error_if_nonfinite && std::any_of(factors.begin(), factors.end(), [](double f) { return f != f; })) {
    fail<Error>(owner, "the norms of the gradients must be finite, got one of a parameter of shape {}", p.shape());
  }
  if (std::all_of(factors.begin(), factors.end(), [](double f) { return f == 1; })) factors.clear();
  return factors;
}

}  // namespace detail

void clip_grad_agc_(const std::vector<Tensor>& params, double clipping, const ClipAgcOptions& options) {
  constexpr const char* kName = "clip_grad_agc_";
  detail::check_clip_agc(kName, clipping, options);
  std::vector<detail::Factors> factors;
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].defined()) fail<std::invalid_argument>(kName, "parameter {} must be defined", i);
    detail::refuse_sparse(kName, params[i].grad());
    factors.push_back(detail::agc_factors(kName, params[i], clipping, options));
  }
  const NoGradGuard no_grad;
  std::unordered_set<const void*> done;  // parameters that share a gradient scale it once
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (factors[i].empty()) continue;
    Tensor g = params[i].grad();
    const bool in_place = g.is_contiguous();
    if (!in_place) g = g.clone();  // may repeat elements: it is replaced
    if (in_place && !done.insert(g.impl()->data).second) continue;
    detail::apply_factors(g, factors[i]);
    if (!in_place) Tensor(params[i]).set_grad(g);
  }
}

}  // namespace descent::optim
