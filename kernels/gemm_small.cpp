#include "gemm_small.h"

#include "targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm_small.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "simd-inl.h"

#ifndef DESCENT_KERNELS_GEMM_SMALL_ONCE_
#define DESCENT_KERNELS_GEMM_SMALL_ONCE_
namespace descent::kernels {

/// Most elements of op(B) that are repacked on the stack, rows padded to whole vectors.
inline constexpr std::int64_t kMaxPacked = 4096;
/// Most multiply-adds done here; measured against OpenBLAS, which wins above (later for A·Bᵀ, its slow form).
inline constexpr std::int64_t kMaxSmall = 8192, kMaxSmallTransposed = 131072;

/// Row times the rows of a stored Bᵀ: dot products, unless so short that packing costs less.
inline bool is_dots(const Gemm& g) {
  return g.m == 1 && g.trans_b && (!g.trans_a || g.lda == 1) && (g.k >= 16 || g.n == 1);
}

}  // namespace descent::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

/// Operands of one product with op(A)[i, p] = a[i · a_row + p · a_col] and op(B)[p, j] = b[p · b_row + j].
template <class T>
struct Operands {
  const T* a;
  std::size_t a_row, a_col;
  const T* b;
  std::size_t b_row;
  T* c;
  std::size_t c_row;
  const T* bias;
  std::size_t k;
  bool accumulate;
};

/// R rows times V vectors of C, starting at (i, j); the last vector holds `last` columns.
template <int R, int V, class D, class T>
HWY_INLINE void Tile(D d, const Operands<T>& o, std::size_t i, std::size_t j, std::size_t last) {
  const std::size_t lanes = hn::Lanes(d);
  const bool whole = last == lanes;
  hn::Vec<D> sum[R][V];
  for (int v = 0; v < V; ++v) {
    const bool partial = v == V - 1 && !whole;
    hn::Vec<D> start = hn::Zero(d);
    if (o.bias) start = partial ? LoadTail(d, o.bias + j + v * lanes, last) : hn::LoadU(d, o.bias + j + v * lanes);
    for (int r = 0; r < R; ++r) {
      sum[r][v] = start;
      if (o.accumulate) {
        const T* c = o.c + (i + r) * o.c_row + j + v * lanes;
        sum[r][v] = hn::Add(start, partial ? LoadTail(d, c, last) : hn::LoadU(d, c));
      }
    }
  }
  const T* a = o.a + i * o.a_row;
  const T* b = o.b + j;
  for (std::size_t p = 0; p < o.k; ++p, a += o.a_col, b += o.b_row) {
    hn::Vec<D> row[V];
    for (int v = 0; v < V; ++v)
      row[v] = v == V - 1 && !whole ? LoadTail(d, b + v * lanes, last) : hn::LoadU(d, b + v * lanes);
    for (int r = 0; r < R; ++r) {
      const auto factor = hn::Set(d, a[r * o.a_row]);
      for (int v = 0; v < V; ++v) sum[r][v] = hn::MulAdd(factor, row[v], sum[r][v]);
    }
  }
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < V; ++v) {
      T* c = o.c + (i + r) * o.c_row + j + v * lanes;
      if (v == V - 1 && !whole)
        StoreTail(sum[r][v], d, c, last);
      else
        hn::StoreU(sum[r][v], d, c);
    }
}

/// All m rows of one or two vectors of columns.
template <int V, class D, class T>
HWY_INLINE void Columns(D d, const Operands<T>& o, std::size_t m, std::size_t j, std::size_t last) {
  constexpr int kRows = V == 1 ? 8 : 4;
  std::size_t i = 0;
  for (; i + kRows <= m; i += kRows) Tile<kRows, V>(d, o, i, j, last);
  if (V == 1 && i + 4 <= m) {
    Tile<4, V>(d, o, i, j, last);
    i += 4;
  }
  if (i + 2 <= m) {
    Tile<2, V>(d, o, i, j, last);
    i += 2;
  }
  if (i < m) Tile<1, V>(d, o, i, j, last);
}

/// packed[p · width + j] = b[j · ldb + p]: 4x4 blocks through registers; rows padded with zeros.
template <class T>
HWY_INLINE void PackTransposed(const T* b, std::size_t ldb, std::size_t n, std::size_t k, T* packed,
                               std::size_t width) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (sizeof(T) == 4) {
    const hn::Simd<T, 4, 0> d;
    for (std::size_t j = 0; j < n; j += 4)
      for (std::size_t p = 0; p < k; p += 4) {
        const std::size_t depth = HWY_MIN(std::size_t{4}, k - p);
        hn::Vec<decltype(d)> row[4];
        for (std::size_t r = 0; r < 4; ++r) {
          row[r] = hn::Zero(d);
          if (j + r < n) {
            const T* from = b + (j + r) * ldb + p;
            row[r] = depth == 4 ? hn::LoadU(d, from) : LoadTail(d, from, depth);
          }
        }
        const auto lower01 = hn::InterleaveLower(d, row[0], row[1]), upper01 = hn::InterleaveUpper(d, row[0], row[1]);
        const auto lower23 = hn::InterleaveLower(d, row[2], row[3]), upper23 = hn::InterleaveUpper(d, row[2], row[3]);
        T* to = packed + p * width + j;
        hn::StoreU(hn::ConcatLowerLower(d, lower23, lower01), d, to);
        if (depth > 1) hn::StoreU(hn::ConcatUpperUpper(d, lower23, lower01), d, to + width);
        if (depth > 2) hn::StoreU(hn::ConcatLowerLower(d, upper23, upper01), d, to + 2 * width);
        if (depth > 3) hn::StoreU(hn::ConcatUpperUpper(d, upper23, upper01), d, to + 3 * width);
      }
    return;
  }
