#include "reduce_blocks.h"

#include <limits>

#include "targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/reduce_blocks.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

struct Sum {
  template <class T>
  static constexpr T kIdentity = T(-0.0);  // 0 would turn a sum of negative zeros positive
  static constexpr bool kSeesNaN = false;
  template <class V>
  static HWY_INLINE V apply(V a, V b) {
    return hn::Add(a, b);
  }
};

struct Prod {
  template <class T>
  static constexpr T kIdentity = T(1);
  static constexpr bool kSeesNaN = false;
  template <class V>
  static HWY_INLINE V apply(V a, V b) {
    return hn::Mul(a, b);
  }
};

// Max and Min of the processor drop a NaN: it is looked for beside them.
struct Max {
  template <class T>
  static constexpr T kIdentity = -std::numeric_limits<T>::infinity();
  static constexpr bool kSeesNaN = true;
  template <class V>
  static HWY_INLINE V apply(V a, V b) {
    return hn::Max(a, b);
  }
};

struct Min {
  template <class T>
  static constexpr T kIdentity = std::numeric_limits<T>::infinity();
  static constexpr bool kSeesNaN = true;
  template <class V>
  static HWY_INLINE V apply(V a, V b) {
    return hn::Min(a, b);
  }
};

/// apply(a, b), but a NaN on either side stays.
template <class Op, class V>
HWY_INLINE V Combine(V a, V b) {
  const V r = Op::apply(a, b);
  if constexpr (!Op::kSeesNaN)
    return r;
  else
    return hn::IfThenElse(hn::IsNaN(a), a, hn::IfThenElse(hn::IsNaN(b), b, r));
}

