#include "scan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "parallel.h"

#ifdef __clang__
#pragma clang diagnostic ignored "-Wpass-failed"  // "omp simd" on loops that clang then leaves scalar
#endif

namespace descent::kernels {
namespace {

/// What is carried along.
template <class T>
using Carry = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;

constexpr std::int64_t kColumns = 256;  // carried side by side

/// Calls step(carry, i, is_first) along every column, where i is the element's place; step updates the carry.
template <class C, class Step>
void run_scan(const ScanShape& s, Step&& step) {
  const std::int64_t width = std::min(s.inner, kColumns), panels = s.inner == 0 ? 0 : (s.inner + width - 1) / width;
  if (s.outer * panels == 0 || s.n == 0) return;
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / 2 / (s.n * width));
  const std::int64_t by = s.reverse ? -s.inner : s.inner;
  parallel_for(s.outer * panels, grain, [&](std::int64_t begin, std::int64_t end) {
    C carry[kColumns];
    for (std::int64_t piece = begin; piece < end; ++piece) {
      const std::int64_t column = piece % panels * width, columns = std::min(width, s.inner - column);
      std::int64_t at = (piece / panels * s.n + (s.reverse ? s.n - 1 : 0)) * s.inner + column;
      if (columns == 1) {
        C one;
        step(one, at, true);
        for (std::int64_t i = 1; i < s.n; ++i) step(one, at += by, false);
        continue;
      }
      for (std::int64_t j = 0; j < columns; ++j) step(carry[j], at + j, true);
      for (std::int64_t i = 1; i < s.n; ++i) {
        at += by;
#pragma omp simd
        for (std::int64_t j = 0; j < columns; ++j) step(carry[j], at + j, false);
      }
    }
  });
}

/// log(eᵃ + eᵇ)
double log_add_exp(double a, double b) {
  const double high = a > b || a != a ? a : b, low = a > b || a != a ? b : a;
  if (std::isinf(high) && high == low) return high;
  return high + std::log1p(std::exp(low - high));
}

}  // namespace

void scan(Scan op, ScanShape shape, DType dtype, void* out, const void* x) {
  dispatch(dtype, [&]<class T>() {
    using C = Carry<T>;
    using Out = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
    const T* from = static_cast<const T*>(x);
    Out* to = static_cast<Out*>(out);
    if (op == Scan::Sum) {
      run_scan<C>(shape, [=](C& carry, std::int64_t i, bool first) {
        carry = (first ? C(0) : carry) + static_cast<C>(from[i]);
        to[i] = static_cast<Out>(carry);
      });
    } else if (op == Scan::Prod) {
      run_scan<C>(shape, [=](C& carry, std::int64_t i, bool first) {
        carry = (first ? C(1) : carry) * static_cast<C>(from[i]);
        to[i] = static_cast<Out>(carry);
      });
    } else if constexpr (std::is_floating_point_v<T>) {
      run_scan<C>(shape, [=](C& carry, std::int64_t i, bool first) {
        carry = first ? static_cast<C>(from[i]) : log_add_exp(carry, static_cast<C>(from[i]));
        to[i] = static_cast<Out>(carry);
      });
    }
  });
}

void linear_scan(ScanShape shape, DType dtype, void* h, const void* w, const void* u) {
  dispatch_float(dtype, [&]<class T>() {
    const T* weight = static_cast<const T*>(w);
    const T* input = static_cast<const T*>(u);
    T* to = static_cast<T*>(h);
    run_scan<double>(shape, [=](double& carry, std::int64_t i, bool first) {
      carry = static_cast<double>(input[i]) + (first ? 0.0 : static_cast<double>(weight[i]) * carry);
      to[i] = static_cast<T>(carry);
    });
  });
}

void extreme_scan(bool largest, ScanShape shape, DType dtype, void* values, std::int64_t* index, const void* x) {
  dispatch(dtype, [&]<class T>() {
    struct Best {
      T value;
      std::int64_t at;
    };
    const T* from = static_cast<const T*>(x);
    T* to = static_cast<T*>(values);
    run_scan<Best>(shape, [=](Best& best, std::int64_t i, bool first) {
      const T v = from[i];
      // A NaN is replaced by another NaN only.
      if (first || v != v || (best.value == best.value && (largest ? v >= best.value : v <= best.value))) {
        best = {v, i / shape.inner % shape.n};
      }
      to[i] = best.value;
      index[i] = best.at;
    });
  });
}

}  // namespace descent::kernels