#endif
  for (std::size_t p = 0; p < k; ++p)
    for (std::size_t j = 0; j < n; ++j) packed[p * width + j] = b[j * ldb + p];
}

/// c[j] = Σ_p a[p] · b[j · ldb + p] (+ c[j]) (+ bias[j]), four rows of b at a time.
template <class T>
HWY_INLINE void Dots(const Gemm& g, const T* a, const T* b, T* c, const T* bias) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d), k = static_cast<std::size_t>(g.k), n = static_cast<std::size_t>(g.n);
  const std::size_t ldb = static_cast<std::size_t>(g.ldb), tail = k % lanes, whole = k - tail;
  for (std::size_t j = 0; j < n; j += 4) {
    const std::size_t count = HWY_MIN(std::size_t{4}, n - j);
    const T* row[4];
    hn::Vec<decltype(d)> sum[4];
    for (std::size_t r = 0; r < 4; ++r) {
      row[r] = b + (j + HWY_MIN(r, count - 1)) * ldb;
      sum[r] = hn::Zero(d);
    }
    for (std::size_t p = 0; p < whole; p += lanes) {
      const auto x = hn::LoadU(d, a + p);
      for (std::size_t r = 0; r < 4; ++r) sum[r] = hn::MulAdd(x, hn::LoadU(d, row[r] + p), sum[r]);
    }
    if (tail) {
      const auto x = LoadTail(d, a + whole, tail);
      for (std::size_t r = 0; r < 4; ++r) sum[r] = hn::MulAdd(x, LoadTail(d, row[r] + whole, tail), sum[r]);
    }
    for (std::size_t r = 0; r < count; ++r) {
      T result = hn::GetLane(hn::SumOfLanes(d, sum[r]));
      if (bias) result += bias[j + r];
      if (g.accumulate) result += c[j + r];
      c[j + r] = result;
    }
  }
}

template <class T>
HWY_INLINE void Product(const Gemm& g, const T* a, const T* b, T* c) {
  const hn::ScalableTag<T> d;
  const T* bias = static_cast<const T*>(g.bias);
  const std::size_t lanes = hn::Lanes(d), m = static_cast<std::size_t>(g.m), n = static_cast<std::size_t>(g.n),
                    k = static_cast<std::size_t>(g.k);
  if (is_dots(g)) return Dots(g, a, b, c, bias);
  Operands<T> o{a,
                static_cast<std::size_t>(g.trans_a ? 1 : g.lda),
                static_cast<std::size_t>(g.trans_a ? g.lda : 1),
                b,
                static_cast<std::size_t>(g.ldb),
                c,
                static_cast<std::size_t>(g.ldc),
                bias,
                k,
                g.accumulate};
  HWY_ALIGN T packed[kMaxPacked];
  const std::size_t width = (n + lanes - 1) / lanes * lanes < 4 ? 4 : (n + lanes - 1) / lanes * lanes;
  if (g.trans_b) {
    PackTransposed(b, o.b_row, n, k, packed, width);
    o.b = packed;
    o.b_row = width;
  }
  std::size_t j = 0;
  for (; j + 2 * lanes <= n; j += 2 * lanes) Columns<2>(d, o, m, j, lanes);
  if (n - j > lanes)
    Columns<2>(d, o, m, j, n - j - lanes);
  else if (n > j)
    Columns<1>(d, o, m, j, n - j);
}

HWY_NOINLINE void PackF32(const float* b, std::int64_t ldb, std::int64_t n, std::int64_t k, float* packed,
                          std::int64_t width) {
  PackTransposed(b, static_cast<std::size_t>(ldb), static_cast<std::size_t>(n), static_cast<std::size_t>(k), packed,
                 static_cast<std::size_t>(width));
}
HWY_NOINLINE void ProductF32(const Gemm& g, const void* a, const void* b, void* c) {
  Product(g, static_cast<const float*>(a), static_cast<const float*>(b), static_cast<float*>(c));
}
HWY_NOINLINE void ProductF64(const Gemm& g, const void* a, const void* b, void* c) {
  Product(g, static_cast<const double*>(a), static_cast<const double*>(b), static_cast<double*>(c));
}

}  // namespace
}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {
HWY_EXPORT(PackF32);
HWY_EXPORT(ProductF32);
HWY_EXPORT(ProductF64);
}  // namespace

bool is_small_gemm(const Gemm& g) {
  const std::int64_t most = g.trans_b && !g.trans_a && g.m > 1 ? kMaxSmallTransposed : kMaxSmall;
  if (g.m > most || g.n > most || g.k > most) return false;
  if (g.m * g.n > most || g.m * g.n * g.k > most) return false;
  if (!g.trans_b || is_dots(g)) return true;
  return g.k * ((g.n + 15) / 16 * 16) <= kMaxPacked;
}

void pack_transposed(const float* b, std::int64_t ldb, std::int64_t n, std::int64_t k, float* packed,
                     std::int64_t width) {
  HWY_DYNAMIC_DISPATCH(PackF32)(b, ldb, n, k, packed, width);
}
void pack_transposed(const double* b, std::int64_t ldb, std::int64_t n, std::int64_t k, double* packed,
                     std::int64_t width) {
  for (std::int64_t p = 0; p < k; ++p)
    for (std::int64_t j = 0; j < n; ++j) packed[p * width + j] = b[j * ldb + p];
}

void gemm_small(DType dtype, const Gemm& g, const void* a, const void* b, void* c) {
  if (dtype == DType::Float32)
    HWY_DYNAMIC_DISPATCH(ProductF32)(g, a, b, c);
  else
    HWY_DYNAMIC_DISPATCH(ProductF64)(g, a, b, c);
}

}  // namespace descent::kernels
#endif
