#include "norm.h"

#include <cmath>
#include <vector>

#include "parallel.h"
#include "update.h"

namespace descent::kernels {
namespace {

constexpr int kLanes = 16;  // the same partial sums whatever the vector width

struct Abs {
  double divisor;
  template <class T>
  double operator()(double sum, T x) const {
    return sum + std::abs(static_cast<double>(x) / divisor);
  }
  static double join(double a, double b) { return a + b; }
};

struct Square {
  template <class T>
  double operator()(double sum, T x) const {
    return sum + static_cast<double>(x) * static_cast<double>(x);
  }
  static double join(double a, double b) { return a + b; }
};

struct ScaledSquare {
  double divisor;
  template <class T>
  double operator()(double sum, T x) const {
    const double y = static_cast<double>(x) / divisor;
    return sum + y * y;
  }
  static double join(double a, double b) { return a + b; }
};

struct AnyPower {
  double divisor, p;
  template <class T>
  double operator()(double sum, T x) const {
    return sum + std::pow(std::abs(static_cast<double>(x) / divisor), p);
  }
  static double join(double a, double b) { return a + b; }
};

struct Largest {
  template <class T>
  double operator()(double most, T x) const {
    return join(most, std::abs(static_cast<double>(x)));
  }
  static double join(double a, double b) { return ((b > a) | (b != b)) ? b : a; }  // once NaN, always NaN
};

// The loop is compiled for three instruction sets, as in update.h.
template <class F, class T>
[[gnu::always_inline]] inline double fold(F f, std::int64_t n, const T* x) {
  double lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int j = 0; j < kLanes; ++j) lanes[j] = f(lanes[j], x[i + j]);
  }
  for (int j = 0; i < n; ++i, ++j) lanes[j] = f(lanes[j], x[i]);
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int j = 0; j < width; ++j) lanes[j] = F::join(lanes[j], lanes[j + width]);
  }
  return lanes[0];
}

template <class F, class T>
double fold_baseline(F f, std::int64_t n, const T* x) {
  return fold(f, n, x);
}

#if defined(__x86_64__)
template <class F, class T>
[[gnu::target("avx2")]] double fold_avx2(F f, std::int64_t n, const T* x) {
  return fold(f, n, x);
}

template <class F, class T>
[[gnu::target("avx512f,avx512vl,avx512dq,avx512bw")]] double fold_avx512(F f, std::int64_t n, const T* x) {
  return fold(f, n, x);
}
#endif

template <class F, class T>
double fold_serial(F f, std::int64_t n, const T* x) {
#if defined(__x86_64__)
  if (simd() == Simd::Avx512) return fold_avx512(f, n, x);
  if (simd() == Simd::Avx2) return fold_avx2(f, n, x);
#endif
  return fold_baseline(f, n, x);
}

template <class F>
double reduce(F f, View view) {
  return dispatch_float(view.dtype, [&]<class T>() {
    const T* x = view.as<const T>();
    if (view.numel <= kGrain) return fold_serial(f, view.numel, x);
    std::vector<double> parts(static_cast<std::size_t>((view.numel + kGrain - 1) / kGrain));
    parallel_for(view.numel, kGrain, [&](std::int64_t begin, std::int64_t end) {
      parts[static_cast<std::size_t>(begin / kGrain)] = fold_serial(f, end - begin, x + begin);
    });
    double total = 0;
    for (const double part : parts) total = F::join(total, part);
    return total;
  });
}

}  // namespace

double norm_sum(Power power, View x, double divisor, double p) {
  if (power == Power::One) return reduce(Abs{divisor}, x);
  if (power == Power::Any) return reduce(AnyPower{divisor, p}, x);
  return divisor == 1 ? reduce(Square{}, x) : reduce(ScaledSquare{divisor}, x);
}

double norm_max(View x) { return reduce(Largest{}, x); }

}  // namespace descent::kernels
