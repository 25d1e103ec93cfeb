// EvalGuard: evaluation mode for a while.
#pragma once

#include "module.h"

namespace descent::nn {

/// Eval mode here and below while it lives; then every module has its own mode again, also when an exception leaves.
class EvalGuard {
 public:
  explicit EvalGuard(Module& module);
  ~EvalGuard();
  EvalGuard(const EvalGuard&) = delete;
  EvalGuard& operator=(const EvalGuard&) = delete;

 private:
  std::vector<std::pair<Module, bool>> modes_;
};

}  // namespace descent::nn
