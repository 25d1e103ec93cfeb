// Forms of common ops with PyTorch's keywords, made of the plain ops.
#include "keyword_forms.h"

#include <cmath>
#include <stdexcept>

#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

/// The number as `tensor op number` computes with it.
Tensor number_for(const char* op, const Tensor& a, Scalar b) {
  a.checked(op);
  return full({}, b, {.dtype = promote_number(a.dtype(), b.dtype())});
}

/// alpha·x in the type of x.
Tensor scaled(const char* op, const Tensor& x, double alpha) {
  if (alpha == 1) return x;
  if (x.is_floating_point()) return x * alpha;
  if (!(std::trunc(alpha) == alpha && std::abs(alpha) < 0x1p63)) {
    throw std::invalid_argument(fmt::format("{}: alpha must be whole for {} tensors, got {}", op, x.dtype(), alpha));
  }
  return x.dtype() == boolean ? x * (alpha != 0) : x * static_cast<std::int64_t>(alpha);
}

/// alpha·b in the type of a op b.
Tensor scaled_for(const char* op, const Tensor& a, const Tensor& b, double alpha) {
  a.checked(op);
  b.checked(op);
  broadcast_shapes(a.shape(), b.shape(), op);
  return scaled(op, b.to(result_type(a, b)), alpha);
}

/// A quotient that is not recorded.
Tensor rounded_quotient(const Tensor& a, const Tensor& b, DType dtype, bool floors) {
  const NoGradGuard no_grad;
  if (descent::is_floating_point(dtype)) return floors ? floor_divide(a, b) : trunc(a / b);
  const Tensor x = a.to(dtype), y = b.to(dtype);
  if (x.numel() > 0 && y.numel() > 0 && any(y == 0).item<bool>()) {
    fail<Error>("div", "integers cannot be divided by 0");
  }
  return floor_divide(floors ? x : x - fmod(x, y), y);  // without its remainder x is a multiple of y
}

Tensor reduced_type(const Tensor& result, const SumOptions& options) {
  return options.dtype ? result.to(*options.dtype) : result;
}

Tensor input_type(const char* op, const Tensor& a, const SumOptions& options) {
  a.checked(op);
  return options.dtype ? a.to(*options.dtype) : a;
}

}  // namespace
}  // namespace autograd

using namespace autograd;

Tensor add(const Tensor& a, const Tensor& b, const AddOptions& options) {
  return add(a, scaled_for("add", a, b, options.alpha));
}
Tensor add(const Tensor& a, Scalar b, const AddOptions& options) { return add(a, number_for("add", a, b), options); }
Tensor sub(const Tensor& a, const Tensor& b, const SubOptions& options) {
  return sub(a, scaled_for("sub", a, b, options.alpha));
}
Tensor sub(const Tensor& a, Scalar b, const SubOptions& options) { return sub(a, number_for("sub", a, b), options); }

Tensor index_add(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source,
                 const IndexAddOptions& options) {
  source.checked("index_add");
  return index_add(a, dim, index, scaled("index_add", source, options.alpha));
}

Tensor div(const Tensor& a, const Tensor& b, const DivOptions& options) {
  const auto& mode = options.rounding_mode;
  if (!mode) return div(a, b);
  if (*mode != "floor" && *mode != "trunc") {
    throw std::invalid_argument("div: rounding_mode must be \"floor\", \"trunc\" or std::nullopt, got \"" + *mode +
                                "\"");
  }
  a.checked("div");
  b.checked("div");
  broadcast_shapes(a.shape(), b.shape(), "div");
  const DType dtype = result_type(a, b);
  no_booleans("div", dtype, "convert to a number first");
  const Tensor result = rounded_quotient(a, b, dtype, *mode == "floor");
  if (!grad_enabled() || !(a.requires_grad() || b.requires_grad())) return result;
  // The operands take part, so that they have gradients of zeros, without their values: also where b is 0.
  return where(zeros({}, {.dtype = boolean}), floor(a + b), result);
}
Tensor div(const Tensor& a, Scalar b, const DivOptions& options) {
  return options.rounding_mode ? div(a, number_for("div", a, b), options) : div(a, b);
}

Tensor sum(const Tensor& a, const Shape& dims, bool keepdim, const SumOptions& options) {
  return reduced_type(sum(input_type("sum", a, options), dims, keepdim), options);
}
Tensor mean(const Tensor& a, const Shape& dims, bool keepdim, const MeanOptions& options) {
  return mean(input_type("mean", a, options), dims, keepdim);
}
Tensor prod(const Tensor& a, std::int64_t dim, bool keepdim, const ProdOptions& options) {
  return reduced_type(prod(input_type("prod", a, options), dim, keepdim), options);
}
Tensor prod(const Tensor& a, const ProdOptions& options) {
  return reduced_type(prod(input_type("prod", a, options)), options);
}
Tensor cumsum(const Tensor& a, std::int64_t dim, const CumsumOptions& options) {
  return reduced_type(cumsum(input_type("cumsum", a, options), dim), options);
}
Tensor cumprod(const Tensor& a, std::int64_t dim, const CumprodOptions& options) {
  return reduced_type(cumprod(input_type("cumprod", a, options), dim), options);
}

}  // namespace descent
