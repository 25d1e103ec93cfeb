#include "adafactor.h"

#include <limits>

#include "driver-inl.h"

namespace descent::optim {
namespace {

/// The numbers of one step of one parameter.
template <class T>
struct Numbers {
  detail::Taken<T> take;
  T decay, w, eps0;
  double eps1, rho, d, n;
  bool scale_parameter;
  Numbers(const AdafactorOptions& o, std::int64_t step, const detail::Taken<T>& taken, const Tensor& p)
      : take(taken),
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
  T direction(T g, T v) const { return this->take(g) / kernels::sqrt(v); }
  std::array<T, 2> measure(T p, T g, T& v) const {
    const T x = this->take(g);
    v = kernels::flush(v + this->w * (x * x + this->eps0 - v));
    return {p, direction(g, v)};
  }
  void measured(const double* sums, ParamState&) { a = this->rate(sums[0], sums[1]); }
  void operator()(T& p, T g, T& v) const { p = this->decay * p - a * direction(g, v); }
};

using Sums = std::array<double, 2>;

/// Σ f(begin, end) over stretches of [0, n), of `grain` at least and 64 at most, which depend on n alone. Does not
/// allocate.
template <class F>
Sums sums_over(std::int64_t n, std::int64_t grain, F f) {
  constexpr std::int64_t kPieces = 64;
  const std::int64_t piece = std::max(grain, (n + kPieces - 1) / kPieces);
  Sums partial[kPieces] = {}, all{};
  kernels::parallel_for(n, piece,
                        [&](std::int64_t begin, std::int64_t end) { partial[begin / piece] = f(begin, end); });
  for (const Sums& sums : partial) all[0] += sums[0], all[1] += sums[1];
  return all;
}

/// A stack of matrices in one step; i counts the rows of all of them, b the matrices. `factors`: of the gradient along
/// the first dim, or none.
template <class T>
struct Matrices {
  static constexpr std::int64_t kPanel = 64;
  const Numbers<T>& s;
  std::span<const double> factors;
  std::int64_t rows, cols, per_factor;
  T* x;
  const T* y;
  T *r, *c;

  static double square(T value) { return double(value) * double(value); }
  detail::Taken<T> taken(std::int64_t i) const {
    detail::Taken<T> own = s.take;
    if (!factors.empty()) own.scale *= T(factors[static_cast<std::size_t>(i / per_factor)]);
    return own;
  }
  void move(T& v, double mean) const { v = kernels::flush(v + s.w * (T(mean) + s.eps0 - v)); }

  void move_row(std::int64_t i) const {
    const auto take = taken(i);
    double sum = 0;
    for (std::int64_t j = 0; j < cols; ++j) sum += square(take(y[i * cols + j]));
    move(r[i], sum / static_cast<double>(cols));
  }
  void move_columns(std::int64_t b, std::int64_t first, std::int64_t width) const {
    double sums[kPanel] = {};
    for (std::int64_t i = b * rows; i < (b + 1) * rows; ++i) {
      const auto take = taken(i);
      for (std::int64_t j = 0; j < width; ++j) sums[j] += square(take(y[i * cols + first + j]));
    }
    for (std::int64_t j = 0; j < width; ++j) move(c[b * cols + first + j], sums[j] / static_cast<double>(rows));
  }

