// Finds gradients that a step has used already.
#pragma once

#include <utility>
#include <vector>

#include "../autograd/tensor_impl.h"
#include "optimizer.h"

namespace descent::optim::detail {

/// The gradients of the last step. Their memory is held, so that no other gradient can lie where one of them lay.
class UsedGradients {
 public:
  /// Throws Error for a gradient that is still what it was in the last step.
  void check(const char* owner, const std::vector<ParamGroup>& groups) const;
  void remember(const std::vector<ParamGroup>& groups);

  bool busy = false;  ///< within a step: those of optimizers inside a wrapper are part of it

 private:
  struct Used {
    const TensorImpl* parameter;
    autograd::Ref<autograd::Storage> memory;
    std::uint32_t version;
  };
  std::vector<Used> used_;
};

}  // namespace descent::optim::detail
