// Methods of Tensor for ops of ops/logic.h, and the in-place forms of pointwise ops.
#pragma once

#include <optional>

#include "scalar.h"

namespace descent {

class Tensor;
struct IscloseOptions;
struct NanToNumOptions;
struct AddcmulOptions;
struct AddcdivOptions;
struct LeakyReluOptions;
struct EluOptions;

/// Base of TensorMethods alone.
class PointwiseMethods {
 public:
  Tensor isnan() const;
  Tensor isinf() const;
  Tensor isfinite() const;
  Tensor isclose(const Tensor& b) const;
  Tensor isclose(const Tensor& b, const IscloseOptions& options) const;
  Tensor logical_and(const Tensor& b) const;
  Tensor logical_or(const Tensor& b) const;
  Tensor logical_xor(const Tensor& b) const;
  Tensor logical_not() const;
  Tensor nan_to_num() const;
  Tensor nan_to_num(const NanToNumOptions& options) const;
  Tensor lerp(const Tensor& end, const Tensor& weight) const;
  Tensor lerp(const Tensor& end, Scalar weight) const;
  Tensor addcmul(const Tensor& tensor1, const Tensor& tensor2) const;
  Tensor addcmul(const Tensor& tensor1, const Tensor& tensor2, const AddcmulOptions& options) const;
  Tensor addcdiv(const Tensor& tensor1, const Tensor& tensor2) const;
  Tensor addcdiv(const Tensor& tensor1, const Tensor& tensor2, const AddcdivOptions& options) const;
  Tensor clamp(const Tensor& min, const Tensor& max) const;
  Tensor clamp_min(Scalar min) const;
  Tensor clamp_min(const Tensor& min) const;
  Tensor clamp_max(Scalar max) const;
  Tensor clamp_max(const Tensor& max) const;

  // In place: the tensor gets the values of the function of the same name. What may be written when, and what is
  // recorded: tensor_methods.h. A result that a tensor of integers cannot hold throws DTypeError, one of another shape
  // ShapeError; the tensor is unchanged then.
  Tensor& neg_();
  Tensor& abs_();
  Tensor& exp_();
  Tensor& log_();
  Tensor& sqrt_();
  Tensor& rsqrt_();
  Tensor& reciprocal_();
  Tensor& square_();
  Tensor& sin_();
  Tensor& cos_();
  Tensor& tanh_();
  Tensor& sigmoid_();
  Tensor& relu_();
  Tensor& floor_();
  Tensor& ceil_();
  Tensor& round_();
  Tensor& trunc_();
  Tensor& logical_not_();
  Tensor& pow_(Scalar exponent);
  Tensor& pow_(const Tensor& exponent);
  Tensor& remainder_(Scalar b);
  Tensor& remainder_(const Tensor& b);
  Tensor& fmod_(Scalar b);
  Tensor& fmod_(const Tensor& b);
  Tensor& clamp_(std::optional<double> min, std::optional<double> max = std::nullopt);
  Tensor& clamp_(const Tensor& min, const Tensor& max);
  Tensor& clamp_(const Tensor& min);
  Tensor& clamp_min_(Scalar min);
  Tensor& clamp_min_(const Tensor& min);
  Tensor& clamp_max_(Scalar max);
  Tensor& clamp_max_(const Tensor& max);
  Tensor& lerp_(const Tensor& end, Scalar weight);
  Tensor& lerp_(const Tensor& end, const Tensor& weight);
  Tensor& addcmul_(const Tensor& tensor1, const Tensor& tensor2);
  Tensor& addcmul_(const Tensor& tensor1, const Tensor& tensor2, const AddcmulOptions& options);
  Tensor& addcdiv_(const Tensor& tensor1, const Tensor& tensor2);
  Tensor& addcdiv_(const Tensor& tensor1, const Tensor& tensor2, const AddcdivOptions& options);
  Tensor& masked_fill_(const Tensor& mask, Scalar value);
  Tensor& masked_fill_(const Tensor& mask, const Tensor& value);
  Tensor& nan_to_num_();
  Tensor& nan_to_num_(const NanToNumOptions& options);
  Tensor& leaky_relu_();
  Tensor& leaky_relu_(const LeakyReluOptions& options);
  Tensor& elu_();
  Tensor& elu_(const EluOptions& options);

 protected:
  PointwiseMethods() noexcept = default;
};

}  // namespace descent
