#include "metrics.h"

#include <cmath>
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

PrecisionRecallF1 precision_recall_f1(const Tensor& confusion, const PrecisionRecallF1Options& options) {
  constexpr const char* op = "precision_recall_f1";
  const double none = options.zero_division;
  if (!std::isnan(none) && !(none >= 0 && none <= 1)) {
    throw std::invalid_argument(fmt::format("{}: zero_division must be in [0, 1] or NaN, got {}", op, none));
  }
  if (confusion.dtype() == boolean) fail<DTypeError>(op, "the counts must be numbers, got {}", confusion.dtype());
  if (confusion.dim() != 2 || confusion.size(0) != confusion.size(1) || confusion.size(0) == 0) {
    fail<ShapeError>(op, "the confusion matrix must be [classes, classes], got {}", confusion.shape());
  }
  const NoGradGuard no_grad;
  const Tensor counts = confusion.detach().to(float64).contiguous();
  const auto* m = counts.data<double>();
  const std::int64_t classes = counts.size(0);
  for (std::int64_t i = 0; i < classes * classes; ++i) {
    if (!(m[i] >= 0 && std::isfinite(m[i]))) {
      fail<Error>(op, "counts must be finite and not negative, got {} at [{}, {}]", m[i], i / classes, i % classes);
    }
  }
  const auto made = [&] { return zeros({classes}, {.dtype = float64}); };
  PrecisionRecallF1 result{made(), made(), made(), made()};
  const auto ratio = [none](double part, double whole) { return whole > 0 ? part / whole : none; };
  for (std::int64_t i = 0; i < classes; ++i) {
    double there = 0, predicted = 0;
    for (std::int64_t j = 0; j < classes; ++j) {
      there += m[i * classes + j];
      predicted += m[j * classes + i];
    }
    const double right = m[i * classes + i];
    result.precision.data<double>()[i] = ratio(right, predicted);
    result.recall.data<double>()[i] = ratio(right, there);
    result.f1.data<double>()[i] = ratio(2 * right, there + predicted);
    result.support.data<double>()[i] = there;
  }
  return result;
}

}  // namespace descent::train