/// Lane l with l + N/2, then l + N/4, … down to one.
template <class Op, class D, class V>
HWY_INLINE hn::TFromD<D> Fold([[maybe_unused]] D d, V v) {
#if HWY_TARGET == HWY_SCALAR
  return hn::GetLane(v);
#else
  if constexpr (hn::MaxLanes(D()) == 1) {
    return hn::GetLane(v);
  } else {
    const hn::Half<D> half;
    return Fold<Op>(half, Op::apply(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
#endif
}

template <class Op, class T>
HWY_INLINE T BlockRow(const T* HWY_RESTRICT x, std::size_t n) {
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;
  const D d;
  constexpr std::size_t kLanes = 128 / sizeof(T), kWidth = hn::MaxLanes(D()), kVectors = kLanes / kWidth;
  const V identity = hn::Set(d, Op::template kIdentity<T>);
  if (n <= kWidth) {
    const V v = n == kWidth ? hn::LoadU(d, x) : hn::IfThenElse(hn::FirstN(d, n), LoadTail(d, x, n), identity);
    if (Op::kSeesNaN && !hn::AllFalse(d, hn::IsNaN(v))) return std::numeric_limits<T>::quiet_NaN();
    return Fold<Op>(d, v);
  }
  V lanes[kVectors];
  for (std::size_t c = 0; c < kVectors; ++c) lanes[c] = identity;
  auto nan = hn::IsNaN(identity);
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (std::size_t c = 0; c < kVectors; ++c) {
      const V v = hn::LoadU(d, x + i + c * kWidth);
      lanes[c] = Op::apply(lanes[c], v);
      if constexpr (Op::kSeesNaN) nan = hn::Or(nan, hn::IsNaN(v));
    }
  for (std::size_t c = 0; i < n; ++c) {
    const std::size_t left = n - i;
    const V v =
        left >= kWidth ? hn::LoadU(d, x + i) : hn::IfThenElse(hn::FirstN(d, left), LoadTail(d, x + i, left), identity);
    lanes[c] = Op::apply(lanes[c], v);
    if constexpr (Op::kSeesNaN) nan = hn::Or(nan, hn::IsNaN(v));
    i += HWY_MIN(left, kWidth);
  }
  if (Op::kSeesNaN && !hn::AllFalse(d, nan)) return std::numeric_limits<T>::quiet_NaN();
  for (std::size_t h = kVectors / 2; h > 0; h /= 2)
    for (std::size_t c = 0; c < h; ++c) lanes[c] = Op::apply(lanes[c], lanes[c + h]);
  return Fold<Op>(d, lanes[0]);
}

/// The columns of a block. Lane after lane, so that each row is read whole and once: rows of a wide matrix lie on pages
/// of their own, and coming back to one costs a walk through the page table.
template <class Op, class T>
class BlockColumns {
 public:
  BlockColumns(const T* x, const std::int64_t* offsets, std::size_t rows, std::size_t width)
      : x_(x), offsets_(offsets), rows_(rows), whole_(width / kWidth * kWidth), tail_(width - whole_) {}

  void run(T* out) {
    // Max and Min give the same in any order: one lane will do.
    if constexpr (Op::kSeesNaN)
      lane(0, 1, stack_[0]);
    else
      tree(0, 1, 0);
    for (std::size_t j = 0; j < whole_; j += kWidth) hn::StoreU(hn::Load(d_, stack_[0] + j), d_, out + j);
    if (tail_) StoreTail(hn::Load(d_, stack_[0] + whole_), d_, out + whole_, tail_);
  }

 private:
  using D = hn::ScalableTag<T>;
  static constexpr std::size_t kWidth = hn::MaxLanes(D()), kLanes = 128 / sizeof(T);
  static constexpr int kLevels = sizeof(T) == 4 ? 6 : 5;

  /// Lanes l, l + step, l + 2·step, … folded as in a row, into stack_[level].
  void tree(std::size_t l, std::size_t step, int level) {
    if (step == kLanes) return lane(l, kLanes, stack_[level]);
    tree(l, 2 * step, level);
    if (l + step >= rows_) return;
    tree(l + step, 2 * step, level + 1);
    T *HWY_RESTRICT to = stack_[level], *HWY_RESTRICT other = stack_[level + 1];
    for (std::size_t j = 0; j < whole_ + tail_; j += kWidth)
      hn::Store(Op::apply(hn::Load(d_, to + j), hn::Load(d_, other + j)), d_, to + j);
  }

  /// Rows r, r + step, r + 2·step, … one after another, four at a time.
  void lane(std::size_t r, std::size_t step, T* HWY_RESTRICT to) {
    const T* row = x_ + offsets_[r];
    for (std::size_t j = 0; j < whole_; j += kWidth) hn::Store(hn::LoadU(d_, row + j), d_, to + j);
    if (tail_) hn::Store(LoadTail(d_, row + whole_, tail_), d_, to + whole_);
    for (r += step; r + 3 * step < rows_; r += 4 * step) {
      const T *a = x_ + offsets_[r], *b = x_ + offsets_[r + step], *c = x_ + offsets_[r + 2 * step],
              *e = x_ + offsets_[r + 3 * step];
      for (std::size_t j = 0; j < whole_; j += kWidth) {
        const auto first = Combine<Op>(Combine<Op>(hn::Load(d_, to + j), hn::LoadU(d_, a + j)), hn::LoadU(d_, b + j));
        hn::Store(Combine<Op>(Combine<Op>(first, hn::LoadU(d_, c + j)), hn::LoadU(d_, e + j)), d_, to + j);
      }
      if (tail_)
        for (const T* p : {a, b, c, e}) add_tail(p, to);
    }
    for (; r < rows_; r += step) {
      row = x_ + offsets_[r];
      for (std::size_t j = 0; j < whole_; j += kWidth)
        hn::Store(Combine<Op>(hn::Load(d_, to + j), hn::LoadU(d_, row + j)), d_, to + j);
      if (tail_) add_tail(row, to);
    }
  }

  void add_tail(const T* row, T* HWY_RESTRICT to) {
    hn::Store(Combine<Op>(hn::Load(d_, to + whole_), LoadTail(d_, row + whole_, tail_)), d_, to + whole_);
  }

  const D d_;
  const T* x_;
  const std::int64_t* offsets_;
  const std::size_t rows_, whole_, tail_;
  HWY_ALIGN T stack_[Op::kSeesNaN ? 1 : kLevels][kPanel<T>];
};

/// Largest (or smallest) of each column and its first row; a NaN wins.
template <class T>
HWY_INLINE void ArgColumnsOf(bool largest, const T* x, const std::int64_t* offsets, std::size_t rows, std::size_t width,
                             T* value, std::int64_t* index) {
  using D = hn::ScalableTag<T>;
  const D d;
  const hn::RebindToSigned<D> di;
  using I = hn::TFromD<decltype(di)>;
  const std::size_t lanes = hn::Lanes(d);
  HWY_ALIGN T best[kPanel<T>];
  HWY_ALIGN I at[kPanel<T>];
  for (std::size_t r = 0; r < rows; ++r) {
    const T* row = x + offsets[r];
    const auto here = hn::Set(di, static_cast<I>(r));
    for (std::size_t j = 0; j < width; j += lanes) {
      const auto v = j + lanes <= width ? hn::LoadU(d, row + j) : LoadTail(d, row + j, width - j);
      if (r == 0) {
        hn::Store(v, d, best + j);
        hn::Store(here, di, at + j);
        continue;
      }
      const auto b = hn::Load(d, best + j);
      const auto better = hn::Or(largest ? hn::Gt(v, b) : hn::Lt(v, b), hn::AndNot(hn::IsNaN(b), hn::IsNaN(v)));
      hn::Store(hn::IfThenElse(better, v, b), d, best + j);
      hn::Store(hn::IfThenElse(hn::RebindMask(di, better), here, hn::Load(di, at + j)), di, at + j);
    }
  }
  for (std::size_t j = 0; j < width; ++j) {
    value[j] = best[j];
    index[j] = static_cast<std::int64_t>(at[j]);
  }
}

template <class T>
HWY_INLINE std::int64_t Find(const T* x, std::size_t n, T value) {
  const hn::ScalableTag<T> d;
  const std::size_t width = hn::Lanes(d), whole = n / width * width;
  const bool nan = value != value;
  const auto wanted = hn::Set(d, value);
  for (std::size_t i = 0; i < n; i += width) {
    const auto v = i < whole ? hn::LoadU(d, x + i) : LoadTail(d, x + i, n - i);
    const auto hit = nan ? hn::IsNaN(v) : hn::Eq(v, wanted);
    const std::intptr_t lane = hn::FindFirstTrue(d, hit);
    if (lane >= 0) {
      const std::size_t at = i + static_cast<std::size_t>(lane);
      return at < n ? static_cast<std::int64_t>(at) : -1;
    }
  }
  return -1;
}

template <class Op, class T>
HWY_INLINE void RowsOf(const T* x, std::int64_t stride, std::int64_t rows, std::int64_t n, T* out) {
  for (std::int64_t r = 0; r < rows; ++r) out[r] = BlockRow<Op>(x + r * stride, static_cast<std::size_t>(n));
}

template <class T>
HWY_INLINE void Rows(Reduce op, const T* x, std::int64_t stride, std::int64_t rows, std::int64_t n, T* out) {
  switch (op) {
    case Reduce::Prod:
      return RowsOf<Prod>(x, stride, rows, n, out);
    case Reduce::Max:
      return RowsOf<Max>(x, stride, rows, n, out);
    case Reduce::Min:
      return RowsOf<Min>(x, stride, rows, n, out);
    default:
      return RowsOf<Sum>(x, stride, rows, n, out);
  }
}

template <class T>
HWY_INLINE void Columns(Reduce op, const T* x, const std::int64_t* offsets, std::int64_t rows, std::int64_t width,
                        T* out) {
  const std::size_t r = static_cast<std::size_t>(rows), w = static_cast<std::size_t>(width);
  switch (op) {
    case Reduce::Prod:
      return BlockColumns<Prod, T>(x, offsets, r, w).run(out);
    case Reduce::Max:
      return BlockColumns<Max, T>(x, offsets, r, w).run(out);
    case Reduce::Min:
      return BlockColumns<Min, T>(x, offsets, r, w).run(out);
    default:
      return BlockColumns<Sum, T>(x, offsets, r, w).run(out);
  }
}

HWY_NOINLINE void RowsF32(Reduce op, const float* x, std::int64_t stride, std::int64_t rows, std::int64_t n,
                          float* out) {
  Rows(op, x, stride, rows, n, out);
}
HWY_NOINLINE void RowsF64(Reduce op, const double* x, std::int64_t stride, std::int64_t rows, std::int64_t n,
                          double* out) {
  Rows(op, x, stride, rows, n, out);
}
HWY_NOINLINE void ColumnsF32(Reduce op, const float* x, const std::int64_t* offsets, std::int64_t rows,
                             std::int64_t width, float* out) {
  Columns(op, x, offsets, rows, width, out);
}
HWY_NOINLINE void ColumnsF64(Reduce op, const double* x, const std::int64_t* offsets, std::int64_t rows,
                             std::int64_t width, double* out) {
  Columns(op, x, offsets, rows, width, out);
}
HWY_NOINLINE void ArgColumnsF32(bool largest, const float* x, const std::int64_t* offsets, std::int64_t rows,
                                std::int64_t width, float* value, std::int64_t* index) {
  ArgColumnsOf(largest, x, offsets, static_cast<std::size_t>(rows), static_cast<std::size_t>(width), value, index);
}
HWY_NOINLINE void ArgColumnsF64(bool largest, const double* x, const std::int64_t* offsets, std::int64_t rows,
                                std::int64_t width, double* value, std::int64_t* index) {
  ArgColumnsOf(largest, x, offsets, static_cast<std::size_t>(rows), static_cast<std::size_t>(width), value, index);
}
HWY_NOINLINE std::int64_t FindF32(const float* x, std::int64_t n, float value) {
  return Find(x, static_cast<std::size_t>(n), value);
}
HWY_NOINLINE std::int64_t FindF64(const double* x, std::int64_t n, double value) {
  return Find(x, static_cast<std::size_t>(n), value);
}

}  // namespace
}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {
HWY_EXPORT(RowsF32);
HWY_EXPORT(RowsF64);
HWY_EXPORT(ColumnsF32);
HWY_EXPORT(ColumnsF64);
HWY_EXPORT(ArgColumnsF32);
HWY_EXPORT(ArgColumnsF64);
HWY_EXPORT(FindF32);
HWY_EXPORT(FindF64);
}  // namespace

void block_rows(Reduce op, const float* x, std::int64_t stride, std::int64_t rows, std::int64_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(RowsF32)(op, x, stride, rows, n, out);
}
void block_rows(Reduce op, const double* x, std::int64_t stride, std::int64_t rows, std::int64_t n, double* out) {
  HWY_DYNAMIC_DISPATCH(RowsF64)(op, x, stride, rows, n, out);
}
void block_columns(Reduce op, const float* x, const std::int64_t* offsets, std::int64_t rows, std::int64_t width,
                   float* out) {
  HWY_DYNAMIC_DISPATCH(ColumnsF32)(op, x, offsets, rows, width, out);
}
void block_columns(Reduce op, const double* x, const std::int64_t* offsets, std::int64_t rows, std::int64_t width,
                   double* out) {
  HWY_DYNAMIC_DISPATCH(ColumnsF64)(op, x, offsets, rows, width, out);
}
void block_arg_columns(bool largest, const float* x, const std::int64_t* offsets, std::int64_t rows, std::int64_t width,
                       float* value, std::int64_t* index) {
  HWY_DYNAMIC_DISPATCH(ArgColumnsF32)(largest, x, offsets, rows, width, value, index);
}
void block_arg_columns(bool largest, const double* x, const std::int64_t* offsets, std::int64_t rows,
                       std::int64_t width, double* value, std::int64_t* index) {
  HWY_DYNAMIC_DISPATCH(ArgColumnsF64)(largest, x, offsets, rows, width, value, index);
}
std::int64_t find_first(const float* x, std::int64_t n, float value) {
  return HWY_DYNAMIC_DISPATCH(FindF32)(x, n, value);
}
std::int64_t find_first(const double* x, std::int64_t n, double value) {
  return HWY_DYNAMIC_DISPATCH(FindF64)(x, n, value);
}

}  // namespace descent::kernels
#endif
