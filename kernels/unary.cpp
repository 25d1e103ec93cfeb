#include <cassert>
#include <cstdint>
#include <type_traits>

#include "elementwise.h"
#include "parallel.h"
#include "strided.h"
#include "unary_row.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/unary.cpp"
#include "targets.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "math-inl.h"
#include "trig-inl.h"
#include "unary_row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

struct NegOp : Traits<true> {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return Neg(x);
  }
};
struct AbsOp : Traits<true> {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return Abs(x);
  }
};
struct SignOp : Traits<true> {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V one = Const(d, 1, 1);
    return Sub(IfThenElseZero(Gt(x, Zero(d)), one), IfThenElseZero(Lt(x, Zero(d)), one));
  }
};
struct SquareOp : Traits<true> {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return Mul(x, x);
  }
};
struct SqrtOp : Traits<true> {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return Sqrt(x);
  }
};
struct ReluOp : Traits<true> {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return IfThenZeroElse(Le(x, Zero(d)), x);
  }
};
struct ExpOp : Traits<false> {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return VecExp(d, x);
  }
};
struct LogOp : Traits<false> {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return VecLog(d, x);
  }
};
struct SinOp : Traits<false, true> {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return VecSin(d, x);
  }
};
struct CosOp : Traits<false, true> {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return VecCos(d, x);
  }
};
struct TanhOp : Traits<false> {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return VecTanh(d, x);
  }
};
struct SigmoidOp : Traits<false> {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return VecSigmoid(d, x);
  }
};

struct ReciprocalOp : Traits<true> {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return Div(Const(d, 1, 1), x);
  }
};
struct RsqrtOp : Traits<true> {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return Div(Const(d, 1, 1), Sqrt(x));
  }
};
struct FloorOp : Traits<true> {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return CopySign(Floor(x), x);  // Highway's baselines lose −0
  }
};
struct CeilOp : Traits<true> {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return Ceil(x);
  }
};
// Adding and subtracting 2^23 or 2^52 rounds to even.
struct RoundOp : Traits<true> {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V a = Abs(x), large = Const(d, 0x1p23f, 0x1p52);
    return IfThenElse(Lt(a, large), CopySignToAbs(Sub(Add(a, large), large), x), x);
  }
};
struct TruncOp : Traits<true> {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return CopySign(Trunc(x), x);  // as above
  }
};
struct FracOp : Traits<true> {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return Sub(x, CopySign(Trunc(x), x));
  }
};

template <class T>
constexpr UnaryRow kRows[] = {MapRow<T, NegOp>,        MapRow<T, AbsOp>,   MapRow<T, SignOp>,    MapRow<T, SquareOp>,
                              MapRow<T, SqrtOp>,       MapRow<T, ExpOp>,   MapRow<T, LogOp>,     MapRow<T, SinOp>,
                              MapRow<T, CosOp>,        MapRow<T, TanhOp>,  MapRow<T, SigmoidOp>, MapRow<T, ReluOp>,
                              MapRow<T, ReciprocalOp>, MapRow<T, RsqrtOp>, MapRow<T, FloorOp>,   MapRow<T, CeilOp>,
                              MapRow<T, RoundOp>,      MapRow<T, TruncOp>, MapRow<T, FracOp>};

}  // namespace

