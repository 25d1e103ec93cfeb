// Arithmetic of two tensors, or of a tensor and a number; also in place.
// In the formulas s.in(i) is input i, s.out() the output, g the upstream gradient.
#include <cmath>

#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

using kernels::Binary;

struct Add {  // a + b
  static constexpr const char* name = "add";
  static constexpr Binary kernel = Binary::Add;
  Tensor forward(const Tensor& a, const Tensor& b) const { return run_binary(kernel, result_type(a, b), a, b, name); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
  Tensor vjp(In<1>, const Saved&, const Tensor& g) const { return g; }
};

struct Sub {  // a − b
  static constexpr const char* name = "sub";
  static constexpr Binary kernel = Binary::Sub;
  Tensor forward(const Tensor& a, const Tensor& b) const { return run_binary(kernel, result_type(a, b), a, b, name); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
  Tensor vjp(In<1>, const Saved&, const Tensor& g) const { return -g; }
};

struct Mul {  // a·b
  static constexpr const char* name = "mul";
  static constexpr Binary kernel = Binary::Mul;
  static constexpr Uses uses = {input(1), input(0)};
  Tensor forward(const Tensor& a, const Tensor& b) const { return run_binary(kernel, result_type(a, b), a, b, name); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * s.in(1); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return g * s.in(0); }
};

struct Div {  // a / b:  g/b,  −g·(a/b)/b
  static constexpr const char* name = "div";
  static constexpr Binary kernel = Binary::Div;
  static constexpr Uses uses = {input(1), input(1) | output()};
  Tensor forward(const Tensor& a, const Tensor& b) const {
    return run_binary(kernel, real_type(result_type(a, b)), a, b, name);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g / s.in(1); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return -(g * s.out()) / s.in(1); }
};

struct Pow {  // aᵇ:  g·b·aᵇ⁻¹ (0 where b = 0),  g·aᵇ·log a (0 where a = 0 and b >= 0)
  static constexpr const char* name = "pow";
  static constexpr Uses uses = {input(0) | input(1), input(0) | input(1) | output()};
  Tensor forward(const Tensor& a, const Tensor& b) const {
    return run_binary(Binary::Pow, result_type(a, b), a, b, name);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor a = s.in(0), b = s.in(1);
    return where(b == 0, 0, g * (b * pow(a, b - 1)));
  }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const {
    const Tensor a = s.in(0), b = s.in(1);
    return where((a == 0) * (b >= 0), 0, g * (s.out() * log(a)));
  }
};

// Where the operands are equal, each gets half of the gradient.
struct Maximum {
  static constexpr const char* name = "maximum";
  static constexpr Uses uses = {input(0) | input(1), input(0) | input(1)};
  Tensor forward(const Tensor& a, const Tensor& b) const {
    return run_binary(Binary::Maximum, result_type(a, b), a, b, name);
  }
  static Tensor share(const Tensor& mine, const Tensor& other, const Tensor& g) {
    return where(mine < other, 0, where(mine == other, g / 2, g));
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return share(s.in(0), s.in(1), g); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return share(s.in(1), s.in(0), g); }
};

struct Minimum {
  static constexpr const char* name = "minimum";
  static constexpr Uses uses = {input(0) | input(1), input(0) | input(1)};
  Tensor forward(const Tensor& a, const Tensor& b) const {
    return run_binary(Binary::Minimum, result_type(a, b), a, b, name);
  }
  static Tensor share(const Tensor& mine, const Tensor& other, const Tensor& g) {
    return where(mine > other, 0, where(mine == other, g / 2, g));
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return share(s.in(0), s.in(1), g); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return share(s.in(1), s.in(0), g); }
};

struct AddScalar {  // a + c
  static constexpr const char* name = "add.scalar";
  static constexpr Binary kernel = Binary::Add;
  Scalar c;
  Tensor forward(const Tensor& a) const { return run_binary(kernel, promote_number(a.dtype(), c.dtype()), a, c); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
};

struct SubScalar {  // a − c
  static constexpr const char* name = "sub.scalar";
  static constexpr Binary kernel = Binary::Sub;
  Scalar c;
  Tensor forward(const Tensor& a) const { return run_binary(kernel, promote_number(a.dtype(), c.dtype()), a, c); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g; }
};

struct RsubScalar {  // c − a
  static constexpr const char* name = "rsub.scalar";
  Scalar c;
  Tensor forward(const Tensor& a) const { return run_binary(Binary::Sub, promote_number(a.dtype(), c.dtype()), c, a); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return -g; }
};

struct MulScalar {  // c·a
  static constexpr const char* name = "mul.scalar";
  static constexpr Binary kernel = Binary::Mul;
  Scalar c;
  Tensor forward(const Tensor& a) const { return run_binary(kernel, promote_number(a.dtype(), c.dtype()), a, c); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g * c; }
};

struct DivScalar {  // a / c
  static constexpr const char* name = "div.scalar";
  static constexpr Binary kernel = Binary::Div;
  Scalar c;
  Tensor forward(const Tensor& a) const {
    return run_binary(kernel, real_type(promote_number(a.dtype(), c.dtype())), a, c);
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return g / c; }
};

struct RdivScalar {  // c / a:  −g·(c/a)/a
  static constexpr const char* name = "rdiv.scalar";
  static constexpr Uses uses = {input(0) | output()};
  Scalar c;
  Tensor forward(const Tensor& a) const {
    return run_binary(Binary::Div, real_type(promote_number(a.dtype(), c.dtype())), c, a);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return -(g * s.out()) / s.in(0); }
};

struct PowScalar {  // aᶜ:  g·c·aᶜ⁻¹
  static constexpr const char* name = "pow.scalar";
  static constexpr Uses uses = {input(0)};
  Scalar c;
  Tensor forward(const Tensor& a) const {
    const DType dtype = promote_number(a.dtype(), c.dtype());
    if (!descent::is_floating_point(dtype) && c.to<std::int64_t>() < 0) {
      fail<DTypeError>("pow", "integers cannot be raised to the negative power {}; convert to a float first",
                       c.to<std::int64_t>());
    }
    return run_binary(Binary::Pow, dtype, a, c);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const double p = c.to<double>();
    if (p == 0) return zeros_like(g);
    if (p == 1) return g;
    return g * (pow(s.in(0), p - 1) * p);
  }
};

struct RpowScalar {  // cᵃ:  g·cᵃ·log c
  static constexpr const char* name = "rpow.scalar";
  static constexpr Uses uses = {input(0) | output()};
  Scalar c;
  Tensor forward(const Tensor& a) const { return run_binary(Binary::Pow, promote_number(a.dtype(), c.dtype()), c, a); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const double base = c.to<double>();
    const Tensor d = g * (s.out() * std::log(base));
    return base == 0 ? where(s.in(0) >= 0, 0, d) : d;
  }
};

/// The op on `self` in place: straight into its memory, or recorded.
template <class Op>
Tensor& binary_in_place(const char* name, Tensor& self, const Tensor& other) {
  self.checked(name);
  other.checked(name);
  DType dtype = result_type(self, other);
  if (Op::kernel == Binary::Div) dtype = real_type(dtype);
  const Shape shape = broadcast_shapes(self.shape(), other.shape(), name);
  if (begin_in_place(name, self, other.requires_grad(), shape, dtype)) {
    constexpr bool reads_self = (detail::uses_of<Op>().of(0) | detail::uses_of<Op>().of(1)) & input(0);
    finish_in_place(self, apply(Op{}, before_write(self, reads_self), other));
    return self;
  }
  TensorImpl& impl = *self.impl();
  const NoGradGuard no_grad;
  if (dtype != impl.dtype || (tape_mode() & kWatching)) {
    finish_in_place(self, apply(Op{}, make_alias(self), other));
    return self;
  }
  Tensor source = converted(other, dtype);
  const bool overlaps =
      source.impl()->storage.get() == impl.storage.get() &&
      (source.impl()->data != impl.data || source.strides() != impl.strides || source.shape() != impl.shape);
  if (overlaps) source = source.clone();
  Shape strides;
  kernels::binary(Op::kernel, impl.view(), impl.view(),
                  source.shape() == impl.shape ? view_of(source) : broadcast_view(source, impl.shape, strides));
  impl.storage->written();
  return self;
}

template <class Op>
Tensor& number_in_place(const char* name, Tensor& self, Scalar number) {
  self.checked(name);
  DType dtype = promote_number(self.dtype(), number.dtype());
  if (Op::kernel == Binary::Div) dtype = real_type(dtype);
  if (begin_in_place(name, self, false, self.shape(), dtype)) {
    finish_in_place(self, apply(Op{number}, before_write(self, false)));
    return self;
  }
  if (tape_mode() & kWatching) {
    const NoGradGuard no_grad;
    finish_in_place(self, apply(Op{number}, make_alias(self)));
    return self;
  }
  TensorImpl& impl = *self.impl();
  const NumberView view(number, impl.dtype);
  kernels::binary(Op::kernel, impl.view(), impl.view(), view.as(impl.shape, impl.numel));
  impl.storage->written();
  return self;
}

void both(const char* op, const Tensor& a, const Tensor& b) {
  a.checked(op);
  b.checked(op);
}

}  // namespace

OpList arithmetic_ops() {
  return list_of<Add, Sub, Mul, Div, Pow, Maximum, Minimum, AddScalar, SubScalar, RsubScalar, MulScalar, DivScalar,
                 RdivScalar, PowScalar, RpowScalar>();
}

}  // namespace autograd

using namespace autograd;

Tensor add(const Tensor& a, const Tensor& b) { return both("add", a, b), apply(Add{}, a, b); }
Tensor sub(const Tensor& a, const Tensor& b) {
  both("sub", a, b);
  no_booleans("sub", promote(a.dtype(), b.dtype()), "use != for exclusive or");
  return apply(Sub{}, a, b);
}
Tensor mul(const Tensor& a, const Tensor& b) { return both("mul", a, b), apply(Mul{}, a, b); }
Tensor div(const Tensor& a, const Tensor& b) { return both("div", a, b), apply(Div{}, a, b); }
Tensor pow(const Tensor& a, const Tensor& b) {
  both("pow", a, b);
  no_booleans("pow", result_type(a, b), "convert to a number first");
  return apply(Pow{}, a, b);
}
Tensor maximum(const Tensor& a, const Tensor& b) { return both("maximum", a, b), apply(Maximum{}, a, b); }
Tensor minimum(const Tensor& a, const Tensor& b) { return both("minimum", a, b), apply(Minimum{}, a, b); }
Tensor max(const Tensor& a, const Tensor& b) { return maximum(a, b); }
Tensor min(const Tensor& a, const Tensor& b) { return minimum(a, b); }

Tensor add(const Tensor& a, Scalar b) { return a.checked("add"), apply(AddScalar{b}, a); }
Tensor sub(const Tensor& a, Scalar b) {
  a.checked("sub");
  no_booleans("sub", promote_number(a.dtype(), b.dtype()), "use != for exclusive or");
  return apply(SubScalar{b}, a);
}
Tensor mul(const Tensor& a, Scalar b) { return a.checked("mul"), apply(MulScalar{b}, a); }
Tensor div(const Tensor& a, Scalar b) { return a.checked("div"), apply(DivScalar{b}, a); }
Tensor pow(const Tensor& a, Scalar b) {
  a.checked("pow");
  no_booleans("pow", promote_number(a.dtype(), b.dtype()), "convert to a number first");
  return apply(PowScalar{b}, a);
}
Tensor add(Scalar a, const Tensor& b) { return add(b, a); }
Tensor sub(Scalar a, const Tensor& b) {
  b.checked("sub");
  no_booleans("sub", promote_number(b.dtype(), a.dtype()), "use != for exclusive or");
  return apply(RsubScalar{a}, b);
}
Tensor mul(Scalar a, const Tensor& b) { return mul(b, a); }
Tensor div(Scalar a, const Tensor& b) { return b.checked("div"), apply(RdivScalar{a}, b); }
Tensor pow(Scalar a, const Tensor& b) {
  b.checked("pow");
  no_booleans("pow", promote_number(b.dtype(), a.dtype()), "convert to a number first");
  return apply(RpowScalar{a}, b);
}

Tensor& TensorMethods::add_(const Tensor& b) { return binary_in_place<Add>("add_", self(), b); }
Tensor& TensorMethods::sub_(const Tensor& b) { return binary_in_place<Sub>("sub_", self(), b); }
Tensor& TensorMethods::mul_(const Tensor& b) { return binary_in_place<Mul>("mul_", self(), b); }
Tensor& TensorMethods::div_(const Tensor& b) { return binary_in_place<Div>("div_", self(), b); }
Tensor& TensorMethods::add_(Scalar b) { return number_in_place<AddScalar>("add_", self(), b); }
Tensor& TensorMethods::sub_(Scalar b) { return number_in_place<SubScalar>("sub_", self(), b); }
Tensor& TensorMethods::mul_(Scalar b) { return number_in_place<MulScalar>("mul_", self(), b); }
Tensor& TensorMethods::div_(Scalar b) { return number_in_place<DivScalar>("div_", self(), b); }

}  // namespace descent
