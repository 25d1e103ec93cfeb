// Dropout: random zeros while training.
#pragma once

#include "module.h"

namespace descent::nn {

/// While training, zeroes each element with probability p and scales the rest by 1 / (1 − p); x itself otherwise.
/// Throws std::invalid_argument unless 0 <= p <= 1. Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural
/// Networks from Overfitting".
class Dropout : public Module {
 public:
  explicit Dropout(double p = 0.5);
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  double p_;
};

}  // namespace descent::nn
