// ASAM: SAM in a neighbourhood that scales with the parameters.
#pragma once

#include "sam.h"

namespace descent::optim {

/// Options of ASAM, with the paper's defaults.
struct ASAMOptions {
  double rho = 0.5;   ///< radius of the neighbourhood
  double eta = 0.01;  ///< added to |p|

  static constexpr const char* kName = "ASAM";
  std::vector<Option> fields() { return {{"rho", &rho, Range::AtLeastZero}, {"eta", &eta, Range::AtLeastZero}}; }
};

/// T = |p| + eta,   e = rho·T²·g/‖T·g‖₂, the norm over all parameters together. Adaptive SAM, Kwon, Kim, Park and Choi
/// (2021), https://arxiv.org/abs/2102.11600, elementwise, for all parameters alike.
class ASAM final : public SharpnessAware {
 public:
  explicit ASAM(Optimizer& inner, const ASAMOptions& options = {});

 private:
  double radius() const override;
  Tensor scale_of(const Tensor& p) const override;
};

}  // namespace descent::optim
