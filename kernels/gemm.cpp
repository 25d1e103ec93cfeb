#include "gemm.h"

#include <cblas.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <stdexcept>
#include <string>

#include "blas_guard.h"
#include "gemm_small.h"
#include "parallel.h"

namespace descent::kernels {
namespace {

void check_size(std::int64_t size) {
  if (size < 0 || size > INT_MAX)
    throw std::runtime_error("matmul: BLAS takes sizes and row distances up to 2147483647, got " +
                             std::to_string(size));
}

/// Rows of C begin as zeros or the bias where `accumulate` does not keep what is there.
template <class T>
void start_rows(const Gemm& g, T* c) {
  const T* bias = static_cast<const T*>(g.bias);
  for (std::int64_t i = 0; i < g.m; ++i) {
    T* row = c + i * g.ldc;
    if (g.accumulate) {
      if (bias)
        for (std::int64_t j = 0; j < g.n; ++j) row[j] += bias[j];
    } else if (bias) {
      std::memcpy(row, bias, static_cast<std::size_t>(g.n) * sizeof(T));
    } else {
      std::fill_n(row, g.n, T(0));
    }
  }
}

/// c[1, n] = op(A)[1, k] · op(B): a matrix-vector product.
template <class T>
void blas_gemv(const Gemm& g, const T* a, const T* b, T* c) {
  start_rows(g, c);
  const auto trans = g.trans_b ? CblasNoTrans : CblasTrans;
  const int rows = static_cast<int>(g.trans_b ? g.n : g.k), cols = static_cast<int>(g.trans_b ? g.k : g.n);
  const int ldb = static_cast<int>(g.ldb), step = static_cast<int>(g.trans_a ? g.lda : 1);
  if constexpr (std::is_same_v<T, float>)
    cblas_sgemv(CblasRowMajor, trans, rows, cols, 1.f, b, ldb, a, step, 1.f, c, 1);
  else
    cblas_dgemv(CblasRowMajor, trans, rows, cols, 1., b, ldb, a, step, 1., c, 1);
}

template <class T>
void blas_gemm(const Gemm& g, const T* a, const T* b, T* c) {
  constexpr std::int64_t kPacked = 16384, kMostWork = 1000000;
  if (g.trans_b && !g.trans_a && g.m >= 24 && g.n <= 64 && (g.n + 3) * g.k <= kPacked && g.m * g.n * g.k <= kMostWork) {
    // A·Bᵀ is BLAS's slow form up to there: turning B costs less.
    T packed[kPacked];
    Gemm turned = g;
    turned.trans_b = false;
    turned.ldb = (g.n + 3) / 4 * 4;
    pack_transposed(b, g.ldb, g.n, g.k, packed, turned.ldb);
    return blas_gemm(turned, a, packed, c);
  }
  if (g.bias) start_rows(g, c);
  const auto ta = g.trans_a ? CblasTrans : CblasNoTrans, tb = g.trans_b ? CblasTrans : CblasNoTrans;
  const int m = static_cast<int>(g.m), n = static_cast<int>(g.n), k = static_cast<int>(g.k);
  const int lda = static_cast<int>(g.lda), ldb = static_cast<int>(g.ldb), ldc = static_cast<int>(g.ldc);
  const T beta = g.accumulate || g.bias ? T(1) : T(0);
  if constexpr (std::is_same_v<T, float>)
    cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1.f, a, lda, b, ldb, beta, c, ldc);
  else
    cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1., a, lda, b, ldb, beta, c, ldc);
}

/// The fixed partition: `rows` x `columns` tiles of at most tile_m x tile_n. It depends on the sizes alone.
struct Tiles {
  std::int64_t rows = 1, columns = 1, tile_m, tile_n;
};

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// BLAS packs its operands anew for each tile: p tiles along n pack A p times, p along m pack B p times. On one thread
// that is time lost (two tiles cost 3 to 8 % at 128 x 512 x 784 to 1024³, four 6 to 13 %), so tiles are few, more only
// where the work is large, and cut so that the least is packed again. A cut changes the bits of a product (not on
// every processor and type): the number of tiles may not follow the number of threads.
Tiles partition(const Gemm& g) {
  constexpr std::int64_t kStep = 16;  // edges of tiles lie on whole vectors
  const double work = double(g.m) * double(g.n) * double(g.k);
  Tiles t{1, 1, g.m, g.n};
  if (g.m == 1) {  // a matrix-vector product packs nothing
    const std::int64_t tiles = static_cast<std::int64_t>(std::min(16., work / 262144));
    if (tiles > 1) t.tile_n = ceil_div(ceil_div(g.n, tiles), kStep) * kStep;
  } else {
    const double most = work < 256e6 ? 4 : work < 8e9 ? 8 : 16;
    const auto length = [&](std::int64_t size, std::int64_t cuts) {
      return ceil_div(ceil_div(size, cuts), kStep) * kStep;
    };
    std::int64_t along_m = 1, along_n = 1;
    while (double(2 * along_m * along_n) <= std::min(most, work / 8e6)) {
      const std::int64_t cut_n = 2 * along_n * g.m + along_m * g.n, cut_m = along_n * g.m + 2 * along_m * g.n;
      (cut_n <= cut_m ? along_n : along_m) *= 2;
    }
    if (along_m > 1) t.tile_m = length(g.m, along_m);
    if (along_n > 1) t.tile_n = length(g.n, along_n);
  }
  t.rows = ceil_div(g.m, t.tile_m);
  t.columns = ceil_div(g.n, t.tile_n);
  return t;
}

