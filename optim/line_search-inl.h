// A step length that satisfies the strong Wolfe conditions, in the form of PyTorch (from Schmidt's minFunc).
#pragma once

#include <algorithm>
#include <cmath>

#include "../autograd/tensor.h"

namespace descent::optim::detail {

/// The function along a direction d: at p + t·d its value f, gradient g and slope gᵀd.
struct Probe {
  double t = 0, f = 0;
  Tensor g{};
  double slope = 0;
};

/// Least point of the cubic through two probes' values and slopes, within [low, high]; its middle if there is none.
inline double cubic_minimum(const Probe& a, const Probe& b, double low, double high) {
  const double d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t);
  const double square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const double d2 = std::sqrt(square);
  const Probe &x = a.t <= b.t ? a : b, &y = a.t <= b.t ? b : a;
  const double at = y.t - (y.t - x.t) * ((y.slope + d2 - d1) / (y.slope - x.slope + 2 * d2));
  return std::isnan(at) ? (low + high) / 2 : std::min(std::max(at, low), high);
}

/// Looks for t with f(t) <= f(0) + c1·t·slope(0) and |slope(t)| <= −c2·slope(0), starting at t. `largest` is max |d|.
/// `at` evaluates; each call counts in `evaluations`.
template <class F>
Probe strong_wolfe(F&& at, const Probe& start, double t, double largest, std::int64_t& evaluations) {
  constexpr double c1 = 1e-4, c2 = 0.9, tolerance_change = 1e-9;
  constexpr int kMost = 25;
  const auto probe = [&](double x) {
    ++evaluations;
    return at(x);
  };
  int iteration = 0;
  Probe now = probe(t);
  for (; !std::isfinite(now.f) && iteration < kMost; ++iteration) now = probe(now.t / 2);
  if (!std::isfinite(now.f)) return start;
  iteration = 0;

  // An interval that holds such a point.
  Probe before = start, bracket[2];
  bool done = false, found = false;
  while (iteration < kMost) {
    if (now.f > start.f + c1 * now.t * start.slope || (iteration > 1 && now.f >= before.f)) {
      found = true;
    } else if (std::abs(now.slope) <= -c2 * start.slope) {
      return now;
    } else if (now.slope >= 0) {
      found = true;
    }
    if (found) {
      bracket[0] = before;
      bracket[1] = now;
      break;
    }
    const double next = cubic_minimum(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10);
    before = now;
    now = probe(next);
    if (!std::isfinite(now.f)) return before;  // it fell all the way up to the edge of the domain
    ++iteration;
  }
  if (!found) {
    bracket[0] = start;
    bracket[1] = now;
  }

  // Narrow it.
  bool stuck = false;
  int low = bracket[0].f <= bracket[1].f ? 0 : 1;
  while (!done && iteration < kMost) {
    const double from = std::min(bracket[0].t, bracket[1].t), to = std::max(bracket[0].t, bracket[1].t);
    if ((to - from) * largest < tolerance_change) break;
    t = cubic_minimum(bracket[0], bracket[1], from, to);
    const double margin = 0.1 * (to - from);
    if (std::min(to - t, t - from) < margin) {  // too close to an end, twice: move away from it
      if (stuck || t >= to || t <= from) {
        t = std::abs(t - to) < std::abs(t - from) ? to - margin : from + margin;
        stuck = false;
      } else {
        stuck = true;
      }
    } else {
      stuck = false;
    }
    now = probe(t);
    ++iteration;
    const int high = 1 - low;
    if (!(now.f <= start.f + c1 * t * start.slope) || now.f >= bracket[low].f) {
      bracket[high] = now;
      low = bracket[0].f <= bracket[1].f ? 0 : 1;
      if (!std::isfinite(now.f)) low = 1 - high;
      continue;
    }
    if (std::abs(now.slope) <= -c2 * start.slope) {
      done = true;
    } else if (now.slope * (bracket[high].t - bracket[low].t) >= 0) {
      bracket[high] = bracket[low];
    }
    bracket[low] = now;
  }
  return bracket[low];
}

}  // namespace descent::optim::detail
