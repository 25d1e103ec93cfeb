// The layer that changes nothing.
#pragma once

#include "module.h"

namespace descent::nn {

/// y = x: a place holder where a layer is expected.
class Identity : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};

}  // namespace descent::nn
