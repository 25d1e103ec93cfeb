#include <cassert>
#include <cstdint>
#include <type_traits>

#include "elementwise.h"
#include "parallel.h"
#include "pow.h"
#include "remainder.h"
#include "strided.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/binary.cpp"
#include "targets.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "arc-inl.h"
#include "unary_row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

struct AddOp {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return Add(a, b);
  }
};
struct SubOp {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return Sub(a, b);
  }
};
struct MulOp {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return Mul(a, b);
  }
};
struct DivOp {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return Div(a, b);
  }
};
// A NaN in b fails the comparison and is chosen by it.
struct MaximumOp {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return IfThenElse(Or(Gt(a, b), IsNaN(a)), a, b);
  }
};
struct MinimumOp {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return IfThenElse(Or(Lt(a, b), IsNaN(a)), a, b);
  }
};
struct ReluGradOp {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V g, V y) const {
    return IfThenZeroElse(Le(y, Zero(d)), g);  // NaN lets g through
  }
};
// g·(1 − y²)
struct TanhGradOp {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V g, V y) const {
    return Mul(g, NegMulAdd(y, y, Set(d, hn::TFromD<D>(1))));
  }
};
// g·y·(1 − y)
struct SigmoidGradOp {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V g, V y) const {
    return Mul(Mul(g, y), Sub(Set(d, hn::TFromD<D>(1)), y));
  }
};

struct FmodOp {
  template <class T>
  T operator()(T a, T b) const {
    return float_fmod(a, b);
  }
};
struct RemainderOp {
  template <class T>
  T operator()(T a, T b) const {
    return float_remainder(a, b);
  }
};
struct FloorDivOp {
  template <class T>
  T operator()(T a, T b) const {
    return float_floor_div(a, b);
  }
};
struct Atan2Op {
  template <class D, class V>
  static HWY_INLINE V of(D d, V y, V x) {
    return Atan2Of(d, y, x);
  }
};
struct HypotOp {
  template <class D, class V>
  static HWY_INLINE V of(D d, V x, V y) {
    return HypotOf(d, x, y);
  }
};
/// F on vectors of double, to which float32 vectors of half the width are converted.
template <class F>
struct InDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    if constexpr (kIsFloat<D>) {
      const hn::Rebind<double, D> wide;
      return ToFloat(d, F::of(wide, PromoteTo(wide, a), PromoteTo(wide, b)));
    } else {
      return F::of(d, a, b);
    }
  }
};

// Where a row's operand comes from: memory, or one element in a register.
template <class D, bool kScalar>
struct Operand {
  using T = hn::TFromD<D>;
  const T* p;
  hn::Vec<D> value;
  HWY_INLINE Operand(D d, const T* from) : p(from), value(kScalar ? Set(d, *from) : Zero(d)) {}
  HWY_INLINE hn::Vec<D> at(D d, std::int64_t i) const {
    if constexpr (kScalar)
      return value;
    else
      return LoadU(d, p + i);
  }
  HWY_INLINE hn::Vec<D> tail(D d, std::int64_t i, std::size_t n) const {
    if constexpr (kScalar)
      return value;
    else
      return LoadTail(d, p + i, n);
  }
};

template <class Op, bool kScalarA, bool kScalarB, class D, class T>
HWY_INLINE void MapPairs(D d, T* y, const T* pa, const T* pb, std::int64_t n) {
  const Op op;
  const Operand<D, kScalarA> a(d, pa);
  const Operand<D, kScalarB> b(d, pb);
  const auto lanes = static_cast<std::int64_t>(Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) StoreU(op(d, a.at(d, i), b.at(d, i)), d, y + i);
  if (i < n) {
    const auto rest = static_cast<std::size_t>(n - i);
    StoreTail(op(d, a.tail(d, i, rest), b.tail(d, i, rest)), d, y + i, rest);
  }
}

template <class T, class Op>
void PairRow(void* out, const void* pa, const void* pb, std::int64_t n, unsigned scalars) {
  const hn::ScalableTag<T> d;
  T* y = static_cast<T*>(out);
  const T* a = static_cast<const T*>(pa);
  const T* b = static_cast<const T*>(pb);
  if (n == 1) {  // whole stores and loads forward to each other faster than masked ones
    const hn::CappedTag<T, 1> one;
    StoreU(Op()(one, LoadU(one, a), LoadU(one, b)), one, y);
  } else if (scalars == 0) {
    MapPairs<Op, false, false>(d, y, a, b, n);
  } else if (scalars == 1) {
    MapPairs<Op, true, false>(d, y, a, b, n);
  } else {
    MapPairs<Op, false, true>(d, y, a, b, n);
  }
}

template <class T, class F>
void DoublePairRow(void* out, const void* pa, const void* pb, std::int64_t n, unsigned scalars) {
  const RowTag<T, true> d;
  T* y = static_cast<T*>(out);
  const T* a = static_cast<const T*>(pa);
  const T* b = static_cast<const T*>(pb);
  if (scalars == 0)
    MapPairs<InDouble<F>, false, false>(d, y, a, b, n);
  else if (scalars == 1)
    MapPairs<InDouble<F>, true, false>(d, y, a, b, n);
  else
    MapPairs<InDouble<F>, false, true>(d, y, a, b, n);
}

/// F is stateless and takes single elements.
template <class T, class F>
void ScalarPairRow(void* out, const void* pa, const void* pb, std::int64_t n, unsigned scalars) {
  const F f;
  T* y = static_cast<T*>(out);
  const T* a = static_cast<const T*>(pa);
  const T* b = static_cast<const T*>(pb);
  const std::int64_t a_step = scalars & 1 ? 0 : 1, b_step = scalars & 2 ? 0 : 1;
  for (std::int64_t i = 0; i < n; ++i) y[i] = f(a[i * a_step], b[i * b_step]);
}

