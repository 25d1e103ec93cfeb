#include "activations.h"

#include <cmath>

#include "../autograd/ops/create.h"
#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/special.h"
#include "init.h"
#include "repr-inl.h"

namespace descent::nn {

namespace {

void check_finite(double value, const char* layer, const char* option) {
  if (!std::isfinite(value)) {
    throw std::invalid_argument(fmt::format("{}: {} must be finite, got {}", layer, option, value));
  }
}

void check_not_zero(double value, const char* layer, const char* option) {
  check_finite(value, layer, option);
  if (value == 0) throw std::invalid_argument(fmt::format("{}: {} must not be 0", layer, option));
}

}  // namespace

Tensor ReLU::forward(const Tensor& x) { return relu(x); }
Tensor ReLU6::forward(const Tensor& x) { return relu6(x); }
Tensor Tanh::forward(const Tensor& x) { return tanh(x); }
Tensor Sigmoid::forward(const Tensor& x) { return sigmoid(x); }
Tensor LogSigmoid::forward(const Tensor& x) { return logsigmoid(x); }
Tensor SELU::forward(const Tensor& x) { return selu(x); }
Tensor SiLU::forward(const Tensor& x) { return silu(x); }
Tensor Mish::forward(const Tensor& x) { return mish(x); }
Tensor Softsign::forward(const Tensor& x) { return softsign(x); }
Tensor Tanhshrink::forward(const Tensor& x) { return tanhshrink(x); }
Tensor Hardsigmoid::forward(const Tensor& x) { return hardsigmoid(x); }
Tensor Hardswish::forward(const Tensor& x) { return hardswish(x); }

LeakyReLU::LeakyReLU(const LeakyReLUOptions& options) : options_(options) {
  check_finite(options.negative_slope, "LeakyReLU", "negative_slope");
}
Tensor LeakyReLU::forward(const Tensor& x) { return leaky_relu(x, options_); }
std::string LeakyReLU::extra_repr() const { return "negative_slope=" + python(options_.negative_slope); }

PReLU::PReLU(const PReLUOptions& options) : init_(options.init) {
  check_at_least(1, options.num_parameters, "PReLU", "num_parameters");
  check_finite(options.init, "PReLU", "init");
  check_floating(options.dtype, "PReLU");
  weight = register_parameter("weight", empty({options.num_parameters}, {.dtype = options.dtype}));
  reset_parameters();
}
void PReLU::reset_parameters() { init::constant_(weight, init_); }
Tensor PReLU::forward(const Tensor& x) { return prelu(x, weight); }
std::string PReLU::extra_repr() const { return fmt::format("num_parameters={}", weight.size(0)); }

RReLU::RReLU(const RReLUOptions& options) : options_(options) {
  check_finite(options.lower, "RReLU", "lower");
  check_finite(options.upper, "RReLU", "upper");
  if (options.lower > options.upper) {
    throw std::invalid_argument(
        fmt::format("RReLU: lower must not exceed upper, got {} and {}", options.lower, options.upper));
  }
}
Tensor RReLU::forward(const Tensor& x) {
  return rrelu(x, {.lower = options_.lower, .upper = options_.upper, .training = is_training()});
}
std::string RReLU::extra_repr() const {
  return fmt::format("lower={}, upper={}", python(options_.lower), python(options_.upper));
}

ELU::ELU(const ELUOptions& options) : options_(options) { check_finite(options.alpha, "ELU", "alpha"); }
Tensor ELU::forward(const Tensor& x) { return elu(x, options_); }
std::string ELU::extra_repr() const { return "alpha=" + python(options_.alpha); }

CELU::CELU(const CELUOptions& options) : options_(options) { check_not_zero(options.alpha, "CELU", "alpha"); }
Tensor CELU::forward(const Tensor& x) { return celu(x, options_); }
std::string CELU::extra_repr() const { return "alpha=" + python(options_.alpha); }

GELU::GELU(const GELUOptions& options) : options_(options) {
  if (options.approximate != "none" && options.approximate != "tanh") {
    throw std::invalid_argument(
        fmt::format("GELU: approximate must be \"none\" or \"tanh\", got \"{}\"", options.approximate));
  }
}
Tensor GELU::forward(const Tensor& x) { return gelu(x, options_); }
std::string GELU::extra_repr() const { return "approximate='" + options_.approximate + "'"; }

Softplus::Softplus(const SoftplusOptions& options) : options_(options) {
  check_not_zero(options.beta, "Softplus", "beta");
}
Tensor Softplus::forward(const Tensor& x) { return softplus(x, options_); }
std::string Softplus::extra_repr() const {  // PyTorch's defaults are integers
  return fmt::format("beta={}, threshold={}", options_.beta, options_.threshold);
}

Hardtanh::Hardtanh(const HardtanhOptions& options) : options_(options) {
  if (!(options.min_val <= options.max_val)) {
    throw std::invalid_argument(
        fmt::format("Hardtanh: min_val must not exceed max_val, got {} and {}", options.min_val, options.max_val));
  }
}
Tensor Hardtanh::forward(const Tensor& x) { return hardtanh(x, options_); }
std::string Hardtanh::extra_repr() const {
  return fmt::format("min_val={}, max_val={}", python(options_.min_val), python(options_.max_val));
}

Hardshrink::Hardshrink(const HardshrinkOptions& options) : options_(options) {
  check_finite(options.lambd, "Hardshrink", "lambd");
}
Tensor Hardshrink::forward(const Tensor& x) { return hardshrink(x, options_); }
std::string Hardshrink::extra_repr() const { return python(options_.lambd); }

Softshrink::Softshrink(const SoftshrinkOptions& options) : options_(options) {
  check_finite(options.lambd, "Softshrink", "lambd");
  if (options.lambd < 0) {
    throw std::invalid_argument(fmt::format("Softshrink: lambd must be >= 0, got {}", options.lambd));
  }
}
Tensor Softshrink::forward(const Tensor& x) { return softshrink(x, options_); }
std::string Softshrink::extra_repr() const { return python(options_.lambd); }

Threshold::Threshold(double threshold, double value) : threshold_(threshold), value_(value) {}
Tensor Threshold::forward(const Tensor& x) { return threshold(x, threshold_, value_); }
std::string Threshold::extra_repr() const { return fmt::format("threshold={}, value={}", threshold_, value_); }

}  // namespace descent::nn
