// The innermost loops of softmax and cross entropy. Internal to the kernels.
#pragma once

#include "softmax.h"

namespace descent::kernels {

/// Rows [first, last) of a contiguous [rows, n]: y = softmax or log_softmax of x.
void softmax_rows(DType dtype, bool log, std::int64_t first, std::int64_t last, std::int64_t n, const void* x, void* y);
void softmax_grad_rows(DType dtype, bool log, std::int64_t first, std::int64_t last, std::int64_t n, const void* y,
                       const void* g, void* out);

/// `width` neighbouring columns of n values each, `inner` elements between the values of a column.
void softmax_columns(DType dtype, bool log, std::int64_t n, std::int64_t inner, std::int64_t width, const void* x,
                     void* y);
void softmax_grad_columns(DType dtype, bool log, std::int64_t n, std::int64_t inner, std::int64_t width, const void* y,
                          const void* g, void* out);

void cross_entropy_rows(const CrossEntropy& c, std::int64_t first, std::int64_t last, void* loss, void* log_sum_exp);
void cross_entropy_grad_rows(const CrossEntropy& c, std::int64_t first, std::int64_t last, const void* log_sum_exp,
                             const void* g, std::int64_t g_stride, void* grad);

}  // namespace descent::kernels
