// Functions of each element. In the formulas s.in(0) is the input, s.out() the output, g the upstream gradient.
#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

using kernels::Binary;
using kernels::Unary;

struct Neg {
  static constexpr const char* name = "neg";
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Neg, a, false); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return -g; }
};

struct Abs {  // g·sign a
  static constexpr const char* name = "abs";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Abs, a, false); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * sign(s.in(0)); }
};

struct Sign {
  static constexpr const char* name = "sign";
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Sign, a, false); }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return zeros_like(g); }
};

struct Square {  // 2·a·g
  static constexpr const char* name = "square";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const {
    return run_unary(Unary::Square, a.dtype() == boolean ? converted(a, int64) : a, false);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * 2 * s.in(0); }
};

struct Exp {  // g·eᵃ
  static constexpr const char* name = "exp";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Exp, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * s.out(); }
};

struct Log {  // g / a
  static constexpr const char* name = "log";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Log, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g / s.in(0); }
};

struct Sqrt {  // g / (2·√a)
  static constexpr const char* name = "sqrt";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Sqrt, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g / (s.out() * 2); }
};

struct Sin {
  static constexpr const char* name = "sin";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Sin, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * cos(s.in(0)); }
};

struct Cos {
  static constexpr const char* name = "cos";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Cos, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return -(g * sin(s.in(0))); }
};

// The gradients of tanh, sigmoid and relu are ops of their own: one pass each, and differentiable again.
struct TanhGrad {  // g·(1 − y²)
  static constexpr const char* name = "tanh_grad";
  static constexpr Uses uses = {input(1), input(0) | input(1)};
  Tensor forward(const Tensor& g, const Tensor& y) const { return run_binary(Binary::TanhGrad, y.dtype(), g, y, name); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& h) const { return apply(TanhGrad{}, h, s.in(1)); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& h) const { return h * (s.in(0) * (s.in(1) * -2)); }
};

struct Tanh {
  static constexpr const char* name = "tanh";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Tanh, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return apply(TanhGrad{}, g, s.out()); }
};

struct SigmoidGrad {  // g·y·(1 − y)
  static constexpr const char* name = "sigmoid_grad";
  static constexpr Uses uses = {input(1), input(0) | input(1)};
  Tensor forward(const Tensor& g, const Tensor& y) const {
    return run_binary(Binary::SigmoidGrad, y.dtype(), g, y, name);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& h) const { return apply(SigmoidGrad{}, h, s.in(1)); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& h) const { return h * (s.in(0) * (1 - s.in(1) * 2)); }
};

struct Sigmoid {
  static constexpr const char* name = "sigmoid";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Sigmoid, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return apply(SigmoidGrad{}, g, s.out()); }
};

struct ReluGrad {  // g where y > 0
  static constexpr const char* name = "relu_grad";
  static constexpr Uses uses = {input(1), 0};
  Tensor forward(const Tensor& g, const Tensor& y) const { return run_binary(Binary::ReluGrad, y.dtype(), g, y, name); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& h) const { return apply(ReluGrad{}, h, s.in(1)); }
  Tensor vjp(In<1>, const Saved&, const Tensor& h) const { return zeros_like(h); }
};

struct Relu {
  static constexpr const char* name = "relu";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const {
    if (a.dtype() == boolean) fail<DTypeError>(name, "takes numbers, got {}", a.dtype());
    return run_unary(Unary::Relu, a, false);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return apply(ReluGrad{}, g, s.out()); }
};

}  // namespace

OpList function_ops() {
  return list_of<Neg, Abs, Sign, Square, Exp, Log, Sqrt, Sin, Cos, TanhGrad, Tanh, SigmoidGrad, Sigmoid, ReluGrad,
                 Relu>();
}

}  // namespace autograd

using namespace autograd;

Tensor neg(const Tensor& a) {
  a.checked("neg");
  no_booleans("neg", a.dtype(), "compare with == false to negate");
  return apply(Neg{}, a);
}
Tensor abs(const Tensor& a) { return a.checked("abs"), apply(Abs{}, a); }
Tensor sign(const Tensor& a) { return a.checked("sign"), apply(Sign{}, a); }
Tensor square(const Tensor& a) { return a.checked("square"), apply(Square{}, a); }
Tensor exp(const Tensor& a) { return a.checked("exp"), apply(Exp{}, a); }
Tensor log(const Tensor& a) { return a.checked("log"), apply(Log{}, a); }
Tensor sqrt(const Tensor& a) { return a.checked("sqrt"), apply(Sqrt{}, a); }
Tensor sin(const Tensor& a) { return a.checked("sin"), apply(Sin{}, a); }
Tensor cos(const Tensor& a) { return a.checked("cos"), apply(Cos{}, a); }
Tensor tanh(const Tensor& a) { return a.checked("tanh"), apply(Tanh{}, a); }
Tensor sigmoid(const Tensor& a) { return a.checked("sigmoid"), apply(Sigmoid{}, a); }
Tensor relu(const Tensor& a) { return a.checked("relu"), apply(Relu{}, a); }

}  // namespace descent
