// Products too small for a BLAS call. Internal to the kernels.
#pragma once

#include "gemm.h"

namespace descent::kernels {

/// True when `gemm_small` takes this product.
bool is_small_gemm(const Gemm& g);

/// One product on the calling thread; sizes >= 1. Each element is one chain of fused multiply-adds over k.
void gemm_small(DType dtype, const Gemm& g, const void* a, const void* b, void* c);

}  // namespace descent::kernels
