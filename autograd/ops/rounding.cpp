// Rounding and remainders of each element.
#include "rounding.h"

#include <cmath>

#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

using kernels::Binary;
using kernels::Unary;

struct Floor {
  static constexpr const char* name = "floor";
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Floor, a, false); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return zeros_like(g); }
};

struct Ceil {
  static constexpr const char* name = "ceil";
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Ceil, a, false); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return zeros_like(g); }
};

struct Trunc {
  static constexpr const char* name = "trunc";
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Trunc, a, false); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return zeros_like(g); }
};

struct Round {  // round(a·10ᵈ)/10ᵈ
  static constexpr const char* name = "round";
  std::int64_t decimals;
  Tensor forward(const Tensor& a) const {
    if (decimals == 0) return run_unary(Unary::Round, a, false);
    const double power = std::pow(10.0, std::abs(static_cast<double>(decimals)));
    const auto up = decimals > 0 ? Binary::Mul : Binary::Div, down = decimals > 0 ? Binary::Div : Binary::Mul;
    return run_binary(down, a.dtype(), run_unary(Unary::Round, run_binary(up, a.dtype(), a, power), false), power);
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return zeros_like(g); }
};

struct Frac {
  static constexpr const char* name = "frac";
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Frac, a, false); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
};

/// Throws Error where an integer would be divided by 0.
void no_zero_divisor(const char* op, DType dtype, const Tensor& b) {
  if (descent::is_floating_point(dtype) || b.numel() == 0) return;
  const NoGradGuard no_grad;
  if (sum(eq(converted(b, dtype), 0)).item<std::int64_t>() > 0) fail<Error>(op, "integers cannot be divided by 0");
}
void no_zero_divisor(const char* op, DType dtype, Scalar b) {
  const bool zero = dtype == uint8 ? static_cast<std::uint8_t>(b.to<std::int64_t>()) == 0 : b.to<std::int64_t>() == 0;
  if (!descent::is_floating_point(dtype) && zero) fail<Error>(op, "integers cannot be divided by 0");
}

struct FloorDivide {
  static constexpr const char* name = "floor_divide";
  static constexpr bool differentiable = false;
  Tensor forward(const Tensor& a, const Tensor& b) const {
    const DType dtype = result_type(a, b);
    if (a.numel() > 0) no_zero_divisor(name, dtype, b);
    return run_binary(Binary::FloorDiv, dtype, a, b, name);
  }
};

struct FloorDivideScalar {
  static constexpr const char* name = "floor_divide.scalar";
  static constexpr bool differentiable = false;
  Scalar c;
  Tensor forward(const Tensor& a) const {
    const DType dtype = promote_number(a.dtype(), c.dtype());
    no_zero_divisor("floor_divide", dtype, c);
    return run_binary(Binary::FloorDiv, dtype, a, c);
  }
};

struct Remainder {  // g,  −g·floor(a/b)
  static constexpr const char* name = "remainder";
  static constexpr Uses uses = {0, input(0) | input(1)};
  Tensor forward(const Tensor& a, const Tensor& b) const {
    const DType dtype = result_type(a, b);
    if (a.numel() > 0) no_zero_divisor(name, dtype, b);
    return run_binary(Binary::Remainder, dtype, a, b, name);
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return -(g * floor_divide(s.in(0), s.in(1))); }
};

