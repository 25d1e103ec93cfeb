#include "bilinear.h"

#include <cmath>

#include "../autograd/ops/bilinear.h"
#include "../autograd/ops/create.h"
#include "init.h"
#include "repr-inl.h"

namespace descent::nn {

Bilinear::Bilinear(std::int64_t in1_features, std::int64_t in2_features, std::int64_t out_features,
                   const BilinearOptions& options) {
  check_at_least(1, in1_features, "Bilinear", "in1_features");
  check_at_least(1, in2_features, "Bilinear", "in2_features");
  check_at_least(1, out_features, "Bilinear", "out_features");
  check_floating(options.dtype, "Bilinear");
  weight = register_parameter("weight", empty({out_features, in1_features, in2_features}, {.dtype = options.dtype}));
  bias = register_parameter("bias", options.bias ? empty({out_features}, {.dtype = options.dtype}) : Tensor());
  reset_parameters();
}

void Bilinear::reset_parameters() {
  const double bound = 1 / std::sqrt(static_cast<double>(weight.size(1)));
  init::uniform_(weight, -bound, bound);
  if (bias.defined()) init::uniform_(bias, -bound, bound);
}

Tensor Bilinear::forward(const Tensor& x1, const Tensor& x2) {
  return with_hooks(x1, [&](const Tensor& input) { return bilinear(input, x2, weight, bias); });
}

std::string Bilinear::extra_repr() const {
  return fmt::format("in1_features={}, in2_features={}, out_features={}, bias={}", weight.size(1), weight.size(2),
                     weight.size(0), python(bias.defined()));
}

}  // namespace descent::nn
