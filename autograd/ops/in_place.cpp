// In-place forms of ops: one mechanism for all of them.
#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

/// What the gradient of the function reads: where that is not its input, the old values need not be kept.
enum class Keep { Input, Nothing };

Tensor& tensor_of(PointwiseMethods* methods) { return *static_cast<Tensor*>(methods); }

/// self = f(self), on the tape where that is recorded. `others` are the further inputs. The result is computed and
/// checked before anything is written, so f may read any part of self's memory and may throw.
template <class F>
Tensor& write(const char* op, PointwiseMethods* methods, std::initializer_list<const Tensor*> others, Keep keep, F f) {
  Tensor& self = tensor_of(methods);
  self.checked(op);
  bool others_require = false;
  for (const Tensor* other : others) others_require |= other->defined() && other->requires_grad();
  if (begin_in_place(op, self, others_require, self.shape(), boolean)) {
    Tensor result = f(before_write(self, keep == Keep::Input));
    begin_in_place(op, self, others_require, result.shape(), result.dtype());
    if (!result.requires_grad()) return self.copy_(result);  // no gradient reaches what has been overwritten
    finish_in_place(self, result.to(self.dtype()));
    return self;
  }
  const NoGradGuard no_grad;
  const Tensor result = f(make_alias(self));
  begin_in_place(op, self, false, result.shape(), result.dtype());
  finish_in_place(self, result);
  return self;
}

/// The same for a function of each element alone that has a kernel: straight into memory when nothing is recorded.
/// `real` functions take floats.
Tensor& write(const char* op, PointwiseMethods* methods, kernels::Unary kind, bool real, Keep keep,
              Tensor (*f)(const Tensor&)) {
  Tensor& self = tensor_of(methods);
  TensorImpl& impl = self.checked(op);
  const bool direct = descent::is_floating_point(impl.dtype) || (!real && impl.dtype != boolean);
  const bool watched = tape_mode() & kWatching;  // f looks at its result, the kernel does not
  if (!direct || watched || (grad_enabled() && impl.requires_grad)) return write(op, methods, {}, keep, f);
  begin_in_place(op, self, false, impl.shape, impl.dtype);
  kernels::unary(kind, impl.view(), impl.view());
  impl.storage->written();
  return self;
}

}  // namespace
}  // namespace autograd

using namespace autograd;
using kernels::Unary;

Tensor& PointwiseMethods::neg_() { return write("neg_", this, Unary::Neg, false, Keep::Nothing, neg); }
Tensor& PointwiseMethods::abs_() { return write("abs_", this, Unary::Abs, false, Keep::Input, abs); }
Tensor& PointwiseMethods::exp_() { return write("exp_", this, Unary::Exp, true, Keep::Nothing, exp); }
Tensor& PointwiseMethods::log_() { return write("log_", this, Unary::Log, true, Keep::Input, log); }
Tensor& PointwiseMethods::sqrt_() { return write("sqrt_", this, Unary::Sqrt, true, Keep::Nothing, sqrt); }
Tensor& PointwiseMethods::square_() { return write("square_", this, Unary::Square, false, Keep::Input, square); }
Tensor& PointwiseMethods::sin_() { return write("sin_", this, Unary::Sin, true, Keep::Input, sin); }
Tensor& PointwiseMethods::cos_() { return write("cos_", this, Unary::Cos, true, Keep::Input, cos); }
Tensor& PointwiseMethods::tanh_() { return write("tanh_", this, Unary::Tanh, true, Keep::Nothing, tanh); }
Tensor& PointwiseMethods::sigmoid_() { return write("sigmoid_", this, Unary::Sigmoid, true, Keep::Nothing, sigmoid); }
Tensor& PointwiseMethods::relu_() { return write("relu_", this, Unary::Relu, false, Keep::Nothing, relu); }

Tensor& PointwiseMethods::rsqrt_() { return write("rsqrt_", this, {}, Keep::Input, rsqrt); }
Tensor& PointwiseMethods::reciprocal_() { return write("reciprocal_", this, {}, Keep::Input, reciprocal); }
Tensor& PointwiseMethods::floor_() { return write("floor_", this, {}, Keep::Nothing, floor); }
Tensor& PointwiseMethods::ceil_() { return write("ceil_", this, {}, Keep::Nothing, ceil); }
Tensor& PointwiseMethods::round_() {
  return write("round_", this, {}, Keep::Nothing, [](const Tensor& a) { return descent::round(a); });
}
Tensor& PointwiseMethods::trunc_() { return write("trunc_", this, {}, Keep::Nothing, trunc); }
Tensor& PointwiseMethods::logical_not_() {
  return write("logical_not_", this, {}, Keep::Nothing, descent::logical_not);
}

