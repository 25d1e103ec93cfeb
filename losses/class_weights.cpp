#include "class_weights.h"

#include <cmath>

#include "../autograd/ops/create.h"
#include "checks-inl.h"

namespace descent::losses {

namespace {

std::vector<double> read_counts(const char* function, const Tensor& counts) {
  if (!counts.defined()) fail<Error>(function, "counts are undefined");
  if (counts.dtype() == boolean) fail<DTypeError>(function, "counts must be numbers, got {}", counts.dtype());
  if (counts.dim() != 1 || counts.numel() == 0) {
    fail<ShapeError>(function, "counts must be [C] with at least one class, got {}", counts.shape());
  }
  const std::vector<double> n = counts.detach().to_vector<double>();
  for (std::size_t c = 0; c < n.size(); ++c) {
    if (!(n[c] > 0) || std::isinf(n[c])) fail<Error>(function, "class {} must have a positive count, got {}", c, n[c]);
  }
  return n;
}

}  // namespace

Tensor balanced_class_weights(const Tensor& counts) {
  std::vector<double> weights = read_counts("balanced_class_weights", counts);
  double total = 0;
  for (const double n : weights) total += n;
  for (double& w : weights) w = total / (static_cast<double>(weights.size()) * w);
  return from_vector(weights, {.dtype = float32});
}

Tensor effective_number_class_weights(const Tensor& counts, const EffectiveNumberOptions& options) {
  constexpr const char* kName = "effective_number_class_weights";
  const double beta = options.beta;
  if (!(beta >= 0 && beta < 1)) {
    throw std::invalid_argument(fmt::format("{}: beta must be in [0, 1), got {}", kName, beta));
  }
  std::vector<double> weights = read_counts(kName, counts);
  double total = 0;
  for (double& w : weights) {
    w = (1 - beta) / -std::expm1(w * std::log(beta));  // 1 − βⁿ, also where βⁿ is next to 1
    total += w;
  }
  for (double& w : weights) w *= static_cast<double>(weights.size()) / total;
  return from_vector(weights, {.dtype = float32});
}

}  // namespace descent::losses
