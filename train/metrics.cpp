#include "metrics.h"

#include <limits>
#include <stdexcept>

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/ops/create.h"
#include "../autograd/ops/reduce.h"

namespace descent::train {

double accuracy(const Tensor& logits, const Tensor& target) {
  if (!logits.is_floating_point()) fail<DTypeError>("accuracy", "logits must be floats, got {}", logits.dtype());
  if (target.dtype() != int64) fail<DTypeError>("accuracy", "targets must be int64, got {}", target.dtype());
  Shape positions = logits.shape();
  if (positions.size() >= 2) positions.erase(1);
  if (logits.dim() < 2 || positions != target.shape()) {
    fail<ShapeError>("accuracy", "logits must be [n, classes, ...] and targets [n, ...], got {} and {}", logits.shape(),
                     target.shape());
  }
  if (target.numel() == 0) return std::numeric_limits<double>::quiet_NaN();
  const NoGradGuard no_grad;
  const Tensor predicted = argmax(logits, 1).contiguous(), wanted = target.contiguous();
  const auto *p = predicted.data<std::int64_t>(), *w = wanted.data<std::int64_t>();
  std::int64_t correct = 0;
  for (std::int64_t i = 0; i < wanted.numel(); ++i) correct += p[i] == w[i] ? 1 : 0;
  return static_cast<double>(correct) / static_cast<double>(wanted.numel());
}

Tensor confusion_matrix(const Tensor& prediction, const Tensor& target, std::int64_t classes) {
  constexpr const char* op = "confusion_matrix";
  if (classes < 1) throw std::invalid_argument(fmt::format("{}: classes must be at least 1, got {}", op, classes));
  if (prediction.dtype() != int64 || target.dtype() != int64) {
    fail<DTypeError>(op, "prediction and target must be int64, got {} and {}", prediction.dtype(), target.dtype());
  }
  if (prediction.shape() != target.shape()) {
    fail<ShapeError>(op, "shapes must be equal, got {} and {}", prediction.shape(), target.shape());
  }
  const Tensor predicted = prediction.contiguous(), wanted = target.contiguous();
  const auto *p = predicted.data<std::int64_t>(), *w = wanted.data<std::int64_t>();
  Tensor matrix = zeros({classes, classes}, {.dtype = int64});
  auto* m = matrix.data<std::int64_t>();
  for (std::int64_t i = 0; i < wanted.numel(); ++i) {
    for (const std::int64_t c : {p[i], w[i]}) {
      if (c < 0 || c >= classes) fail<IndexError>(op, "class {} at position {} is not in [0, {})", c, i, classes);
    }
    ++m[w[i] * classes + p[i]];
  }
  return matrix;
}

}  // namespace descent::train
