// How curved the loss is: the largest eigenvalue of its Hessian.
#pragma once

#include <cstdint>
#include <vector>

#include "../autograd/tensor.h"

namespace descent::train {

/// Options of sharpness.
struct SharpnessOptions {
  std::int64_t iterations = 30;  ///< at most; each is a product of the Hessian with a vector, about two backward passes
  double tolerance = 1e-3;       ///< relative change of the eigenvalue that ends the iteration
};

/// What sharpness returns.
struct Sharpness {
  double value = 0;           ///< λ, the largest eigenvalue: gradient descent is stable for rates below 2/λ
  std::vector<double> share;  ///< how much of its eigenvector lies in each parameter; they sum to 1
  std::int64_t iterations = 0;
  bool converged = false;
};

/// The largest eigenvalue of ∂²loss/∂θ² over all parameters together, by power iteration on products of the Hessian
/// with vectors:
///   v ← H·v/‖H·v‖,   λ = vᵀHv
/// ‖H·v‖ rises to μ, the largest size of an eigenvalue. Where v has then come to an eigenvector of +μ, that is it. Else
/// −μ is an eigenvalue, perhaps beside +μ, and the iteration runs on with H + μ·1, whose largest eigenvalue is λ + μ.
/// From a start that is always the same; the library's random numbers are left alone.
/// `loss` is one number with its graph: before its backward, which still works afterwards. No `.grad` is touched.
/// Throws ShapeError unless loss has one element, AutogradError when it has no graph, std::invalid_argument without
/// parameters, for iterations < 1 or a tolerance that is not positive.
Sharpness sharpness(const Tensor& loss, const std::vector<Tensor>& params, const SharpnessOptions& options = {});

}  // namespace descent::train
