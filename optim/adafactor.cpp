#include "adafactor.h"

#include <limits>

#include "driver-inl.h"

namespace descent::optim {
namespace {

/// The numbers of one step of one parameter.
template <class T>
struct Numbers {
  T scale, decay, w, eps0, least;
  double eps1, rho, d, n;
  Numbers(const AdafactorOptions& o, std::int64_t step, double factor, const Tensor& p)
      : scale(T(factor)),
        decay(T(1 - o.lr * o.weight_decay)),
        w(T(std::pow(static_cast<double>(step), o.beta2_decay))),
        eps0(o.eps.first > 0 ? T(o.eps.first) : std::numeric_limits<T>::epsilon()),
        least(eps0 * eps0),
        eps1(o.eps.second),
        rho(std::min(o.lr, 1 / std::sqrt(static_cast<double>(step)))),
        d(o.d),
        n(static_cast<double>(p.numel())) {}
  /// The factor of u, from Σp² and Σu².
  T rate(double p, double u) const {
    return T(std::max(eps1, std::sqrt(p / n)) * rho / std::max(1.0, std::sqrt(u / n) / d));
  }
};

template <class T>
struct VectorRule : Numbers<T> {
  static constexpr int kSums = 2;
  T a = 0;
  using Numbers<T>::Numbers;
  T direction(T g, T v) const { return this->scale * g / kernels::sqrt(v < this->least ? this->least : v); }
  std::array<T, 2> measure(T p, T g, T& v) const {
    const T x = this->scale * g;
    v = kernels::flush(v + this->w * (x * x - v));
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

template <class T>
void update_matrices(const Numbers<T>& s, const Tensor& p, const Tensor& g, ParamState& state) {
  detail::Dense dense(p, g);
  const std::int64_t rows = p.size(-2), cols = p.size(-1);
  if (p.numel() == 0) return;
  const std::int64_t stacked = p.numel() / (rows * cols), all = stacked * rows;
  T* const x = autograd::data_of<T>(dense.p());
  const T* const y = autograd::data_of<T>(dense.g());
  T* const r = autograd::data_of<T>(state.slots[0]);
  T* const c = autograd::data_of<T>(state.slots[1]);
  const auto move = [&](T& v, double mean) { v = kernels::flush(v + s.w * (T(mean) - v)); };
  const auto square = [&](std::int64_t i) { return double(s.scale * y[i]) * double(s.scale * y[i]); };

  kernels::parallel_for(all, std::max<std::int64_t>(1, kernels::kGrain / cols),
                        [&](std::int64_t begin, std::int64_t end) {
                          for (std::int64_t i = begin; i < end; ++i) {
                            double sum = 0;
                            for (std::int64_t j = 0; j < cols; ++j) sum += square(i * cols + j);
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
                            for (std::int64_t i = 0; i < rows; ++i) {
                              for (std::int64_t j = 0; j < width; ++j)
                                sums[j] += square((b * rows + i) * cols + first + j);
                            }
                            for (std::int64_t j = 0; j < width; ++j)
                              move(c[b * cols + first + j], sums[j] / static_cast<double>(rows));
                          }
                        });

  const auto mean_of = [&](std::int64_t b) {
    double sum = 0;
    for (std::int64_t i = 0; i < rows; ++i) sum += r[b * rows + i];
    const T mean = T(sum / static_cast<double>(rows));
    return mean < s.eps0 ? s.eps0 : mean;
  };
  const auto direction = [&](std::int64_t b, std::int64_t i, std::int64_t j, T mean) {
    const T v = r[i] * c[b * cols + j] / mean;
    return s.scale * y[i * cols + j] / kernels::sqrt(v < s.least ? s.least : v);
  };
  double p2 = 0, u2 = 0;
  for (std::int64_t b = 0; b < stacked; ++b) {
    const T mean = mean_of(b);
    p2 += sum_over(rows, [&](std::int64_t i) {
      double sum = 0;
      for (std::int64_t j = 0; j < cols; ++j)
        sum += double(x[(b * rows + i) * cols + j]) * double(x[(b * rows + i) * cols + j]);
      return sum;
    });
    u2 += sum_over(rows, [&](std::int64_t i) {
      double sum = 0;
      for (std::int64_t j = 0; j < cols; ++j) {
        const double u = double(direction(b, b * rows + i, j, mean));
        sum += u * u;
      }
      return sum;
    });
  }
  const T a = s.rate(p2, u2);
  for (std::int64_t b = 0; b < stacked; ++b) {
    const T mean = mean_of(b);
    kernels::parallel_for(rows, std::max<std::int64_t>(1, kernels::kGrain / cols),
                          [&](std::int64_t begin, std::int64_t end) {
                            for (std::int64_t i = b * rows + begin; i < b * rows + end; ++i) {
                              for (std::int64_t j = 0; j < cols; ++j)
                                x[i * cols + j] = s.decay * x[i * cols + j] - a * direction(b, i, j, mean);
                            }
                          });
  }
  dense.finish();
}

template <class T>
void update_one(const AdafactorOptions& o, double scale, const Tensor& p, const Tensor& g, ParamState& state) {
  const std::int64_t t = ++state.step;
  if (p.dim() >= 2) return update_matrices(Numbers<T>(o, t, scale, p), p, g, state);
  VectorRule<T> rule(o, t, scale, p);
  detail::apply<T>(rule, p, g, state, autograd::data_of<T>(state.slots[2]));
}

}  // namespace

template class OptimizerWith<AdafactorOptions>;

void AdafactorOptions::check() const {
  if (!(beta2_decay <= 0)) fail<std::invalid_argument>(kName, "beta2_decay must be at most 0, got {}", beta2_decay);
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
  const double scale = (o.maximize ? -1.0 : 1.0) * step.scale;
  for (std::size_t i = 0; i < step.states.size(); ++i) {
    const Tensor& p = step.group.params[i];
    const Tensor& g = p.impl()->grad;
    if (!g.defined()) continue;
    if (p.dtype() == float64) {
      update_one<double>(o, scale, p, g, step.states[i]);
    } else {
      update_one<float>(o, scale, p, g, step.states[i]);
    }
    step.states[i].fresh = 0;
  }
}

}  // namespace descent::optim
