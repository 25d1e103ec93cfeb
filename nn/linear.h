// The fully connected layer.
#pragma once

#include "module.h"

namespace descent::nn {

/// Options of Linear.
struct LinearOptions {
  bool bias = true;
  DType dtype = float32;
};

/// y = x·Wᵀ + b: [.., in_features] -> [.., out_features]. W and b start as U(−1/√in, 1/√in).
/// Throws std::invalid_argument for negative sizes or a dtype that is not floating; forward throws ShapeError.
class Linear : public Module {
 public:
  Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options = {});

  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;
  /// Draws weight and bias anew.
  void reset_parameters();

  Tensor weight;  ///< [out_features, in_features]
  Tensor bias;    ///< [out_features], or undefined

 private:
  std::int64_t in_features_;
  std::int64_t out_features_;
};

}  // namespace descent::nn
