#include "softmax.h"

#include "../autograd/fail-inl.h"
#include "../autograd/ops/activation.h"
#include "../autograd/ops/softmax.h"

namespace descent::nn {

std::string AlongDim::extra_repr() const { return fmt::format("dim={}", dim_); }

Tensor Softmax::forward(const Tensor& x) { return softmax(x, dim_); }
Tensor LogSoftmax::forward(const Tensor& x) { return log_softmax(x, dim_); }
Tensor Softmin::forward(const Tensor& x) { return softmin(x, dim_); }
Tensor GLU::forward(const Tensor& x) { return glu(x, dim_); }

Tensor Softmax2d::forward(const Tensor& x) {
  if (x.dim() != 3 && x.dim() != 4) fail<ShapeError>("Softmax2d", "takes an input of 3 or 4 dims, got {}", x.shape());
  return softmax(x, -3);
}

}  // namespace descent::nn
