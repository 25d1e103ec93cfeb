// The proximal step of a group lasso.
#include <algorithm>

#include "driver-inl.h"

namespace descent::optim::detail {
namespace {

template <class T>
void shrink(T* x, std::int64_t rows, std::int64_t cols, double threshold) {
  kernels::parallel_for(rows, std::max<std::int64_t>(1, kernels::kGrain / cols),
                        [=](std::int64_t begin, std::int64_t end) {
                          for (std::int64_t r = begin; r < end; ++r) {
                            T* const row = x + r * cols;
                            double squares = 0;
                            for (std::int64_t j = 0; j < cols; ++j) squares += double(row[j]) * double(row[j]);
                            const double norm = std::sqrt(squares);
                            const T factor = norm <= threshold ? T(0) : T(1 - threshold / norm);
                            for (std::int64_t j = 0; j < cols; ++j) row[j] = factor == 0 ? T(0) : factor * row[j];
                          }
                        });
}

}  // namespace

void shrink_rows(const Tensor& p, double threshold) {
  if (p.numel() == 0) return;
  const std::int64_t rows = p.dim() == 0 ? 1 : p.size(0), cols = p.numel() / rows;
  Dense dense(p, p);
  if (p.dtype() == float64) {
    shrink(autograd::data_of<double>(dense.p()), rows, cols, threshold);
  } else {
    shrink(autograd::data_of<float>(dense.p()), rows, cols, threshold);
  }
  dense.finish();
}

}  // namespace descent::optim::detail
