#include "distance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "parallel.h"

namespace descent::kernels {
namespace {

constexpr int kLanes = 16;  // the same partial sums whatever the vector width

/// Folds f(|a_i − b_i|) over a row: sums, or with kMost the largest (NaN wins).
template <bool kMost, class T, class F>
[[gnu::always_inline]] inline T fold(const T* a, const T* b, std::int64_t m, F f) {
  T lanes[kLanes] = {};
  const auto join = [](T x, T y) { return kMost ? (((y > x) | (y != y)) ? y : x) : x + y; };
  std::int64_t i = 0;
  for (; i + kLanes <= m; i += kLanes) {
    for (int j = 0; j < kLanes; ++j) lanes[j] = join(lanes[j], f(a[i + j] - b[i + j]));
  }
  for (int j = 0; i < m; ++i, ++j) lanes[j] = join(lanes[j], f(a[i] - b[i]));
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int j = 0; j < width; ++j) lanes[j] = join(lanes[j], lanes[j + width]);
  }
  return lanes[0];
}

template <class T>
T largest(const T* a, const T* b, std::int64_t m) {
  return fold<true>(a, b, m, [](T x) { return std::abs(x); });
}

/// √Σ x²; scaled where the squares would overflow or vanish.
template <class T>
T euclidean(const T* a, const T* b, std::int64_t m) {
  const T sum = fold<false>(a, b, m, [](T x) { return x * x; });
  constexpr T kLow = sizeof(T) == 4 ? T(1e-30) : T(1e-280), kHigh = sizeof(T) == 4 ? T(1e37) : T(1e300);
  if (sum > kLow && sum < kHigh) return std::sqrt(sum);
  const T most = largest(a, b, m);
  if (most == 0 || !(most <= std::numeric_limits<T>::max())) return most;
  return most * std::sqrt(fold<false>(a, b, m, [most](T x) { return x / most * (x / most); }));
}

template <class T>
T distance(const T* a, const T* b, std::int64_t m, double p) {
  if (p == 2) return euclidean(a, b, m);
  if (p == 1) return fold<false>(a, b, m, [](T x) { return std::abs(x); });
  if (p == 0) return fold<false>(a, b, m, [](T x) { return T(x != 0); });
  const T most = largest(a, b, m);
  if (std::isinf(p) || most == 0 || !(most <= std::numeric_limits<T>::max())) return most;
  const T power = static_cast<T>(p);
  return most * std::pow(fold<false>(a, b, m, [=](T x) { return std::pow(std::abs(x) / most, power); }), 1 / power);
}

/// da += w·∂d/∂a, d > 0.
template <class T>
void add_gradient(const T* a, const T* b, std::int64_t m, double p, T w, T d, T* __restrict da) {
  const auto sign = [](T x) { return static_cast<T>(x > 0) - static_cast<T>(x < 0); };
  if (p == 2) {
    if (!(d <= std::numeric_limits<T>::max())) w = std::numeric_limits<T>::quiet_NaN();
    const T scale = w / d;
    const bool plain = scale <= std::numeric_limits<T>::max() && scale >= -std::numeric_limits<T>::max();
    std::int64_t i = 0;
    for (; plain && i + kLanes <= m; i += kLanes) {
      for (int j = 0; j < kLanes; ++j) da[i + j] += (a[i + j] - b[i + j]) * scale;
    }
    for (; plain && i < m; ++i) da[i] += (a[i] - b[i]) * scale;
    for (; i < m; ++i) da[i] += (a[i] - b[i]) / d * w;
  } else if (p == 1) {
    for (std::int64_t i = 0; i < m; ++i) da[i] += sign(a[i] - b[i]) * w;
  } else if (std::isinf(p)) {
    T count = 0;
    for (std::int64_t i = 0; i < m; ++i) count += static_cast<T>(std::abs(a[i] - b[i]) == d);
    for (std::int64_t i = 0; i < m; ++i) {
      const T x = a[i] - b[i];
      if (std::abs(x) == d) da[i] += sign(x) * w / count;
    }
  } else {
    const T power = static_cast<T>(p - 1);
    for (std::int64_t i = 0; i < m; ++i) {
      const T x = a[i] - b[i];
      if (x != 0) da[i] += sign(x) * std::pow(std::abs(x) / d, power) * w;
    }
  }
}

}  // namespace

void distances(const Distances& c, void* out) {
  const std::int64_t work = std::max<std::int64_t>(1, c.k * c.m * (c.p == 1 || c.p == 2 ? 1 : 16));
  dispatch_float(c.dtype, [&]<class T>() {
    parallel_for(c.batch * c.n, std::max<std::int64_t>(1, kGrain / work), [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t row = first; row < last; ++row) {
        const T* a = static_cast<const T*>(c.a) + row * c.m;
        const T* b = static_cast<const T*>(c.b) + row / c.n * c.k * c.m;
        T* to = static_cast<T*>(out) + row * c.k;
        for (std::int64_t j = 0; j < c.k; ++j) to[j] = distance(a, b + j * c.m, c.m, c.p);
      }
    });
  });
}

void distances_grad(const Distances& c, const void* g, const void* d, bool flipped, void* da) {
  const std::int64_t work = std::max<std::int64_t>(1, c.k * c.m * (c.p == 1 || c.p == 2 ? 1 : 16));
  dispatch_float(c.dtype, [&]<class T>() {
    parallel_for(c.batch * c.n, std::max<std::int64_t>(1, kGrain / work), [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t row = first; row < last; ++row) {
        const std::int64_t batch = row / c.n, i = row % c.n;
        const T* a = static_cast<const T*>(c.a) + row * c.m;
        const T* b = static_cast<const T*>(c.b) + batch * c.k * c.m;
        T* to = static_cast<T*>(da) + row * c.m;
        std::fill_n(to, c.m, T(0));
        if (c.p == 0) continue;
        for (std::int64_t j = 0; j < c.k; ++j) {
          const std::int64_t at = batch * c.n * c.k + (flipped ? j * c.n + i : i * c.k + j);
          const T dist = static_cast<const T*>(d)[at];
          if (dist != 0) add_gradient(a, b + j * c.m, c.m, c.p, static_cast<const T*>(g)[at], dist, to);
        }
      }
    });
  });
}

}  // namespace descent::kernels
