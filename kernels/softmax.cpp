#include "softmax.h"

#include <algorithm>
#include <limits>

#include "parallel.h"
#include "softmax_rows.h"

namespace descent::kernels {
namespace {

constexpr std::int64_t kExpGrain = kGrain / 4;  // elements; an exponential costs several additions
constexpr std::int64_t kColumnBytes = 256;      // a panel of columns: a few cache lines of each row

template <class Rows>
void over_rows(std::int64_t rows, std::int64_t n, Rows&& f) {
  if (n > 0) parallel_for(rows, std::max<std::int64_t>(1, kExpGrain / n), f);
}

/// f(offset, width) for each panel of columns in [outer, n, inner].
template <class Columns>
void over_columns(DType dtype, std::int64_t outer, std::int64_t n, std::int64_t inner, Columns&& f) {
  if (n == 0 || inner == 0) return;
  const std::int64_t panel = kColumnBytes / static_cast<std::int64_t>(size_of(dtype));
  const std::int64_t panels = (inner + panel - 1) / panel, work = n * std::min(panel, inner);
  parallel_for(outer * panels, std::max<std::int64_t>(1, kExpGrain / work), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t at = i % panels * panel;
      f((i / panels * n * inner + at) * static_cast<std::int64_t>(size_of(dtype)), std::min(panel, inner - at));
    }
  });
}

const char* at(const void* p, std::int64_t offset) { return static_cast<const char*>(p) + offset; }
char* at(void* p, std::int64_t offset) { return static_cast<char*>(p) + offset; }

}  // namespace

void softmax(DType dtype, bool log, std::int64_t outer, std::int64_t n, std::int64_t inner, const void* x, void* y) {
  if (inner == 1)
    return over_rows(outer, n,
                     [&](std::int64_t first, std::int64_t last) { softmax_rows(dtype, log, first, last, n, x, y); });
  over_columns(dtype, outer, n, inner, [&](std::int64_t offset, std::int64_t width) {
    softmax_columns(dtype, log, n, inner, width, at(x, offset), at(y, offset));
  });
}

void softmax_grad(DType dtype, bool log, std::int64_t outer, std::int64_t n, std::int64_t inner, const void* y,
                  const void* g, void* out) {
  if (inner == 1)
    return over_rows(outer, n, [&](std::int64_t first, std::int64_t last) {
      softmax_grad_rows(dtype, log, first, last, n, y, g, out);
    });
  over_columns(dtype, outer, n, inner, [&](std::int64_t offset, std::int64_t width) {
    softmax_grad_columns(dtype, log, n, inner, width, at(y, offset), at(g, offset), at(out, offset));
  });
}

void cross_entropy(const CrossEntropy& c, void* loss, void* log_sum_exp) {
  if (c.classes == 0)  // every row is an ignored one
    return dispatch_float(c.dtype, [&]<class T>() {
      std::fill_n(static_cast<T*>(loss), c.rows, T(0));
      std::fill_n(static_cast<T*>(log_sum_exp), c.rows, -std::numeric_limits<T>::infinity());
    });
  over_rows(c.rows, c.classes,
            [&](std::int64_t first, std::int64_t last) { cross_entropy_rows(c, first, last, loss, log_sum_exp); });
}

void cross_entropy_grad(const CrossEntropy& c, const void* log_sum_exp, const void* g, std::int64_t g_stride,
                        void* grad) {
  over_rows(c.rows, c.classes, [&](std::int64_t first, std::int64_t last) {
    cross_entropy_grad_rows(c, first, last, log_sum_exp, g, g_stride, grad);
  });
}

}  // namespace descent::kernels
