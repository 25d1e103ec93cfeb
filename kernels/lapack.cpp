#include "lapack.h"

#include <cblas.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "blas_guard.h"
#include "gemm.h"
#include "parallel.h"

// Fortran's symbols. The sizes at the end are the hidden lengths of the character arguments.
extern "C" {
#define DESCENT_LAPACK(T, x)                                                                                       \
  void x##potrf_(const char*, const int*, T*, const int*, int*, std::size_t);                                      \
  void x##getrf_(const int*, const int*, T*, const int*, int*, int*);                                              \
  void x##getrs_(const char*, const int*, const int*, const T*, const int*, const int*, T*, const int*, int*,      \
                 std::size_t);                                                                                     \
  void x##geqrf_(const int*, const int*, T*, const int*, T*, T*, const int*, int*);                                \
  void x##orgqr_(const int*, const int*, const int*, T*, const int*, const T*, T*, const int*, int*);              \
  void x##gesdd_(const char*, const int*, const int*, T*, const int*, T*, T*, const int*, T*, const int*, T*,      \
                 const int*, int*, int*, std::size_t);                                                             \
  void x##syevd_(const char*, const char*, const int*, T*, const int*, T*, T*, const int*, int*, const int*, int*, \
                 std::size_t, std::size_t);
DESCENT_LAPACK(float, s)
DESCENT_LAPACK(double, d)
#undef DESCENT_LAPACK
}

