// How a function of vectors becomes a row. Included once per target, inside foreach_target's loop.
#if defined(DESCENT_KERNELS_UNARY_ROW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DESCENT_KERNELS_UNARY_ROW_INL_H_
#undef DESCENT_KERNELS_UNARY_ROW_INL_H_
#else
#define DESCENT_KERNELS_UNARY_ROW_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {

// kHalf: float32 vectors are half as wide as possible, because the function computes in float64 lanes.
template <bool kCheapOp, bool kHalfVectors = false>
struct Traits {
  static constexpr bool kCheap = kCheapOp;
  static constexpr bool kHalf = kHalfVectors;
};

/// The tag for a row of T.
template <class T, bool kHalf>
using RowTag = std::conditional_t<kHalf && sizeof(T) == 4, hn::Rebind<T, hn::ScalableTag<double>>, hn::ScalableTag<T>>;

/// Rounds doubles to floats. DemoteTo of Highway's baselines (g++: scalar, clang: emulated vectors) clamps what is too
/// large for a float to the largest one instead of rounding it to infinity.
template <class D, class V>
HWY_INLINE hn::Vec<D> ToFloat(D d, V v) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  constexpr std::size_t kLanes = hn::MaxLanes(D());
  HWY_ALIGN double wide[kLanes];
  HWY_ALIGN float narrow[kLanes];
  Store(v, hn::Rebind<double, D>(), wide);
  for (std::size_t i = 0; i < kLanes; ++i) narrow[i] = static_cast<float>(wide[i]);
  return Load(d, narrow);
#else
  return DemoteTo(d, v);
#endif
}

// Whole vectors, then one part of a vector through the same code: an element's bits do not depend on its position.
template <class T, class Op>
void MapRow(void* out, const void* in, std::int64_t n) {
  const RowTag<T, Op::kHalf> d;
  const Op op;
  T* y = static_cast<T*>(out);
  const T* x = static_cast<const T*>(in);
  if (Op::kCheap && n == 1) {  // whole stores and loads forward to each other faster than masked ones
    const hn::CappedTag<T, 1> one;
    StoreU(op(one, LoadU(one, x)), one, y);
    return;
  }
  const auto lanes = static_cast<std::int64_t>(Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) StoreU(op(d, LoadU(d, x + i)), d, y + i);
  if (i < n) {
    const auto rest = static_cast<std::size_t>(n - i);
    StoreTail(op(d, LoadTail(d, x + i, rest)), d, y + i, rest);
  }
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
