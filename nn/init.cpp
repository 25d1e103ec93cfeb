#include "init.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/ops/create.h"
#include "../autograd/ops/diagonal.h"
#include "../autograd/ops/linalg.h"
#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/random.h"

namespace descent::nn::init {

namespace {

void check_floating(const char* function, const Tensor& tensor) {
  if (!tensor.defined()) fail<Error>(function, "the tensor is undefined");
  if (!tensor.is_floating_point()) fail<DTypeError>(function, "needs a floating tensor, got {}", tensor.dtype());
}

void check_finite(const char* function, const char* option, double value) {
  if (!std::isfinite(value)) {
    throw std::invalid_argument(fmt::format("{}: {} must be finite, got {}", function, option, value));
  }
}

struct Fans {
  double in, out;
};

// weight [out, in, k…]: fan_in = in·Πk, fan_out = out·Πk
Fans fans(const char* function, const Tensor& tensor) {
  check_floating(function, tensor);
  const Shape& shape = tensor.shape();
  if (shape.size() < 2) fail<ShapeError>(function, "needs at least 2 dims to count fan in and fan out, got {}", shape);
  double receptive = 1;
  for (std::size_t i = 2; i < shape.size(); ++i) receptive *= static_cast<double>(shape[i]);
  return {static_cast<double>(shape[1]) * receptive, static_cast<double>(shape[0]) * receptive};
}

// gain / √fan
double kaiming_std(const char* function, const Tensor& tensor, const KaimingOptions& options) {
  const Fans fan = fans(function, tensor);
  if (options.mode != "fan_in" && options.mode != "fan_out") {
    throw std::invalid_argument(fmt::format("{}: mode must be fan_in or fan_out, got {}", function, options.mode));
  }
  check_finite(function, "a", options.a);
  return calculate_gain(options.nonlinearity, options.a) / std::sqrt(options.mode == "fan_in" ? fan.in : fan.out);
}

// gain·√(2 / (fan_in + fan_out))
double xavier_std(const char* function, const Tensor& tensor, const XavierOptions& options) {
  const Fans fan = fans(function, tensor);
  check_finite(function, "gain", options.gain);
  if (options.gain < 0)
    throw std::invalid_argument(fmt::format("{}: gain must be >= 0, got {}", function, options.gain));
  return options.gain * std::sqrt(2 / (fan.in + fan.out));
}

// x with erf(x) = y: an elementary approximation (Winitzki 2008), then Halley's steps.
double inverse_erf(double y) {
  if (std::abs(y) >= 1) return std::copysign(INFINITY, y);
  const double log1 = std::log1p(-y * y), a = 0.147, b = 2 / (M_PI * a) + log1 / 2;
  double x = std::copysign(std::sqrt(std::sqrt(b * b - log1 / a) - b), y);
  for (int step = 0; step < 3; ++step) {
    const double u = (std::erf(x) - y) * std::sqrt(M_PI) / 2 * std::exp(x * x);
    x -= u / (1 + x * u);
  }
  return x;
}

Tensor filled_uniform(Tensor tensor, double a, double b) {
  const NoGradGuard no_grad;
  if (tensor.numel() > 0) tensor.uniform_(a, b);
  return tensor;
}

Tensor filled_normal(Tensor tensor, double mean, double std) {
  const NoGradGuard no_grad;
  if (tensor.numel() > 0) tensor.normal_(mean, std);
  return tensor;
}

}  // namespace

Tensor uniform_(Tensor tensor, const UniformOptions& options) {
  check_floating("uniform_", tensor);
  check_finite("uniform_", "a", options.a);
  check_finite("uniform_", "b", options.b);
  if (options.a > options.b) {
    throw std::invalid_argument(fmt::format("uniform_: a must not exceed b, got a = {}, b = {}", options.a, options.b));
  }
  return filled_uniform(std::move(tensor), options.a, options.b);
}

Tensor uniform_(Tensor tensor, double a, double b) { return uniform_(std::move(tensor), {.a = a, .b = b}); }

Tensor normal_(Tensor tensor, const NormalOptions& options) {
  check_floating("normal_", tensor);
  check_finite("normal_", "mean", options.mean);
  check_finite("normal_", "std", options.std);
  if (options.std < 0) throw std::invalid_argument(fmt::format("normal_: std must be >= 0, got {}", options.std));
  return filled_normal(std::move(tensor), options.mean, options.std);
}

Tensor normal_(Tensor tensor, double mean, double std) {
  return normal_(std::move(tensor), {.mean = mean, .std = std});
}

Tensor trunc_normal_(Tensor tensor, const TruncNormalOptions& options) {
  check_floating("trunc_normal_", tensor);
  check_finite("trunc_normal_", "mean", options.mean);
  if (!(options.std > 0) || !std::isfinite(options.std)) {
    throw std::invalid_argument(fmt::format("trunc_normal_: std must be positive and finite, got {}", options.std));
  }
  if (!(options.a <= options.b)) {
    throw std::invalid_argument(
        fmt::format("trunc_normal_: a must not exceed b, got a = {}, b = {}", options.a, options.b));
  }
  if (tensor.numel() == 0) return tensor;
  // The inverse of the distribution function Φ at U[Φ(a), Φ(b)):  mean + std·√2·erfinv(2·Φ − 1), in float64, since the
  // tails need its digits; Φ(x) = (1 + erf(x / √2)) / 2.
  const NoGradGuard no_grad;
  const auto at = [&](double x) { return std::erf((x - options.mean) / (options.std * std::sqrt(2.0))); };
  const double low = at(options.a), high = at(options.b);
  Tensor u = empty(tensor.shape(), {.dtype = float64}).uniform_(low, std::nextafter(high, 2.0));
  double* values = u.data<double>();
  for (std::int64_t i = 0; i < u.numel(); ++i) values[i] = inverse_erf(values[i]);
  tensor.copy_(clamp(u * (options.std * std::sqrt(2.0)) + options.mean, options.a, options.b));
  return tensor;
}

Tensor constant_(Tensor tensor, double val) {
  check_floating("constant_", tensor);
  const NoGradGuard no_grad;
  tensor.fill_(val);
  return tensor;
}

Tensor ones_(Tensor tensor) { return constant_(std::move(tensor), 1); }
Tensor zeros_(Tensor tensor) { return constant_(std::move(tensor), 0); }

Tensor eye_(Tensor tensor) {
  check_floating("eye_", tensor);
  if (tensor.dim() != 2) fail<ShapeError>("eye_", "needs 2 dims, got {}", tensor.shape());
  const NoGradGuard no_grad;
  tensor.copy_(eye(tensor.size(0), tensor.size(1), {.dtype = tensor.dtype()}));
  return tensor;
}

Tensor xavier_uniform_(Tensor tensor, const XavierOptions& options) {
  const double a = std::sqrt(3.0) * xavier_std("xavier_uniform_", tensor, options);  // U(−a, a) has std a/√3
  return filled_uniform(std::move(tensor), -a, a);
}

Tensor xavier_normal_(Tensor tensor, const XavierOptions& options) {
  const double std = xavier_std("xavier_normal_", tensor, options);
  return filled_normal(std::move(tensor), 0, std);
}

Tensor kaiming_uniform_(Tensor tensor, const KaimingOptions& options) {
  const double b = std::sqrt(3.0) * kaiming_std("kaiming_uniform_", tensor, options);
  return filled_uniform(std::move(tensor), -b, b);
}

Tensor kaiming_normal_(Tensor tensor, const KaimingOptions& options) {
  const double std = kaiming_std("kaiming_normal_", tensor, options);
  return filled_normal(std::move(tensor), 0, std);
}

Tensor dirac_(Tensor tensor, const DiracOptions& options) {
  check_floating("dirac_", tensor);
  const Shape& shape = tensor.shape();
  if (shape.size() < 3 || shape.size() > 5) fail<ShapeError>("dirac_", "needs 3 to 5 dims, got {}", shape);
  if (options.groups < 1 || shape[0] % options.groups != 0) {
    throw std::invalid_argument(
        fmt::format("dirac_: groups must divide size(0) = {}, got {}", shape[0], options.groups));
  }
  const NoGradGuard no_grad;
  tensor.zero_();
  const std::int64_t out = shape[0] / options.groups, kept = std::min(out, shape[1]);
  if (tensor.numel() == 0) return tensor;
  for (std::int64_t g = 0; g < options.groups; ++g) {
    for (std::int64_t d = 0; d < kept; ++d) {
      Tensor kernel = tensor[g * out + d][d];
      for (std::size_t i = 2; i < shape.size(); ++i) kernel = kernel[shape[i] / 2];
      kernel.fill_(1);
    }
  }
  return tensor;
}

Tensor orthogonal_(Tensor tensor, const OrthogonalOptions& options) {
  check_floating("orthogonal_", tensor);
  if (tensor.dim() < 2) fail<ShapeError>("orthogonal_", "needs at least 2 dims, got {}", tensor.shape());
  check_finite("orthogonal_", "gain", options.gain);
  if (tensor.numel() == 0) return tensor;
  const NoGradGuard no_grad;
  const std::int64_t rows = tensor.size(0), columns = tensor.numel() / rows;
  const Tensor draws = randn({rows, columns}, {.dtype = tensor.dtype()});
  const bool wide = rows < columns;
  const QrResult qr_of = qr(wide ? draws.t() : draws);
  // Signs that make R's diagonal positive make Q uniformly distributed (Mezzadri 2007).
  const Tensor diagonal = qr_of.R.diagonal();
  const Tensor q = qr_of.Q * where(diagonal < 0, full_like(diagonal, -1), ones_like(diagonal));
  tensor.copy_((wide ? q.t() : q).reshape(tensor.shape()) * options.gain);
  return tensor;
}

Tensor sparse_(Tensor tensor, double sparsity, const SparseOptions& options) {
  check_floating("sparse_", tensor);
  if (tensor.dim() != 2) fail<ShapeError>("sparse_", "needs 2 dims, got {}", tensor.shape());
  if (!(sparsity >= 0 && sparsity <= 1)) {
    throw std::invalid_argument(fmt::format("sparse_: sparsity must be in [0, 1], got {}", sparsity));
  }
  normal_(tensor, {.mean = 0, .std = options.std});
  const NoGradGuard no_grad;
  const std::int64_t rows = tensor.size(0), columns = tensor.size(1);
  const auto zeros = static_cast<std::int64_t>(std::ceil(sparsity * static_cast<double>(rows)));
  for (std::int64_t column = 0; column < columns; ++column) {
    tensor.index_put_({randperm(rows).slice(0, 0, zeros), full({zeros}, column)}, 0.0);
  }
  return tensor;
}

double calculate_gain(const std::string& nonlinearity, const CalculateGainOptions& options) {
  for (const char* linear : {"linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
                             "conv_transpose3d", "sigmoid"}) {
    if (nonlinearity == linear) return 1;
  }
  if (nonlinearity == "tanh") return 5.0 / 3;
  if (nonlinearity == "relu") return std::sqrt(2.0);
  if (nonlinearity == "selu") return 3.0 / 4;
  if (nonlinearity == "leaky_relu") {
    const double slope = options.param.value_or(0.01);
    check_finite("calculate_gain", "param", slope);
    return std::sqrt(2 / (1 + slope * slope));
  }
  throw std::invalid_argument(fmt::format("calculate_gain: unknown nonlinearity '{}'", nonlinearity));
}

double calculate_gain(const std::string& nonlinearity, double param) {
  return calculate_gain(nonlinearity, {.param = param});
}

}  // namespace descent::nn::init
