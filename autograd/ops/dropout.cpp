// Channel-wise and self-normalising dropout, made of dropout and elementwise ops.
#include "dropout.h"

#include <cmath>

#include "elementwise-inl.h"

namespace descent {
namespace {

void check(const char* op, const Tensor& x, double p) {
  if (!is_floating_point(x.checked(op).dtype)) fail<DTypeError>(op, "takes floats, got {}", x.dtype());
  if (!(p >= 0 && p <= 1)) throw std::invalid_argument(fmt::format("{}: p must be in [0, 1], got {}", op, p));
}

/// [N, C, 1, …]: one draw for each channel.
Shape by_channel(Shape shape) {
  for (std::size_t i = 2; i < shape.size(); ++i) shape[i] = 1;
  return shape;
}

/// By channels of [N, C, …].
Tensor drop_channels(const Tensor& x, double p) {
  const Tensor scale = dropout(ones(by_channel(x.shape()), {.dtype = x.dtype()}), p);
  return where(scale != 0, x * scale, 0);  // exactly 0 also where x is infinite or NaN
}

Tensor by_dims(const char* op, const Tensor& x, double p, bool training, std::int64_t dims, const char* expected,
               bool batchless) {
  check(op, x, p);
  if (x.dim() != dims && x.dim() != dims - 1) fail<ShapeError>(op, "takes {}, got {}", expected, x.shape());
  if (!training || p == 0) return x;
  if (x.dim() < dims && batchless) return drop_channels(x.unsqueeze(0), p).squeeze(0);
  return drop_channels(x, p);
}

}  // namespace

Tensor feature_dropout(const Tensor& x, double p, bool training) {
  check("feature_dropout", x, p);
  if (x.dim() < 2) fail<ShapeError>("feature_dropout", "takes [N, C, …], got {}", x.shape());
  return training && p > 0 ? drop_channels(x, p) : x;
}

Tensor dropout1d(const Tensor& x, double p, bool training) {
  return by_dims("dropout1d", x, p, training, 3, "[N, C, L] or [C, L]", true);
}
Tensor dropout2d(const Tensor& x, double p, bool training) {
  return by_dims("dropout2d", x, p, training, 4, "[N, C, H, W] or [N, C, L]", false);
}
Tensor dropout3d(const Tensor& x, double p, bool training) {
  return by_dims("dropout3d", x, p, training, 5, "[N, C, D, H, W] or [C, D, H, W]", true);
}

namespace {

// y = a·(keep ? x : α') + b,  a = 1/√((1 − p)·(1 + p·α'²)),  b = −a·p·α',  α' = −scale·alpha of SELU
Tensor drop_to_limit(const Tensor& x, double p, const Shape& draws) {
  if (p == 1) return dropout(x, p);
  constexpr double kLimit = -1.7580993408473766;
  const double a = 1 / std::sqrt((1 - p) * (1 + p * kLimit * kLimit));
  const Tensor kept = dropout(ones(draws, {.dtype = x.dtype()}), p) != 0;
  return where(kept, x, kLimit) * a - a * p * kLimit;
}

}  // namespace

Tensor alpha_dropout(const Tensor& x, double p, bool training) {
  check("alpha_dropout", x, p);
  return training && p > 0 ? drop_to_limit(x, p, x.shape()) : x;
}

Tensor feature_alpha_dropout(const Tensor& x, double p, bool training) {
  check("feature_alpha_dropout", x, p);
  if (x.dim() < 2) fail<ShapeError>("feature_alpha_dropout", "takes [N, C, …], got {}", x.shape());
  return training && p > 0 ? drop_to_limit(x, p, by_channel(x.shape())) : x;
}

}  // namespace descent
