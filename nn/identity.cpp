#include "identity.h"

namespace descent::nn {

Tensor Identity::forward(const Tensor& x) { return x; }

}  // namespace descent::nn