UnaryRow FloatUnaryRow(Unary op, bool is_double) {
  return is_double ? kRows<double>[static_cast<int>(op)] : kRows<float>[static_cast<int>(op)];
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {

HWY_EXPORT(FloatUnaryRow);

// Integers wrap around: int64 is computed as uint64.
template <class T, class F>
void integer_row(void* out, const void* in, std::int64_t n, F f) {
  T* y = static_cast<T*>(out);
  const T* x = static_cast<const T*>(in);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) y[i] = f(x[i]);
}

UnaryRow int64_row(Unary op) {
  using T = std::uint64_t;
  switch (op) {
    case Unary::Neg:
      return [](void* y, const void* x, std::int64_t n) { integer_row<T>(y, x, n, [](T v) { return T{0} - v; }); };
    case Unary::Abs:
      return [](void* y, const void* x, std::int64_t n) {
        integer_row<T>(y, x, n, [](T v) { return v >> 63 ? T{0} - v : v; });
      };
    case Unary::Sign:
      return [](void* y, const void* x, std::int64_t n) {
        integer_row<T>(y, x, n, [](T v) { return v >> 63 ? ~T{0} : T{v != 0}; });
      };
    case Unary::Square:
      return [](void* y, const void* x, std::int64_t n) { integer_row<T>(y, x, n, [](T v) { return v * v; }); };
    case Unary::Relu:
      return [](void* y, const void* x, std::int64_t n) {
        integer_row<T>(y, x, n, [](T v) { return v >> 63 ? T{0} : v; });
      };
    case Unary::Floor:
    case Unary::Ceil:
    case Unary::Round:
    case Unary::Trunc:
      return [](void* y, const void* x, std::int64_t n) { integer_row<T>(y, x, n, [](T v) { return v; }); };
    default:
      return nullptr;
  }
}

UnaryRow uint8_row(Unary op) {
  using T = std::uint8_t;
  switch (op) {
    case Unary::Neg:
      return [](void* y, const void* x, std::int64_t n) { integer_row<T>(y, x, n, [](T v) { return T(-v); }); };
    case Unary::Sign:
      return [](void* y, const void* x, std::int64_t n) { integer_row<T>(y, x, n, [](T v) { return T(v != 0); }); };
    case Unary::Square:
      return [](void* y, const void* x, std::int64_t n) { integer_row<T>(y, x, n, [](T v) { return T(v * v); }); };
    case Unary::Abs:
    case Unary::Relu:
    case Unary::Floor:
    case Unary::Ceil:
    case Unary::Round:
    case Unary::Trunc:
      return [](void* y, const void* x, std::int64_t n) { integer_row<T>(y, x, n, [](T v) { return v; }); };
    default:
      return nullptr;
  }
}

UnaryRow float_row(Unary op, bool is_double) {
  return op >= Unary::Exp2 ? special_unary_row(op, is_double) : HWY_DYNAMIC_DISPATCH(FloatUnaryRow)(op, is_double);
}

UnaryRow row_of(Unary op, DType dtype) {
  switch (dtype) {
    case DType::Float32:
      return float_row(op, false);
    case DType::Float64:
      return float_row(op, true);
    case DType::Int64:
      return int64_row(op);
    case DType::UInt8:
      return uint8_row(op);
    default:
      return uint8_row(op == Unary::Neg ? Unary::Abs : op);  // on 0 and 1 all of them are the identity
  }
}

constexpr bool is_cheap(Unary op) { return op <= Unary::Sqrt || (op >= Unary::Relu && op < Unary::Exp2); }

}  // namespace

void unary(Unary op, View out, View in) {
  if (out.numel == 0) return;
  const UnaryRow row = row_of(op, out.dtype);
  assert(row != nullptr && "this function takes floating-point numbers only");
  const std::int64_t grain = is_cheap(op) ? kGrain : kGrain / 2;
  if (out.contiguous && in.contiguous) {
    if (out.numel <= grain) return row(out.data, in.data, out.numel);
    const auto size = static_cast<std::int64_t>(size_of(out.dtype));
    char* y = out.as<char>();
    const char* x = in.as<char>();
    return parallel_for(out.numel, grain, [=](std::int64_t begin, std::int64_t end) {
      row(y + begin * size, x + begin * size, end - begin);
    });
  }
  strided_rows<0>(StridedLoop<2>({&out, &in}), grain,
                  [row](char* const* p, std::int64_t n, unsigned) { row(p[0], p[1], n); });
}

}  // namespace descent::kernels
#endif  // HWY_ONCE
