// Softmax, its logarithm, cross entropy: each a fused pass. Float32 and float64, contiguous memory.
#pragma once

#include "view.h"

namespace descent::kernels {

/// Along the middle axis of [outer, n, inner]: y_i = exp(x_i − max x) / Σ exp(x_j − max x), or its logarithm.
/// A row of −inf only, or one that holds +inf or NaN, gives NaN.
void softmax(DType dtype, bool log, std::int64_t outer, std::int64_t n, std::int64_t inner, const void* x, void* y);

/// Gradient from the saved output y: softmax y·(g − Σ g·y), log_softmax g − exp(y)·Σ g.
void softmax_grad(DType dtype, bool log, std::int64_t outer, std::int64_t n, std::int64_t inner, const void* y,
                  const void* g, void* out);

/// Cross entropy of `rows` rows of logits over `classes` classes with a class index each.
struct CrossEntropy {
  DType dtype = DType::Float32;
  std::int64_t rows = 0, classes = 0;
  const void* logits = nullptr;          // [rows, classes]
  const std::int64_t* target = nullptr;  // [rows], in [0, classes) or ignore_index
  const void* weight = nullptr;          // [classes] or none
  std::int64_t ignore_index = -100;
  double label_smoothing = 0;  // s
};

/// loss_r = (1 − s)·w_t·(lse − x_t) + (s / classes)·Σ_c w_c·(lse − x_c), 0 for an ignored row; lse_r = log Σ exp x.
void cross_entropy(const CrossEntropy& c, void* loss, void* log_sum_exp);

/// grad = ∂(Σ_r g_r·loss_r)/∂logits, with g_r = g[r · g_stride] (g_stride 0 or 1) and the saved lse.
void cross_entropy_grad(const CrossEntropy& c, const void* log_sum_exp, const void* g, std::int64_t g_stride,
                        void* grad);

}  // namespace descent::kernels
