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
  /// The options of a parameter's group.
  const O& options_of(const Tensor& p) const {
    for (const ParamGroup& group : this->param_groups()) {
      for (const Tensor& one : group.params) {
        if (one.impl() == p.impl()) return group.template options<O>();
      }
    }
    return this->param_groups().front().template options<O>();
  }

  std::shared_ptr<detail::StagedStep> staged_;  ///< the step being made; see detail::staged
};

}  // namespace descent::optim
