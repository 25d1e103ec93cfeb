// Vectors that reach past the end of a row. Included once per target, inside foreach_target's loop.
#if defined(DESCENT_KERNELS_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_KERNELS_SIMD_INL_H_
#undef DESCENT_KERNELS_SIMD_INL_H_
#else
#define DESCENT_KERNELS_SIMD_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "targets.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Masked moves of 4- and 8-byte lanes do not touch the lanes left out on these targets only.
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
#define DESCENT_MASKED_MOVES 1
#else
#define DESCENT_MASKED_MOVES 0
#endif

/// The first n lanes (0 <= n <= lanes) from p, the rest zero; touches no memory past p[n − 1]. 4- and 8-byte lanes.
template <class D>
HWY_INLINE hn::Vec<D> LoadTail(D d, const hn::TFromD<D>* p, std::size_t n) {
#if DESCENT_MASKED_MOVES
  return MaskedLoad(FirstN(d, n), d, p);
#else
  HWY_ALIGN hn::TFromD<D> buffer[hn::MaxLanes(D())] = {};
  for (std::size_t i = 0; i < n; ++i) buffer[i] = p[i];
  return Load(d, buffer);
#endif
}

/// Writes the first n lanes of v to p, nothing else.
template <class D>
HWY_INLINE void StoreTail(hn::Vec<D> v, D d, hn::TFromD<D>* p, std::size_t n) {
#if DESCENT_MASKED_MOVES
  BlendedStore(v, FirstN(d, n), d, p);
#else
  HWY_ALIGN hn::TFromD<D> buffer[hn::MaxLanes(D())];
  Store(v, d, buffer);
  for (std::size_t i = 0; i < n; ++i) p[i] = buffer[i];
#endif
}

#undef DESCENT_MASKED_MOVES

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
