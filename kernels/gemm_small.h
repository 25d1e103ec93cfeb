// Products too small for a BLAS call. Internal to the kernels.
#pragma once

#include "gemm.h"

namespace descent::kernels {

/// True when `gemm_small` takes this product.
bool is_small_gemm(const Gemm& g);

/// One product on the calling thread; sizes >= 1. Each element is one chain of fused multiply-adds over k.
void gemm_small(DType dtype, const Gemm& g, const void* a, const void* b, void* c);

/// packed[p · width + j] = b[j · ldb + p] for j < n, p < k; width >= 4 and >= n rounded up to 4 (the gap is
/// overwritten).
void pack_transposed(const float* b, std::int64_t ldb, std::int64_t n, std::int64_t k, float* packed,
                     std::int64_t width);
void pack_transposed(const double* b, std::int64_t ldb, std::int64_t n, std::int64_t k, double* packed,
                     std::int64_t width);

}  // namespace descent::kernels