struct RemainderScalar {
  static constexpr const char* name = "remainder.scalar";
  Scalar c;
  Tensor forward(const Tensor& a) const {
    const DType dtype = promote_number(a.dtype(), c.dtype());
    no_zero_divisor("remainder", dtype, c);
    return run_binary(Binary::Remainder, dtype, a, c);
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
};

struct RremainderScalar {  // c % a:  −g·floor(c/a)
  static constexpr const char* name = "rremainder.scalar";
  static constexpr Uses uses = {input(0)};
  Scalar c;
  Tensor forward(const Tensor& a) const {
    const DType dtype = promote_number(a.dtype(), c.dtype());
    no_zero_divisor("remainder", dtype, a);
    return run_binary(Binary::Remainder, dtype, c, a);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor a = s.in(0);
    return -(g * run_binary(Binary::FloorDiv, a.dtype(), c, a));
  }
};

struct Fmod {  // g,  −g·trunc(a/b)
  static constexpr const char* name = "fmod";
  static constexpr Uses uses = {0, input(0) | input(1)};
  Tensor forward(const Tensor& a, const Tensor& b) const {
    const DType dtype = result_type(a, b);
    if (a.numel() > 0) no_zero_divisor(name, dtype, b);
    return run_binary(Binary::Fmod, dtype, a, b, name);
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return -(g * trunc(s.in(0).detach() / s.in(1).detach())); }
};

struct FmodScalar {
  static constexpr const char* name = "fmod.scalar";
  Scalar c;
  Tensor forward(const Tensor& a) const {
    const DType dtype = promote_number(a.dtype(), c.dtype());
    no_zero_divisor("fmod", dtype, c);
    return run_binary(Binary::Fmod, dtype, a, c);
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
};

void check_pair(const char* op, const Tensor& a, const Tensor& b) {
  a.checked(op);
  b.checked(op);
  no_booleans(op, result_type(a, b), "convert to a number first");
  broadcast_shapes(a.shape(), b.shape(), op);
}

void check_number(const char* op, const Tensor& a, Scalar b) {
  a.checked(op);
  no_booleans(op, promote_number(a.dtype(), b.dtype()), "convert to a number first");
}

const Tensor& checked_number_type(const char* op, const Tensor& a) {
  a.checked(op);
  no_booleans(op, a.dtype(), "convert to a number first");
  return a;
}

}  // namespace

OpList rounding_ops() {
  return list_of<Floor, Ceil, Trunc, Round, Frac, FloorDivide, FloorDivideScalar, Remainder, RemainderScalar,
                 RremainderScalar, Fmod, FmodScalar>();
}

}  // namespace autograd

using namespace autograd;

Tensor floor(const Tensor& a) { return apply(Floor{}, checked_number_type("floor", a)); }
Tensor ceil(const Tensor& a) { return apply(Ceil{}, checked_number_type("ceil", a)); }
Tensor trunc(const Tensor& a) { return apply(Trunc{}, checked_number_type("trunc", a)); }
Tensor round(const Tensor& a, const RoundOptions& options) {
  checked_number_type("round", a);
  if (options.decimals != 0 && !a.is_floating_point()) {
    fail<DTypeError>("round", "decimals need floating-point numbers, got {}", a.dtype());
  }
  return apply(Round{options.decimals}, a);
}
Tensor frac(const Tensor& a) {
  a.checked("frac");
  if (!a.is_floating_point()) fail<DTypeError>("frac", "takes floating-point numbers, got {}", a.dtype());
  return apply(Frac{}, a);
}
Tensor remainder(const Tensor& a, const Tensor& b) { return check_pair("remainder", a, b), apply(Remainder{}, a, b); }
Tensor remainder(const Tensor& a, Scalar b) { return check_number("remainder", a, b), apply(RemainderScalar{b}, a); }
Tensor fmod(const Tensor& a, const Tensor& b) { return check_pair("fmod", a, b), apply(Fmod{}, a, b); }
Tensor fmod(const Tensor& a, Scalar b) { return check_number("fmod", a, b), apply(FmodScalar{b}, a); }
Tensor floor_divide(const Tensor& a, const Tensor& b) {
  return check_pair("floor_divide", a, b), apply(FloorDivide{}, a, b);
}
Tensor floor_divide(const Tensor& a, Scalar b) {
  return check_number("floor_divide", a, b), apply(FloorDivideScalar{b}, a);
}
Tensor remainder(Scalar a, const Tensor& b) { return check_number("remainder", b, a), apply(RremainderScalar{a}, b); }

Tensor TensorMethods::floor() const { return descent::floor(self()); }
Tensor TensorMethods::ceil() const { return descent::ceil(self()); }
Tensor TensorMethods::trunc() const { return descent::trunc(self()); }
Tensor TensorMethods::frac() const { return descent::frac(self()); }
Tensor TensorMethods::round() const { return descent::round(self()); }
Tensor TensorMethods::remainder(const Tensor& b) const { return descent::remainder(self(), b); }
Tensor TensorMethods::remainder(Scalar b) const { return descent::remainder(self(), b); }
Tensor TensorMethods::fmod(const Tensor& b) const { return descent::fmod(self(), b); }
Tensor TensorMethods::fmod(Scalar b) const { return descent::fmod(self(), b); }
Tensor TensorMethods::floor_divide(const Tensor& b) const { return descent::floor_divide(self(), b); }
Tensor TensorMethods::floor_divide(Scalar b) const { return descent::floor_divide(self(), b); }

}  // namespace descent
