#include "dropout.h"

#include <stdexcept>

#include "../autograd/ops/random.h"
#include "repr-inl.h"

namespace descent::nn {

Dropout::Dropout(double p) : p_(p) {
  if (!(p >= 0 && p <= 1)) throw std::invalid_argument(fmt::format("Dropout: p must be in [0, 1], got {}", p));
}

Tensor Dropout::forward(const Tensor& x) { return dropout(x, p_, is_training()); }

std::string Dropout::extra_repr() const { return fmt::format("p={}, inplace=False", python(p_)); }

}  // namespace descent::nn
