// Matrix products, row-major: OpenBLAS for all but tiny ones, on a fixed partition shared out by our own team.
#pragma once

#include "view.h"

namespace descent::kernels {

/// One product C[m, n] = op(A)[m, k] · op(B)[k, n] (+ C when accumulate) (+ bias[n] on each row when given).
/// `lda`, `ldb`, `ldc` are the distances between rows as stored; with `trans_a` A is stored as [k, m].
struct Gemm {
  bool trans_a = false, trans_b = false;
  std::int64_t m = 0, n = 0, k = 0;
  std::int64_t lda = 0, ldb = 0, ldc = 0;
  bool accumulate = false;
  const void* bias = nullptr;
};

/// Computes one product; `dtype` is float32 or float64. k = 0 gives zeros (plus bias).
/// Throws Error (std::runtime_error) when a size exceeds what BLAS can index.
void gemm(DType dtype, const Gemm& shape, const void* a, const void* b, void* c);

/// `count` products of one shape. Operands of product i start at element a_offsets[i] and b_offsets[i], or without
/// offsets at i·a_step and i·b_step; its result starts at i·c_step.
struct GemmBatch {
  std::int64_t count = 1;
  std::int64_t a_step = 0, b_step = 0, c_step = 0;
  const std::int64_t* a_offsets = nullptr;
  const std::int64_t* b_offsets = nullptr;
};
void gemm(DType dtype, const Gemm& shape, const GemmBatch& batch, const void* a, const void* b, void* c);

/// Throws std::runtime_error when the OpenBLAS that was loaded is not its OpenMP build (the others are wrong or change
/// bits with the number of threads). Called by the first product.
void verify_blas();

}  // namespace descent::kernels
