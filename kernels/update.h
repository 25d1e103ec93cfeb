// The fused loop of every optimizer: a rule for one element runs over parameter, gradient and state in one pass.
//
// Rules are written once, as plain C++; the loop around them is compiled for three instruction sets, vectorised by the
// compiler and chosen at run time. Operations that IEEE 754 rounds correctly (+ − · / √) give the same bits in all
// three as long as products and sums are not contracted: the library's optim/ is built with -ffp-contract=off.
#pragma once

#include <type_traits>

#include "parallel.h"

namespace descent::kernels {

/// Instruction sets that the loops are compiled for.
enum class Simd { Baseline, Avx2, Avx512 };

/// The best that this machine has. Tests assign lower ones.
Simd& simd() noexcept;

namespace detail {

template <class T, class Rule, class... Slots>
void update_baseline(Rule rule, std::int64_t n, T* __restrict p, const T* __restrict g, Slots* __restrict... slots) {
  for (std::int64_t i = 0; i < n; ++i) rule(p[i], g[i], slots[i]...);
}

#if defined(__x86_64__)
template <class T, class Rule, class... Slots>
[[gnu::target("avx2")]] void update_avx2(Rule rule, std::int64_t n, T* __restrict p, const T* __restrict g,
                                         Slots* __restrict... slots) {
  for (std::int64_t i = 0; i < n; ++i) rule(p[i], g[i], slots[i]...);
}

template <class T, class Rule, class... Slots>
[[gnu::target("avx512f,avx512vl,avx512dq,avx512bw")]] void update_avx512(Rule rule, std::int64_t n, T* __restrict p,
                                                                         const T* __restrict g,
                                                                         Slots* __restrict... slots) {
  for (std::int64_t i = 0; i < n; ++i) rule(p[i], g[i], slots[i]...);
}
#endif

template <class T, class Rule, class... Slots>
void update_serial(const Rule& rule, std::int64_t n, T* p, const T* g, Slots*... slots) {
#if defined(__x86_64__)
  if (simd() == Simd::Avx512) return update_avx512(rule, n, p, g, slots...);
  if (simd() == Simd::Avx2) return update_avx2(rule, n, p, g, slots...);
#endif
  update_baseline(rule, n, p, g, slots...);
}

}  // namespace detail

/// rule(p[i], g[i], slots[i]...) for 0 <= i < n; p and slots are changed, g is not. Threaded above kGrain elements.
/// A rule is copied into the loop, must not throw, and looks at one element only.
template <class T, class Rule, class... Slots>
void update(const Rule& rule, std::int64_t n, T* p, const T* g, Slots*... slots) {
  static_assert(std::is_trivially_copyable_v<Rule>);
  if (n <= kGrain) return detail::update_serial(rule, n, p, g, slots...);
  parallel_for(n, kGrain, [&](std::int64_t begin, std::int64_t end) {
    detail::update_serial(rule, end - begin, p + begin, g + begin, (slots + begin)...);
  });
}

}  // namespace descent::kernels