  T mean_of(std::int64_t b) const {
    double sum = 0;
    for (std::int64_t i = b * rows; i < (b + 1) * rows; ++i) sum += r[i];
    return T(sum / static_cast<double>(rows));
  }
  /// Calls f(x, u) for the elements of rows [begin, end) of matrix b, whose r have this mean; u = g/√v.
  template <class F>
  void walk(std::int64_t b, std::int64_t begin, std::int64_t end, T mean, F f) const {
    for (std::int64_t i = b * rows + begin; i < b * rows + end; ++i) {
      const auto take = taken(i);
      for (std::int64_t j = 0; j < cols; ++j) {
        // Where row and column are 0 but others are not, float32 underflows whatever the order, and 0/0 has to be 0.
        const T v = r[i] * (c[b * cols + j] / mean);
        f(x[i * cols + j], take(y[i * cols + j]) / kernels::sqrt(std::max(v, std::numeric_limits<T>::min())));
      }
    }
  }
};

/// So many times n elements are worth a thread.
std::int64_t grain_of(std::int64_t n) { return std::max<std::int64_t>(1, kernels::kGrain / n); }

template <class T>
void update_matrices(const Numbers<T>& s, std::span<const double> factors, const Tensor& p, const Tensor& g,
                     ParamState& state) {
  if (p.numel() == 0) return;
  detail::Dense dense(p, g);
  const std::int64_t rows = p.size(-2), cols = p.size(-1), all = p.numel() / cols, stacked = all / rows;
  const Matrices<T> m{s,
                      factors,
                      rows,
                      cols,
                      all / p.size(0),
                      autograd::data_of<T>(dense.p()),
                      autograd::data_of<T>(dense.g()),
                      autograd::data_of<T>(state.slots[0]),
                      autograd::data_of<T>(state.slots[1])};
  kernels::parallel_for(all, grain_of(cols), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) m.move_row(i);
  });
  const std::int64_t panels = (cols + m.kPanel - 1) / m.kPanel;
  kernels::parallel_for(stacked * panels, grain_of(rows * std::min(cols, m.kPanel)),
                        [&](std::int64_t begin, std::int64_t end) {
                          for (std::int64_t k = begin; k < end; ++k) {
                            const std::int64_t first = k % panels * m.kPanel;
                            m.move_columns(k / panels, first, std::min(m.kPanel, cols - first));
                          }
                        });

  const auto squares = [&](std::int64_t b, std::int64_t begin, std::int64_t end, T mean) {
    Sums sums{};
    m.walk(b, begin, end, mean, [&](T x, T u) { sums[0] += m.square(x), sums[1] += m.square(u); });
    return sums;
  };
  T a = 0;
  const auto step = [&](std::int64_t b, std::int64_t begin, std::int64_t end, T mean) {
    m.walk(b, begin, end, mean, [&](T& x, T u) { x = s.decay * x - a * u; });
  };
  if (rows * cols < kernels::kGrain) {  // many small matrices share a thread
    const std::int64_t grain = grain_of(rows * cols);
    const Sums sums = sums_over(stacked, grain, [&](std::int64_t begin, std::int64_t end) {
      Sums total{};
      for (std::int64_t b = begin; b < end; ++b) {
        const Sums own = squares(b, 0, rows, m.mean_of(b));
        total[0] += own[0], total[1] += own[1];
      }
      return total;
    });
    a = s.rate(sums[0], sums[1]);
    kernels::parallel_for(stacked, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b) step(b, 0, rows, m.mean_of(b));
    });
  } else {  // many threads share a matrix
    const std::int64_t grain = grain_of(cols);
    Sums sums{};
    for (std::int64_t b = 0; b < stacked; ++b) {
      const T mean = m.mean_of(b);
      const Sums own =
          sums_over(rows, grain, [&](std::int64_t begin, std::int64_t end) { return squares(b, begin, end, mean); });
      sums[0] += own[0], sums[1] += own[1];
    }
    a = s.rate(sums[0], sums[1]);
    for (std::int64_t b = 0; b < stacked; ++b) {
      const T mean = m.mean_of(b);
      kernels::parallel_for(rows, grain, [&](std::int64_t begin, std::int64_t end) { step(b, begin, end, mean); });
    }
  }
  dense.finish();
}

template <class T>
void update_one(const AdafactorOptions& o, GroupStep& step, std::size_t i) {
  ParamState& state = step.states[i];
  const Tensor &p = step.group.params[i], &g = p.impl()->grad;
  const std::int64_t t = ++state.step;
  const detail::Taken<T> take{T((o.maximize ? -1 : 1) * step.scale_of(i)), T(step.limit)};
  if (p.dim() >= 2) return update_matrices(Numbers<T>(o, t, take, p), step.rows_of(i), p, g, state);
  VectorRule<T> rule(o, t, take, p);
  detail::apply<T>(rule, p, g, state, autograd::data_of<T>(state.slots[2]));
}

}  // namespace

template class OptimizerWith<AdafactorOptions>;

void AdafactorOptions::check() const {
  if (!(beta2_decay <= 0)) fail<std::invalid_argument>(kName, "beta2_decay must be at most 0, got {}", beta2_decay);
  if (!(eps.first > 0)) fail<std::invalid_argument>(kName, "eps[0] must be finite and above 0, got {}", eps.first);
  if (warmup_init && !relative_step) fail<std::invalid_argument>(kName, "warmup_init must come with relative_step");
}

SlotSpec Adafactor::slot_spec(std::size_t slot, const Tensor& p, const ParamGroup&) const {
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