/// Leading distances BLAS accepts where a matrix has one row and its distance does not matter.
void mend_distances(Gemm& g) {
  if ((g.trans_a ? g.k : g.m) == 1) g.lda = std::max(g.lda, g.trans_a ? g.m : g.k);
  if ((g.trans_b ? g.n : g.k) == 1) g.ldb = std::max(g.ldb, g.trans_b ? g.k : g.n);
  if (g.m == 1) g.ldc = std::max(g.ldc, g.n);
}

/// A column C = A·b as the row Cᵀ = bᵀ·Aᵀ. Its bias is one number for all.
template <class T>
void turn_column(Gemm& g, const T*& a, const T*& b, T* c) {
  start_rows(g, c);
  g = {.trans_a = !g.trans_b,
       .trans_b = !g.trans_a,
       .m = 1,
       .n = g.m,
       .k = g.k,
       .lda = g.ldb,
       .ldb = g.lda,
       .ldc = g.m,
       .accumulate = true,
       .bias = nullptr};
  std::swap(a, b);
}

template <class T>
void product(Gemm g, const T* a, const T* b, T* c) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) return start_rows(g, c);
  mend_distances(g);
  if (g.n == 1 && g.ldc == 1 && g.m > 1) {
    turn_column(g, a, b, c);
    mend_distances(g);
  }
  if (is_small_gemm(g)) return gemm_small(dtype_of<T>(), g, a, b, c);
  for (const std::int64_t size : {g.m, g.n, g.k, g.lda, g.ldb, g.ldc}) check_size(size);
  verify_blas();
  const OneBlasThread guard;
  const Tiles t = partition(g);
  parallel_chunks(t.rows * t.columns, [&](std::int64_t tile) {
    const std::int64_t i = tile / t.columns * t.tile_m, j = tile % t.columns * t.tile_n;
    Gemm part = g;
    part.m = std::min(t.tile_m, g.m - i);
    part.n = std::min(t.tile_n, g.n - j);
    if (g.bias) part.bias = static_cast<const T*>(g.bias) + j;
    const T* rows = a + (g.trans_a ? i : i * g.lda);
    const T* columns = b + (g.trans_b ? j * g.ldb : j);
    if (g.m == 1)
      blas_gemv(part, rows, columns, c + j);
    else
      blas_gemm(part, rows, columns, c + i * g.ldc + j);
  });
}

template <class T>
void products(Gemm g, const GemmBatch& batch, const T* a, const T* b, T* c) {
  std::int64_t count = batch.count;
  if (count <= 0 || g.m == 0 || g.n == 0) return;
  // Rows that lie one after another and share B are one taller product.
  if (count > 1 && !batch.a_offsets && !batch.b_offsets && batch.b_step == 0 && !g.trans_a &&
      batch.a_step == g.m * g.lda && batch.c_step == g.m * g.ldc && g.m <= INT_MAX / count) {
    g.m *= count;
    count = 1;
  }
  const auto one = [&](std::int64_t i) {
    const std::int64_t from_a = batch.a_offsets ? batch.a_offsets[i] : i * batch.a_step;
    const std::int64_t from_b = batch.b_offsets ? batch.b_offsets[i] : i * batch.b_step;
    product(g, a + from_a, b + from_b, c + i * batch.c_step);
  };
  for (const std::int64_t size : {g.m, g.n, g.k, g.lda, g.ldb, g.ldc}) check_size(size);
  const Tiles t = partition(g);
  if (count == 1 || batch.c_step == 0 || t.rows * t.columns > 1) {
    for (std::int64_t i = 0; i < count; ++i) one(i);
    return;
  }
  constexpr double kChunkWork = 1e6;
  const double work = double(g.m) * double(g.n) * double(std::max<std::int64_t>(g.k, 1));
  const std::int64_t chunk = std::max<std::int64_t>(1, static_cast<std::int64_t>(kChunkWork / work));
  verify_blas();
  const OneBlasThread guard;
  parallel_for(count, chunk, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) one(i);
  });
}

}  // namespace

void verify_blas() {
  static const int kind = openblas_get_parallel();
  if (kind != OPENBLAS_OPENMP)
    throw std::runtime_error("descent needs the OpenMP build of OpenBLAS (Debian: libopenblas0-openmp), but " +
                             std::string(kind == OPENBLAS_THREAD ? "the pthread" : "the serial") + " build was loaded");
}

void gemm(DType dtype, const Gemm& shape, const void* a, const void* b, void* c) {
  dispatch_float(dtype, [&]<class T>() {
    product(shape, static_cast<const T*>(a), static_cast<const T*>(b), static_cast<T*>(c));
  });
}

void gemm(DType dtype, const Gemm& shape, const GemmBatch& batch, const void* a, const void* b, void* c) {
  dispatch_float(dtype, [&]<class T>() {
    products(shape, batch, static_cast<const T*>(a), static_cast<const T*>(b), static_cast<T*>(c));
  });
}

}  // namespace descent::kernels
