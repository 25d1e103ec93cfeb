#include "adafactor.h"

#include <limits>

#include "driver-inl.h"

namespace descent::optim {
namespace {

/// The numbers of one step of one parameter.
template <class T>
struct Numbers {
  T scale, decay, w, eps0;
  double eps1, rho, d, n;
  bool scale_parameter;
  Numbers(const AdafactorOptions& o, std::int64_t step, double factor, const Tensor& p)
      : scale(T(factor)),
        decay(T(1 - o.lr * o.weight_decay)),
        w(T(std::pow(static_cast<double>(step), o.beta2_decay))),
        eps0(std::max(T(o.eps.first), std::numeric_limits<T>::min())),
        eps1(o.eps.second),
        rho(o.lr),
        d(o.d),
        n(static_cast<double>(p.numel())),
        scale_parameter(o.scale_parameter) {
    const double t = static_cast<double>(step);
    if (o.relative_step) rho = std::min(o.warmup_init ? 1e-6 * t : o.lr, 1 / std::sqrt(t));
  }
  /// The factor of u, from Σp² and Σu².
  T rate(double p, double u) const {
    const double length = scale_parameter ? std::max(eps1, std::sqrt(p / n)) : 1;
    return T(length * rho / std::max(1.0, std::sqrt(u / n) / d));
  }
};

template <class T>
struct VectorRule : Numbers<T> {
  static constexpr int kSums = 2;
  T a = 0;
  using Numbers<T>::Numbers;
  T direction(T g, T v) const { return this->scale * g / kernels::sqrt(v); }
  std::array<T, 2> measure(T p, T g, T& v) const {
    const T x = this->scale * g;
    v = kernels::flush(v + this->w * (x * x + this->eps0 - v));
    return {p, direction(g, v)};
  }
  void measured(const double* sums, ParamState&) { a = this->rate(sums[0], sums[1]); }
  void operator()(T& p, T g, T& v) const { p = this->decay * p - a * direction(g, v); }
};

/// Σ f(i) over [0, n) in double, in pieces that depend on n alone; does not allocate.
template <class F>
double sum_over(std::int64_t n, F f) {
  constexpr std::int64_t kPieces = 64;
  double partial[kPieces] = {};
  const std::int64_t piece = (n + kPieces - 1) / kPieces;
  kernels::parallel_for(n, piece, [&](std::int64_t begin, std::int64_t end) {
    double sum = 0;
    for (std::int64_t i = begin; i < end; ++i) sum += f(i);
    partial[begin / piece] = sum;
  });
  double sum = 0;
  for (const double x : partial) sum += x;
  return sum;
}

/// `factors`: of the gradient along the first dim, or none.
template <class T>
void update_matrices(const Numbers<T>& s, std::span<const double> factors, const Tensor& p, const Tensor& g,
                     ParamState& state) {
  detail::Dense dense(p, g);
  const std::int64_t rows = p.size(-2), cols = p.size(-1);
  if (p.numel() == 0) return;
  const std::int64_t stacked = p.numel() / (rows * cols), all = stacked * rows;
  T* const x = autograd::data_of<T>(dense.p());
  const T* const y = autograd::data_of<T>(dense.g());
  T* const r = autograd::data_of<T>(state.slots[0]);
  T* const c = autograd::data_of<T>(state.slots[1]);
  const auto move = [&](T& v, double mean) { v = kernels::flush(v + s.w * (T(mean) + s.eps0 - v)); };
  const std::int64_t per_factor = all / p.size(0);
  const auto scale = [&](std::int64_t row) {
    return factors.empty() ? s.scale : s.scale * T(factors[static_cast<std::size_t>(row / per_factor)]);
  };
  const auto square = [](T value) { return double(value) * double(value); };

  kernels::parallel_for(all, std::max<std::int64_t>(1, kernels::kGrain / cols),
                        [&](std::int64_t begin, std::int64_t end) {
                          for (std::int64_t i = begin; i < end; ++i) {
                            const T k = scale(i);
                            double sum = 0;
                            for (std::int64_t j = 0; j < cols; ++j) sum += square(k * y[i * cols + j]);
                            move(r[i], sum / static_cast<double>(cols));
                          }
                        });
  constexpr std::int64_t kPanel = 64;
  const std::int64_t panels = (cols + kPanel - 1) / kPanel;
  kernels::parallel_for(stacked * panels, std::max<std::int64_t>(1, kernels::kGrain / (rows * kPanel)),
                        [&](std::int64_t begin, std::int64_t end) {
                          for (std::int64_t k = begin; k < end; ++k) {
                            const std::int64_t b = k / panels, first = k % panels * kPanel,
                                               width = std::min(kPanel, cols - first);
                            double sums[kPanel] = {};
                            for (std::int64_t i = b * rows; i < (b + 1) * rows; ++i) {
                              const T k2 = scale(i);
                              for (std::int64_t j = 0; j < width; ++j) sums[j] += square(k2 * y[i * cols + first + j]);
                            }
                            for (std::int64_t j = 0; j < width; ++j)
                              move(c[b * cols + first + j], sums[j] / static_cast<double>(rows));
                          }
                        });

  const auto mean_of = [&](std::int64_t b) {
    double sum = 0;
    for (std::int64_t i = 0; i < rows; ++i) sum += r[b * rows + i];
    return T(sum / static_cast<double>(rows));
  };
  // Where row and column are 0 but others are not, float32 underflows whatever the order, and 0/0 has to be 0.
  const auto direction = [&](std::int64_t b, std::int64_t i, std::int64_t j, T mean, T k) {
    const T v = r[i] * (c[b * cols + j] / mean);
    return k * y[i * cols + j] / kernels::sqrt(std::max(v, std::numeric_limits<T>::min()));
  };
  double p2 = 0, u2 = 0;
  for (std::int64_t b = 0; b < stacked; ++b) {
    const T mean = mean_of(b);
    p2 += sum_over(rows, [&](std::int64_t i) {
      double sum = 0;
      for (std::int64_t j = 0; j < cols; ++j) sum += square(x[(b * rows + i) * cols + j]);
      return sum;
    });
    u2 += sum_over(rows, [&](std::int64_t i) {
      const T k = scale(b * rows + i);
      double sum = 0;
      for (std::int64_t j = 0; j < cols; ++j) sum += square(direction(b, b * rows + i, j, mean, k));
      return sum;
    });
  }
  const T a = s.rate(p2, u2);
  for (std::int64_t b = 0; b < stacked; ++b) {
    const T mean = mean_of(b);
    kernels::parallel_for(rows, std::max<std::int64_t>(1, kernels::kGrain / cols),
                          [&](std::int64_t begin, std::int64_t end) {
                            for (std::int64_t i = b * rows + begin; i < b * rows + end; ++i) {
                              const T k = scale(i);
                              for (std::int64_t j = 0; j < cols; ++j)
                                x[i * cols + j] = s.decay * x[i * cols + j] - a * direction(b, i, j, mean, k);
                            }
                          });
  }
  dense.finish();
}

template <class T>
void update_one(const AdafactorOptions& o, GroupStep& step, std::size_t i) {
  ParamState& state = step.states[i];
  const Tensor &p = step.group.params[i], &g = p.impl()->grad;
  const std::int64_t t = ++state.step;
  const double scale = (o.maximize ? -1 : 1) * step.scale_of(i);
  if (p.dim() >= 2) return update_matrices(Numbers<T>(o, t, scale, p), step.rows_of(i), p, g, state);
  VectorRule<T> rule(o, t, scale, p);
  detail::apply<T>(rule, p, g, state, autograd::data_of<T>(state.slots[2]));
}

}  // namespace

template class OptimizerWith<AdafactorOptions>;

void AdafactorOptions::check() const {
  if (!(beta2_decay <= 0)) fail<std::invalid_argument>(kName, "beta2_decay must be at most 0, got {}", beta2_decay);
  if (!(eps.first > 0)) fail<std::invalid_argument>(kName, "eps[0] must be finite and above 0, got {}", eps.first);
  if (warmup_init && !relative_step) fail<std::invalid_argument>(kName, "warmup_init must come with relative_step");
}

SlotSpec Adafactor::slot_spec(std::size_t slot, const Tensor& p) const {
  const bool matrix = p.dim() >= 2;
  if (slot == 2) return {p.shape(), p.dtype(), !matrix};
  if (!matrix) return {Shape(), p.dtype(), false};
  Shape shape = p.shape();
  shape[shape.size() - (slot == 0 ? 1 : 2)] = 1;
  return {shape, p.dtype()};
}

void Adafactor::update(GroupStep& step) {
  const auto& o = step.group.options<AdafactorOptions>();
  constexpr std::array<std::size_t, 3> slots{0, 1, 2};
  if (!detail::prepare(step, slots, {})) return;
  for (std::size_t i = 0; i < step.states.size(); ++i) {
    const TensorImpl& p = *step.group.params[i].impl();
    if (!p.grad.defined()) continue;
    p.dtype == float64 ? update_one<double>(o, step, i) : update_one<float>(o, step, i);
    step.states[i].fresh = 0;
  }
}

}  // namespace descent::optim
