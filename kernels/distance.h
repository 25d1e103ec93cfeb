// Distances of all pairs of rows, float32 and float64, contiguous memory.
#pragma once

#include "view.h"

namespace descent::kernels {

/// `batch` products of n rows by k rows of m values, d = (Σ |a − b|ᵖ)^(1/p); p may be 0 (how many differ) or infinite.
struct Distances {
  DType dtype = DType::Float32;
  std::int64_t batch = 1, n = 0, k = 0, m = 0;
  double p = 2;
  const void* a = nullptr;  // [batch, n, m]
  const void* b = nullptr;  // [batch, k, m]
};

/// out[batch, n, k].
void distances(const Distances& c, void* out);

/// da_i = Σ_j g_ij·∂d_ij/∂a_i with the saved d, nothing where d is 0; `flipped`: g and d are [batch, k, n]. Largest
/// differences share the gradient for infinite p.
void distances_grad(const Distances& c, const void* g, const void* d, bool flipped, void* da);

}  // namespace descent::kernels