template <class T>
constexpr BinaryRow kRows[] = {PairRow<T, AddOp>,
                               PairRow<T, SubOp>,
                               PairRow<T, MulOp>,
                               PairRow<T, DivOp>,
                               pow_row<T>,
                               PairRow<T, MaximumOp>,
                               PairRow<T, MinimumOp>,
                               PairRow<T, ReluGradOp>,
                               PairRow<T, TanhGradOp>,
                               PairRow<T, SigmoidGradOp>,
                               DoublePairRow<T, Atan2Op>,
                               DoublePairRow<T, HypotOp>,
                               ScalarPairRow<T, FmodOp>,
                               ScalarPairRow<T, RemainderOp>,
                               ScalarPairRow<T, FloorDivOp>};

}  // namespace

BinaryRow FloatBinaryRow(Binary op, bool is_double) {
  return is_double ? kRows<double>[static_cast<int>(op)] : kRows<float>[static_cast<int>(op)];
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {

HWY_EXPORT(FloatBinaryRow);

// Integers wrap around: int64 is computed as uint64. F is stateless.
template <class T, class F>
BinaryRow integer_row(F) {
  return [](void* out, const void* pa, const void* pb, std::int64_t n, unsigned scalars) {
    const F f{};
    T* y = static_cast<T*>(out);
    const T* a = static_cast<const T*>(pa);
    const T* b = static_cast<const T*>(pb);
    if (scalars == 0) {
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
    } else if (scalars == 1) {
      const T x = *a;
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) y[i] = f(x, b[i]);
    } else {
      const T x = *b;
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) y[i] = f(a[i], x);
    }
  };
}

template <class T>
BinaryRow integer_row_of(Binary op) {
  using S = std::conditional_t<sizeof(T) == 8, std::int64_t, T>;  // the type that orders the values
  switch (op) {
    case Binary::Add:
      return integer_row<T>([](T a, T b) { return T(a + b); });
    case Binary::Sub:
      return integer_row<T>([](T a, T b) { return T(a - b); });
    case Binary::Mul:
      return integer_row<T>([](T a, T b) { return T(a * b); });
    case Binary::Pow:
      return integer_row<T>([](T a, T b) { return T(integer_pow(S(a), S(b))); });
    case Binary::Maximum:
      return integer_row<T>([](T a, T b) { return S(a) > S(b) ? a : b; });
    case Binary::Minimum:
      return integer_row<T>([](T a, T b) { return S(a) < S(b) ? a : b; });
    case Binary::ReluGrad:
      return integer_row<T>([](T g, T y) { return S(y) > 0 ? g : T{0}; });
    case Binary::Fmod:
      return integer_row<T>([](T a, T b) { return T(integer_fmod(S(a), S(b))); });
    case Binary::Remainder:
      return integer_row<T>([](T a, T b) { return T(integer_remainder(S(a), S(b))); });
    case Binary::FloorDiv:
      return integer_row<T>([](T a, T b) { return T(integer_floor_div(S(a), S(b))); });
    default:
      return nullptr;
  }
}

BinaryRow boolean_row_of(Binary op) {
  using T = std::uint8_t;
  switch (op) {
    case Binary::Add:
    case Binary::Maximum:
      return integer_row<T>([](T a, T b) { return T(a | b); });
    case Binary::Mul:
    case Binary::Minimum:
      return integer_row<T>([](T a, T b) { return T(a & b); });
    case Binary::Sub:
      return integer_row<T>([](T a, T b) { return T(a ^ b); });
    default:
      return integer_row_of<T>(op);
  }
}

BinaryRow row_of(Binary op, DType dtype) {
  switch (dtype) {
    case DType::Float32:
      return HWY_DYNAMIC_DISPATCH(FloatBinaryRow)(op, false);
    case DType::Float64:
      return HWY_DYNAMIC_DISPATCH(FloatBinaryRow)(op, true);
    case DType::Int64:
      return integer_row_of<std::uint64_t>(op);
    case DType::UInt8:
      return integer_row_of<std::uint8_t>(op);
    default:
      return boolean_row_of(op);
  }
}

}  // namespace

void binary(Binary op, View out, View a, View b) {
  if (out.numel == 0) return;
  const BinaryRow row = row_of(op, out.dtype);
  assert(row != nullptr && "this function takes floating-point numbers only");
  const std::int64_t grain = op == Binary::Pow || op >= Binary::Atan2 ? kGrain / 8 : kGrain;
  if (out.contiguous && (a.contiguous || b.contiguous)) {
    const bool one_a = !a.contiguous && is_scalar(a), one_b = !b.contiguous && is_scalar(b);
    if ((a.contiguous || one_a) && (b.contiguous || one_b)) {
      const unsigned scalars = (one_a ? 1u : 0u) | (one_b ? 2u : 0u);
      if (out.numel <= grain) return row(out.data, a.data, b.data, out.numel, scalars);
      const auto size = static_cast<std::int64_t>(size_of(out.dtype));
      const std::int64_t a_size = one_a ? 0 : size, b_size = one_b ? 0 : size;
      char* y = out.as<char>();
      const char *pa = a.as<char>(), *pb = b.as<char>();
      return parallel_for(out.numel, grain, [=](std::int64_t begin, std::int64_t end) {
        row(y + begin * size, pa + begin * a_size, pb + begin * b_size, end - begin, scalars);
      });
    }
  }
  strided_rows<3>(StridedLoop<3>({&out, &a, &b}), grain,
                  [row](char* const* p, std::int64_t n, unsigned scalars) { row(p[0], p[1], p[2], n, scalars); });
}

}  // namespace descent::kernels
#endif  // HWY_ONCE