Tensor& PointwiseMethods::pow_(Scalar exponent) {
  return write("pow_", this, {}, Keep::Input, [&](const Tensor& a) { return descent::pow(a, exponent); });
}
Tensor& PointwiseMethods::pow_(const Tensor& exponent) {
  return write("pow_", this, {&exponent}, Keep::Input, [&](const Tensor& a) { return descent::pow(a, exponent); });
}
Tensor& PointwiseMethods::remainder_(Scalar b) {
  return write("remainder_", this, {}, Keep::Input, [&](const Tensor& a) { return descent::remainder(a, b); });
}
Tensor& PointwiseMethods::remainder_(const Tensor& b) {
  return write("remainder_", this, {&b}, Keep::Input, [&](const Tensor& a) { return descent::remainder(a, b); });
}
Tensor& PointwiseMethods::fmod_(Scalar b) {
  return write("fmod_", this, {}, Keep::Input, [&](const Tensor& a) { return descent::fmod(a, b); });
}
Tensor& PointwiseMethods::fmod_(const Tensor& b) {
  return write("fmod_", this, {&b}, Keep::Input, [&](const Tensor& a) { return descent::fmod(a, b); });
}

Tensor& PointwiseMethods::clamp_(std::optional<double> min, std::optional<double> max) {
  return write("clamp_", this, {}, Keep::Input, [&](const Tensor& a) { return descent::clamp(a, min, max); });
}
Tensor& PointwiseMethods::clamp_(const Tensor& min, const Tensor& max) {
  return write("clamp_", this, {&min, &max}, Keep::Input, [&](const Tensor& a) { return descent::clamp(a, min, max); });
}
Tensor& PointwiseMethods::clamp_(const Tensor& min) { return clamp_(min, Tensor()); }
Tensor& PointwiseMethods::clamp_min_(Scalar min) {
  return write("clamp_min_", this, {}, Keep::Input, [&](const Tensor& a) { return descent::clamp_min(a, min); });
}
Tensor& PointwiseMethods::clamp_min_(const Tensor& min) {
  return write("clamp_min_", this, {&min}, Keep::Input, [&](const Tensor& a) { return descent::clamp_min(a, min); });
}
Tensor& PointwiseMethods::clamp_max_(Scalar max) {
  return write("clamp_max_", this, {}, Keep::Input, [&](const Tensor& a) { return descent::clamp_max(a, max); });
}
Tensor& PointwiseMethods::clamp_max_(const Tensor& max) {
  return write("clamp_max_", this, {&max}, Keep::Input, [&](const Tensor& a) { return descent::clamp_max(a, max); });
}

Tensor& PointwiseMethods::lerp_(const Tensor& end, Scalar weight) {
  return write("lerp_", this, {&end}, Keep::Nothing, [&](const Tensor& a) { return descent::lerp(a, end, weight); });
}
Tensor& PointwiseMethods::lerp_(const Tensor& end, const Tensor& weight) {
  return write("lerp_", this, {&end, &weight}, Keep::Input,
               [&](const Tensor& a) { return descent::lerp(a, end, weight); });
}
Tensor& PointwiseMethods::addcmul_(const Tensor& tensor1, const Tensor& tensor2) {
  return addcmul_(tensor1, tensor2, {});
}
Tensor& PointwiseMethods::addcmul_(const Tensor& tensor1, const Tensor& tensor2, const AddcmulOptions& options) {
  return write("addcmul_", this, {&tensor1, &tensor2}, Keep::Nothing,
               [&](const Tensor& a) { return descent::addcmul(a, tensor1, tensor2, options); });
}
Tensor& PointwiseMethods::addcdiv_(const Tensor& tensor1, const Tensor& tensor2) {
  return addcdiv_(tensor1, tensor2, {});
}
Tensor& PointwiseMethods::addcdiv_(const Tensor& tensor1, const Tensor& tensor2, const AddcdivOptions& options) {
  return write("addcdiv_", this, {&tensor1, &tensor2}, Keep::Nothing,
               [&](const Tensor& a) { return descent::addcdiv(a, tensor1, tensor2, options); });
}

Tensor& PointwiseMethods::masked_fill_(const Tensor& mask, Scalar value) {
  return write("masked_fill_", this, {}, Keep::Nothing,
               [&](const Tensor& a) { return descent::masked_fill(a, mask, value); });
}
Tensor& PointwiseMethods::masked_fill_(const Tensor& mask, const Tensor& value) {
  return write("masked_fill_", this, {&value}, Keep::Nothing,
               [&](const Tensor& a) { return descent::masked_fill(a, mask, value); });
}

Tensor& PointwiseMethods::nan_to_num_() { return nan_to_num_({}); }
Tensor& PointwiseMethods::nan_to_num_(const NanToNumOptions& options) {
  return write("nan_to_num_", this, {}, Keep::Nothing,
               [&](const Tensor& a) { return descent::nan_to_num(a, options); });
}
Tensor& PointwiseMethods::leaky_relu_() { return leaky_relu_({}); }
Tensor& PointwiseMethods::leaky_relu_(const LeakyReluOptions& options) {
  return write("leaky_relu_", this, {}, Keep::Input, [&](const Tensor& a) { return descent::leaky_relu(a, options); });
}
Tensor& PointwiseMethods::elu_() { return elu_({}); }
Tensor& PointwiseMethods::elu_(const EluOptions& options) {
  return write("elu_", this, {}, Keep::Input, [&](const Tensor& a) { return descent::elu(a, options); });
}

}  // namespace descent
