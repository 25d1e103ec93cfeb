#include "linear.h"

#include <cmath>

#include "../autograd/ops/create.h"
#include "../autograd/ops/matmul.h"
#include "init.h"
#include "repr-inl.h"

namespace descent::nn {

Linear::Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options)
    : in_features_(in_features), out_features_(out_features) {
  if (in_features < 0 || out_features < 0) {
    throw std::invalid_argument(
        fmt::format("Linear: in_features and out_features must be >= 0, got {} and {}", in_features, out_features));
  }
  check_floating(options.dtype, "Linear");
  weight = register_parameter("weight", empty({out_features, in_features}, {.dtype = options.dtype}));
  bias = register_parameter("bias", options.bias ? empty({out_features}, {.dtype = options.dtype}) : Tensor());
  reset_parameters();
}

void Linear::reset_parameters() {
  // gain √(2 / (1 + a²)) with a = √5 makes kaiming's bound gain·√(3 / fan_in) equal to 1/√fan_in
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (!bias.defined()) return;
  const double bound = in_features_ > 0 ? 1 / std::sqrt(static_cast<double>(in_features_)) : 0;
  init::uniform_(bias, -bound, bound);
}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight, bias); }

std::string Linear::extra_repr() const {
  return fmt::format("in_features={}, out_features={}, bias={}", in_features_, out_features_, python(bias.defined()));
}

}  // namespace descent::nn
