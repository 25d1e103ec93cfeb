// The bilinear layer.
#pragma once

#include "module.h"

namespace descent::nn {

/// Options of Bilinear.
struct BilinearOptions {
  bool bias = true;
  DType dtype = float32;
};

/// y_o = x1ᵀ·W_o·x2 + b_o: [.., in1_features], [.., in2_features] with the same leading dims -> [.., out_features]. W
/// and b start as U(−1/√in1, 1/√in1). The constructor throws std::invalid_argument for sizes below 1, forward
/// ShapeError.
class Bilinear : public Module {
 public:
  Bilinear(std::int64_t in1_features, std::int64_t in2_features, std::int64_t out_features,
           const BilinearOptions& options = {});

  using Module::forward;
  Tensor forward(const Tensor& x1, const Tensor& x2);
  Tensor operator()(const Tensor& x1, const Tensor& x2) { return forward(x1, x2); }
  std::string extra_repr() const override;
  /// Draws weight and bias anew.
  void reset_parameters();

  Tensor weight;  ///< [out_features, in1_features, in2_features]
  Tensor bias;    ///< [out_features], or undefined
};

}  // namespace descent::nn
