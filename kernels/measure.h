// Sums over a parameter for optimizers whose step depends on the norm of a whole tensor: one pass that may change the
// state on its way. The order of summation depends on the size alone, so the sums have the same bits for any number of
// threads and any instruction set (built with -ffp-contract=off, see update.h).
#pragma once

#include "update.h"

namespace descent::kernels {
namespace detail {

inline constexpr std::int64_t kLanes = 8, kMeasured = 256;  // element i adds to lane i mod kLanes
inline constexpr std::int64_t kPieces = 64;                 // at most so many partial sums, which stand on the stack

template <class T, class Rule, class... Slots>
[[gnu::always_inline]] inline void measure_any(const Rule& rule, std::int64_t n, const T* __restrict p,
                                               const T* __restrict g, double* lanes, Slots* __restrict... slots) {
  constexpr int kSums = Rule::kSums;
  double squares[kSums][kMeasured];
  for (std::int64_t begin = 0; begin < n; begin += kMeasured) {
    const std::int64_t count = n - begin < kMeasured ? n - begin : kMeasured;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto y = rule.measure(p[begin + i], g[begin + i], slots[begin + i]...);
      for (int k = 0; k < kSums; ++k) squares[k][i] = double(y[k]) * double(y[k]);
    }
    const std::int64_t full = (count + kLanes - 1) / kLanes * kLanes;
    for (int k = 0; k < kSums; ++k) {
      for (std::int64_t i = count; i < full; ++i) squares[k][i] = 0;
      double* lane = lanes + k * kLanes;
      for (std::int64_t i = 0; i < full; i += kLanes) {
        for (std::int64_t l = 0; l < kLanes; ++l) lane[l] += squares[k][i + l];
      }
    }
  }
}

template <class T, class Rule, class... Slots>
void measure_baseline(Rule rule, std::int64_t n, const T* p, const T* g, double* lanes, Slots*... slots) {
  measure_any(rule, n, p, g, lanes, slots...);
}

#if defined(__x86_64__)
template <class T, class Rule, class... Slots>
[[gnu::target("avx2")]] void measure_avx2(Rule rule, std::int64_t n, const T* p, const T* g, double* lanes,
                                          Slots*... slots) {
  measure_any(rule, n, p, g, lanes, slots...);
}

template <class T, class Rule, class... Slots>
[[gnu::target("avx512f,avx512vl,avx512dq,avx512bw")]] void measure_avx512(Rule rule, std::int64_t n, const T* p,
                                                                          const T* g, double* lanes, Slots*... slots) {
  measure_any(rule, n, p, g, lanes, slots...);
}
#endif

/// sums[k] of one piece.
template <class T, class Rule, class... Slots>
void measure_serial(const Rule& rule, std::int64_t n, const T* p, const T* g, double* sums, Slots*... slots) {
  constexpr int kSums = Rule::kSums;
  double lanes[kSums * kLanes] = {};
#if defined(__x86_64__)
  if (simd() == Simd::Avx512) {
    measure_avx512(rule, n, p, g, lanes, slots...);
  } else if (simd() == Simd::Avx2) {
    measure_avx2(rule, n, p, g, lanes, slots...);
  } else {
    measure_baseline(rule, n, p, g, lanes, slots...);
  }
#else
  measure_baseline(rule, n, p, g, lanes, slots...);
#endif
  for (int k = 0; k < kSums; ++k) {
    sums[k] = 0;
    for (std::int64_t l = 0; l < kLanes; ++l) sums[k] += lanes[k * kLanes + l];
  }
}

}  // namespace detail

/// sums[k] = Σ_i y_i[k]² in double, y_i = rule.measure(p[i], g[i], slots[i]...), an array of Rule::kSums values; slots
/// may be changed. Threaded; does not allocate.
template <class T, class Rule, class... Slots>
void measure(const Rule& rule, std::int64_t n, const T* p, const T* g, double* sums, Slots*... slots) {
  constexpr int kSums = Rule::kSums;
  if (n <= kGrain) return detail::measure_serial(rule, n, p, g, sums, slots...);
  const std::int64_t even = (n + detail::kPieces - 1) / detail::kPieces;
  const std::int64_t blocks = (even + detail::kMeasured - 1) / detail::kMeasured;
  const std::int64_t piece = blocks * detail::kMeasured < kGrain ? kGrain : blocks * detail::kMeasured;
  const std::int64_t pieces = (n + piece - 1) / piece;
  double partial[detail::kPieces][kSums];
  parallel_for(n, piece, [&](std::int64_t begin, std::int64_t end) {
    detail::measure_serial(rule, end - begin, p + begin, g + begin, partial[begin / piece], (slots + begin)...);
  });
  for (int k = 0; k < kSums; ++k) {
    sums[k] = 0;
    for (std::int64_t i = 0; i < pieces; ++i) sums[k] += partial[i][k];
  }
}

}  // namespace descent::kernels