namespace descent::kernels {
namespace {

template <class T>
struct Lapack;
template <>
struct Lapack<float> {
  static constexpr auto potrf = spotrf_;
  static constexpr auto getrf = sgetrf_;
  static constexpr auto getrs = sgetrs_;
  static constexpr auto geqrf = sgeqrf_;
  static constexpr auto orgqr = sorgqr_;
  static constexpr auto gesdd = sgesdd_;
  static constexpr auto syevd = ssyevd_;
  static constexpr auto trsm = cblas_strsm;
};
template <>
struct Lapack<double> {
  static constexpr auto potrf = dpotrf_;
  static constexpr auto getrf = dgetrf_;
  static constexpr auto getrs = dgetrs_;
  static constexpr auto geqrf = dgeqrf_;
  static constexpr auto orgqr = dorgqr_;
  static constexpr auto gesdd = dgesdd_;
  static constexpr auto syevd = dsyevd_;
  static constexpr auto trsm = cblas_dtrsm;
};

int int_of(std::int64_t size) {
  if (size > INT_MAX)
    throw std::runtime_error("linalg: LAPACK takes sizes up to 2147483647, got " + std::to_string(size));
  return static_cast<int>(size);
}

/// A workspace size as LAPACK reports it; as a float it may have been rounded down.
template <class T>
int work_size(T reported) {
  return int_of(static_cast<std::int64_t>(double(reported) * (1 + 1e-6)) + 1);
}

/// What one piece of a batch works with.
template <class T>
struct Scratch {
  std::vector<T> work;
  std::vector<int> integers;
};

/// Runs one(i, scratch) -> info over the batch; `work` is about how many operations a matrix takes.
template <class T, class F>
LapackStatus each_matrix(std::int64_t batch, double work, std::size_t floats, std::size_t integers, F&& one) {
  constexpr double kPieceWork = 3e5;
  constexpr std::int64_t kMostPieces = 32;
  const std::int64_t enough = static_cast<std::int64_t>(std::min(double(batch), std::ceil(kPieceWork / work)));
  const std::int64_t piece = std::max({std::int64_t{1}, enough, (batch + kMostPieces - 1) / kMostPieces});
  std::vector<int> info(static_cast<std::size_t>(batch));
  std::vector<Scratch<T>> scratch(static_cast<std::size_t>((batch + piece - 1) / piece));
  for (Scratch<T>& s : scratch) s.work.resize(floats), s.integers.resize(integers);
  verify_blas();
  const OneBlasThread guard;
  parallel_for(batch, piece, [&](std::int64_t begin, std::int64_t end) {
    Scratch<T>& mine = scratch[static_cast<std::size_t>(begin / piece)];
    for (std::int64_t i = begin; i < end; ++i) info[static_cast<std::size_t>(i)] = one(i, mine);
  });
  const auto bad = std::find_if(info.begin(), info.end(), [](int i) { return i != 0; });
  if (bad == info.end()) return {};
  return {bad - info.begin(), *bad};
}

double cube(std::int64_t n) { return double(n) * double(n) * double(n); }

/// Right sides are independent: columns in one piece. A cut may change bits, so sizes alone decide.
std::int64_t columns_in_piece(std::int64_t n, std::int64_t k) {
  constexpr double kPieceWork = 8e6;
  constexpr std::int64_t kStep = 16;
  const double pieces = std::min(16., double(n) * double(n) * double(k) / kPieceWork);
  if (pieces < 2) return k;
  const auto each = static_cast<std::int64_t>(std::ceil(double(k) / pieces));
  return (each + kStep - 1) / kStep * kStep;
}

}  // namespace

LapackStatus cholesky(DType dtype, std::int64_t batch, std::int64_t n, bool upper, void* a) {
  const int size = int_of(n);
  const char uplo = upper ? 'U' : 'L';
  return dispatch_float(dtype, [&]<class T>() {
    return each_matrix<T>(batch, cube(n) / 3, 0, 0, [&](std::int64_t i, Scratch<T>&) {
      T* matrix = static_cast<T*>(a) + i * n * n;
      int info = 0;
      Lapack<T>::potrf(&uplo, &size, matrix, &size, &info, 1);
      for (int j = 0; j < size && info == 0; ++j) {  // OpenBLAS lets NaN pass
        if (!(matrix[j * (n + 1)] > 0)) info = j + 1;
      }
      return info;
    });
  });
}

LapackStatus solve_triangular(DType dtype, std::int64_t batch, std::int64_t n, std::int64_t k, bool upper, bool unit,
                              const void* a, void* b) {
  const int size = int_of(n), columns = int_of(k);
  const std::int64_t piece = columns_in_piece(n, k), pieces = (k + piece - 1) / piece;
  return dispatch_float(dtype, [&]<class T>() -> LapackStatus {
    const T* as = static_cast<const T*>(a);
    for (std::int64_t i = 0; i < batch && !unit; ++i) {
      for (int j = 0; j < size; ++j) {
        if (as[i * n * n + j * (n + 1)] == 0) return {i, j + 1};
      }
    }
    return each_matrix<T>(
        batch * pieces, double(n) * double(n) * double(piece), 0, 0, [&](std::int64_t i, Scratch<T>&) {
          const std::int64_t first = i % pieces * piece;
          Lapack<T>::trsm(CblasRowMajor, CblasLeft, upper ? CblasUpper : CblasLower, CblasNoTrans,
                          unit ? CblasUnit : CblasNonUnit, size, static_cast<int>(std::min(piece, k - first)), T(1),
                          as + i / pieces * n * n, size, static_cast<T*>(b) + i / pieces * n * k + first, columns);
          return 0;
        });
  });
}

LapackStatus lu(DType dtype, std::int64_t batch, std::int64_t n, void* a, int* pivots) {
  const int size = int_of(n);
  return dispatch_float(dtype, [&]<class T>() {
    return each_matrix<T>(batch, cube(n), 0, 0, [&](std::int64_t i, Scratch<T>&) {
      int info = 0;
      Lapack<T>::getrf(&size, &size, static_cast<T*>(a) + i * n * n, &size, pivots + i * n, &info);
      return info;
    });
  });
}

void lu_solve(DType dtype, std::int64_t batch, std::int64_t n, std::int64_t k, const void* a, const int* pivots,
              void* b) {
  const int size = int_of(n);
  int_of(k);
  const char plain = 'N';
  const std::int64_t piece = columns_in_piece(n, k), pieces = (k + piece - 1) / piece;
  dispatch_float(dtype, [&]<class T>() {
    each_matrix<T>(batch * pieces, double(n) * double(n) * double(piece), 0, 0, [&](std::int64_t i, Scratch<T>&) {
      const std::int64_t item = i / pieces, first = i % pieces * piece;
      const int columns = static_cast<int>(std::min(piece, k - first));
      int info = 0;
      Lapack<T>::getrs(&plain, &size, &columns, static_cast<const T*>(a) + item * n * n, &size, pivots + item * n,
                       static_cast<T*>(b) + item * n * k + first * n, &size, &info, 1);
      return info;
    });
  });
}

LapackStatus qr(DType dtype, std::int64_t batch, std::int64_t m, std::int64_t n, std::int64_t columns, void* a,
                void* q) {
  const int rows = int_of(m), cols = int_of(n), wanted = int_of(columns), least = std::min(rows, cols);
  return dispatch_float(dtype, [&]<class T>() {
    int query = -1, info = 0;
    T size1 = 0, size2 = 0;
    Lapack<T>::geqrf(&rows, &cols, nullptr, &rows, nullptr, &size1, &query, &info);
    if (q) Lapack<T>::orgqr(&rows, &wanted, &least, nullptr, &rows, nullptr, &size2, &query, &info);
    const int lwork = std::max({work_size(size1), work_size(size2), cols, wanted});
    const std::size_t floats = static_cast<std::size_t>(lwork) + static_cast<std::size_t>(least);
    return each_matrix<T>(batch, 2 * double(m) * double(n) * least, floats, 0, [&](std::int64_t i, Scratch<T>& s) {
      T* matrix = static_cast<T*>(a) + i * m * n;
      T* tau = s.work.data() + lwork;
      int failed = 0;
      Lapack<T>::geqrf(&rows, &cols, matrix, &rows, tau, s.work.data(), &lwork, &failed);
      if (failed || !q) return failed;
      T* own = static_cast<T*>(q) + i * m * columns;
      std::memcpy(own, matrix, static_cast<std::size_t>(m * least) * sizeof(T));
      Lapack<T>::orgqr(&rows, &wanted, &least, own, &rows, tau, s.work.data(), &lwork, &failed);
      return failed;
    });
  });
}

LapackStatus svd(DType dtype, char job, std::int64_t batch, std::int64_t m, std::int64_t n, void* a, void* s, void* u,
                 void* vt) {
  const int rows = int_of(m), cols = int_of(n), least = std::min(rows, cols);
  const std::int64_t u_cols = job == 'A' ? m : least, vt_rows = job == 'A' ? n : least;
  const int ldvt = static_cast<int>(vt_rows);
  return dispatch_float(dtype, [&]<class T>() {
    int query = -1, info = 0;
    T size = 0;
    std::vector<int> integers(8 * static_cast<std::size_t>(least));
    Lapack<T>::gesdd(&job, &rows, &cols, nullptr, &rows, nullptr, nullptr, &rows, nullptr, &ldvt, &size, &query,
                     integers.data(), &info, 1);
    const int lwork = work_size(size);
    return each_matrix<T>(batch, 10 * double(m) * double(n) * least, static_cast<std::size_t>(lwork), integers.size(),
                          [&](std::int64_t i, Scratch<T>& scratch) {
                            int failed = 0;
                            Lapack<T>::gesdd(&job, &rows, &cols, static_cast<T*>(a) + i * m * n, &rows,
                                             static_cast<T*>(s) + i * least,
                                             u ? static_cast<T*>(u) + i * m * u_cols : nullptr, &rows,
                                             vt ? static_cast<T*>(vt) + i * vt_rows * n : nullptr, &ldvt,
                                             scratch.work.data(), &lwork, scratch.integers.data(), &failed, 1);
                            return failed;
                          });
  });
}

LapackStatus eigh(DType dtype, bool vectors, bool upper, std::int64_t batch, std::int64_t n, void* a, void* w) {
  const int size = int_of(n);
  const char job = vectors ? 'V' : 'N', uplo = upper ? 'U' : 'L';
  return dispatch_float(dtype, [&]<class T>() {
    int query = -1, integers = 0, info = 0;
    T floats = 0;
    Lapack<T>::syevd(&job, &uplo, &size, nullptr, &size, nullptr, &floats, &query, &integers, &query, &info, 1, 1);
    const int lwork = work_size(floats), liwork = std::max(1, integers);
    return each_matrix<T>(batch, 9 * cube(n), static_cast<std::size_t>(lwork), static_cast<std::size_t>(liwork),
                          [&](std::int64_t i, Scratch<T>& s) {
                            int failed = 0;
                            Lapack<T>::syevd(&job, &uplo, &size, static_cast<T*>(a) + i * n * n, &size,
                                             static_cast<T*>(w) + i * n, s.work.data(), &lwork, s.integers.data(),
                                             &liwork, &failed, 1, 1);
                            return failed;
                          });
  });
}

}  // namespace descent::kernels
