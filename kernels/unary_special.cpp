// Rows of the functions that compute in float64 lanes whatever the type.
#include <cstdint>

#include "unary_row.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/unary_special.cpp"
#include "targets.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "arc-inl.h"
#include "erf-inl.h"
#include "exp_log-inl.h"
#include "trig-inl.h"
#include "unary_row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

/// A row of F, whose `of(d, x)` takes vectors of double. One body for whole and partial vectors: the functions are
/// long.
template <class T, class F>
void DoubleRow(void* out, const void* in, std::int64_t n) {
  const RowTag<T, true> d;
  const hn::ScalableTag<double> wide;
  T* y = static_cast<T*>(out);
  const T* x = static_cast<const T*>(in);
  const auto lanes = static_cast<std::int64_t>(Lanes(d));
  for (std::int64_t i = 0; i < n; i += lanes) {
    const auto rest = static_cast<std::size_t>(n - i);
    const bool whole = n - i >= lanes;
    const auto v = whole ? LoadU(d, x + i) : LoadTail(d, x + i, rest);
    if constexpr (sizeof(T) == 4) {
      const auto r = ToFloat(d, F::of(wide, PromoteTo(wide, v)));
      whole ? StoreU(r, d, y + i) : StoreTail(r, d, y + i, rest);
    } else {
      const auto r = F::of(wide, v);
      whole ? StoreU(r, d, y + i) : StoreTail(r, d, y + i, rest);
    }
  }
}

struct Exp2Op {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return Exp2Of(d, x);
  }
};
struct Expm1Op {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return Expm1Of(d, x);
  }
};
struct Log2Op {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return Log2Of(d, x);
  }
};
struct Log10Op {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return Log10Of(d, x);
  }
};
struct Log1pOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return Log1pOf(d, x);
  }
};
struct LogSigmoidOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return LogSigmoidOf(d, x);
  }
};
struct SinhOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return SinhOf(d, x);
  }
};
struct CoshOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return CoshOf(d, x);
  }
};
struct AsinhOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return AsinhOf(d, x);
  }
};
struct AcoshOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return AcoshOf(d, x);
  }
};
struct AtanhOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return AtanhOf(d, x);
  }
};
struct TanOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return TanOf(d, x);
  }
};
struct AsinOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return AsinOf(d, x);
  }
};
struct AcosOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return AcosOf(d, x);
  }
};
struct AtanOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return AtanOf(d, x);
  }
};
struct ErfOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return ErfOf(d, x);
  }
};
struct ErfcOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x) {
    return ErfcOf(d, x);
  }
};

// In the order of Unary from Exp2 on.
template <class T>
constexpr UnaryRow kRows[] = {DoubleRow<T, Exp2Op>,  DoubleRow<T, Expm1Op>, DoubleRow<T, Log2Op>,
                              DoubleRow<T, Log10Op>, DoubleRow<T, Log1pOp>, DoubleRow<T, LogSigmoidOp>,
                              DoubleRow<T, SinhOp>,  DoubleRow<T, CoshOp>,  DoubleRow<T, AsinhOp>,
                              DoubleRow<T, AcoshOp>, DoubleRow<T, AtanhOp>, DoubleRow<T, TanOp>,
                              DoubleRow<T, AsinOp>,  DoubleRow<T, AcosOp>,  DoubleRow<T, AtanOp>,
                              DoubleRow<T, ErfOp>,   DoubleRow<T, ErfcOp>};

}  // namespace

UnaryRow FloatSpecialRow(Unary op, bool is_double) {
  const int i = static_cast<int>(op) - static_cast<int>(Unary::Exp2);
  return is_double ? kRows<double>[i] : kRows<float>[i];
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {
HWY_EXPORT(FloatSpecialRow);
}  // namespace

UnaryRow special_unary_row(Unary op, bool is_double) { return HWY_DYNAMIC_DISPATCH(FloatSpecialRow)(op, is_double); }

}  // namespace descent::kernels
#endif  // HWY_ONCE
