#include "init.h"

#include <cmath>
#include <stdexcept>

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/ops/create.h"

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
