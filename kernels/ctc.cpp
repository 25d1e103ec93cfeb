#include "ctc.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "parallel.h"

namespace descent::kernels {
namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();

/// log(eᵃ + eᵇ + eᶜ); NaN wins.
double log_sum(double a, double b, double c) {
  const double most = std::max(a, std::max(b, c));
  if (most == kNone) return a + b + c;  // −∞, unless a NaN hides behind the comparisons
  return most + std::log(std::exp(a - most) + std::exp(b - most) + std::exp(c - most));
}

/// One sample: its states are blank, label 0, blank, label 1, …, blank.
template <class T>
struct Sample {
  const Ctc& ctc;
  std::int64_t n, steps, labels, states;
  const std::int64_t* target;

  Sample(const Ctc& batch, std::int64_t sample)
      : ctc(batch),
        n(sample),
        steps(batch.input_lengths[sample]),
        labels(batch.target_lengths[sample]),
        states(2 * labels + 1),
        target(batch.targets + sample * batch.width) {}

  std::int64_t label(std::int64_t s) const { return s % 2 == 0 ? ctc.blank : target[s / 2]; }
  /// From s − 2 straight to s, over a blank between different labels.
  bool skips_to(std::int64_t s) const { return s % 2 == 1 && s >= 3 && target[s / 2] != target[s / 2 - 1]; }
  std::int64_t at(std::int64_t t) const { return (t * ctc.samples + n) * ctc.classes; }
  double emission(std::int64_t t, std::int64_t s) const {
    return static_cast<double>(static_cast<const T*>(ctc.log_probs)[at(t) + label(s)]);
  }
  /// States from which the end can be reached, and that can be reached from the start.
  std::int64_t first(std::int64_t t) const { return std::max<std::int64_t>(0, states - 2 * (steps - t)); }
  std::int64_t end(std::int64_t t) const { return std::min(states, 2 * t + 2); }

  double* row(double* alpha, std::int64_t t) const { return alpha + (n * ctc.steps + t) * (2 * ctc.width + 1); }
  double log_likelihood(const double* last) const {
    return log_sum(last[states - 1], labels > 0 ? last[states - 2] : kNone, kNone);
  }

  // α₀(s) = y₀(s) for s < 2,   α_t(s) = y_t(s) + log Σ_{s' = s, s−1, (s−2)} exp α_{t−1}(s')
  double forward(double* alpha) const {
    if (steps == 0) return labels == 0 ? 0 : kNone;
    for (std::int64_t t = 0; t < steps; ++t) {
      double* now = row(alpha, t);
      const double* before = t > 0 ? row(alpha, t - 1) : nullptr;
      for (std::int64_t s = first(t); s < end(t); ++s) {
        const double from =
            t == 0 ? 0 : log_sum(before[s], s > 0 ? before[s - 1] : kNone, skips_to(s) ? before[s - 2] : kNone);
        now[s] = from + emission(t, s);
      }
    }
    return log_likelihood(row(alpha, steps - 1));
  }

  // β_T(s) = 0 for the last two,   β_t(s) = log Σ_{s' = s, s+1, (s+2)} exp(β_{t+1}(s') + y_{t+1}(s'))
  // P(state s at t) = exp(α_t(s) + β_t(s) − log p)
  void backward(const double* alpha, double g, T* out) const {
    if (steps == 0) return;
    const auto alpha_row = [&](std::int64_t t) { return alpha + (n * ctc.steps + t) * (2 * ctc.width + 1); };
    const double total = log_likelihood(alpha_row(steps - 1));
    if (total == kNone) return;
    const auto size = static_cast<std::size_t>(states) + 2;  // two states behind the last one cannot be
    std::vector<double> beta(size, kNone), next(size, kNone);
    for (std::int64_t t = steps - 1; t >= 0; --t) {
      const double* a = alpha_row(t);
      for (std::int64_t s = 0; s < states; ++s) {
        const auto i = static_cast<std::size_t>(s);
        if (t == steps - 1)
          beta[i] = s >= states - 2 ? 0 : kNone;
        else
          beta[i] = log_sum(next[i], next[i + 1], s + 2 < states && skips_to(s + 2) ? next[i + 2] : kNone);
        if (a[s] != kNone) out[at(t) + label(s)] -= static_cast<T>(g * std::exp(a[s] + beta[i] - total));
      }
      for (std::int64_t s = 0; s < states; ++s) {
        const auto i = static_cast<std::size_t>(s);
        next[i] = beta[i] == kNone ? kNone : beta[i] + emission(t, s);
      }
    }
  }
};

template <class F>
void each_sample(const Ctc& ctc, F f) {
  const std::int64_t work = std::max<std::int64_t>(1, ctc.steps * (2 * ctc.width + 1) * 32);
  parallel_for(ctc.samples, std::max<std::int64_t>(1, kGrain / work), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) f(n);
  });
}

}  // namespace

void ctc_alpha(const Ctc& ctc, double* alpha, void* nll) {
  dispatch_float(ctc.dtype, [&]<class T>() {
    each_sample(ctc, [&](std::int64_t n) {
      const std::int64_t size = ctc.steps * (2 * ctc.width + 1);
      std::fill_n(alpha + n * size, size, kNone);
      static_cast<T*>(nll)[n] = static_cast<T>(0 - Sample<T>(ctc, n).forward(alpha));
    });
  });
}

void ctc_grad(const Ctc& ctc, const double* alpha, const void* g, void* out) {
  dispatch_float(ctc.dtype, [&]<class T>() {
    T* gradient = static_cast<T*>(out);
    each_sample(ctc, [&](std::int64_t n) {
      for (std::int64_t t = 0; t < ctc.steps; ++t) {
        std::fill_n(gradient + (t * ctc.samples + n) * ctc.classes, ctc.classes, T(0));
      }
      Sample<T>(ctc, n).backward(alpha, static_cast<double>(static_cast<const T*>(g)[n]), gradient);
    });
  });
}

}  // namespace descent::kernels
