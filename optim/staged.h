// What optimizers that are written with the library's ops hold during a step.
#pragma once

#include <memory>

#include "optimizer.h"

namespace descent::optim {

namespace detail {
class StagedStep;
}

/// Base of optimizers whose steps are computed beside the old values; see staged-inl.h.
template <class O>
class StagedOptimizer : public OptimizerWith<O> {
 public:
  using OptimizerWith<O>::OptimizerWith;

 protected:
  std::shared_ptr<detail::StagedStep> staged_;  ///< the step being made; see detail::staged
};

}  // namespace descent::optim
