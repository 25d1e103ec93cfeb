// Exponentials, logarithms, trigonometry and special functions of each element.
// In the formulas a is the input, y the output, g the upstream gradient.
#include "special.h"

#include <stdexcept>

#include "../../kernels/gamma.h"
#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

using kernels::Binary;
using kernels::Unary;

constexpr double kLn2 = 0.6931471805599453, kLn10 = 2.302585092994046, kTwoOverSqrtPi = 1.1283791670955126;

struct Exp2 {  // g·2ᵃ·ln 2
  static constexpr const char* name = "exp2";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Exp2, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * (s.out() * kLn2); }
};

struct Expm1 {  // g·eᵃ
  static constexpr const char* name = "expm1";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Expm1, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * (s.out() + 1); }
};

struct Log2 {  // g / (a·ln 2)
  static constexpr const char* name = "log2";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Log2, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g / (s.in(0) * kLn2); }
};

struct Log10 {  // g / (a·ln 10)
  static constexpr const char* name = "log10";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Log10, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g / (s.in(0) * kLn10); }
};

struct Log1p {  // g / (1 + a)
  static constexpr const char* name = "log1p";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Log1p, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g / (s.in(0) + 1); }
};

struct Rsqrt {  // −½·g·y³
  static constexpr const char* name = "rsqrt";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Rsqrt, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * (pow(s.out(), 3) * -0.5); }
};

struct Reciprocal {  // −g·y²
  static constexpr const char* name = "reciprocal";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Reciprocal, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return -(g * square(s.out())); }
};

struct Tan {  // g·(1 + y²)
  static constexpr const char* name = "tan";
  static constexpr Uses uses = {output()};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Tan, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * (square(s.out()) + 1); }
};

struct Asin {  // g / √(1 − a²)
  static constexpr const char* name = "asin";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Asin, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * rsqrt(1 - square(s.in(0))); }
};

struct Acos {  // −g / √(1 − a²)
  static constexpr const char* name = "acos";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Acos, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return -(g * rsqrt(1 - square(s.in(0)))); }
};

struct Atan {  // g / (1 + a²)
  static constexpr const char* name = "atan";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Atan, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g / (square(s.in(0)) + 1); }
};

struct Sinh {
  static constexpr const char* name = "sinh";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Sinh, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * cosh(s.in(0)); }
};

struct Cosh {
  static constexpr const char* name = "cosh";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Cosh, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * sinh(s.in(0)); }
};

struct Asinh {  // g / √(a² + 1)
  static constexpr const char* name = "asinh";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Asinh, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * rsqrt(square(s.in(0)) + 1); }
};

struct Acosh {  // g / √(a² − 1)
  static constexpr const char* name = "acosh";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Acosh, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * rsqrt(square(s.in(0)) - 1); }
};

struct Atanh {  // g / (1 − a²)
  static constexpr const char* name = "atanh";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Atanh, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g / (1 - square(s.in(0))); }
};

struct Erf {  // g·2/√π·exp(−a²)
  static constexpr const char* name = "erf";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Erf, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * (exp(-square(s.in(0))) * kTwoOverSqrtPi); }
};

struct Erfc {  // −g·2/√π·exp(−a²)
  static constexpr const char* name = "erfc";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::Erfc, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * (exp(-square(s.in(0))) * -kTwoOverSqrtPi); }
};

struct LogSigmoid {  // g·sigmoid(−a)
  static constexpr const char* name = "logsigmoid";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_unary(Unary::LogSigmoid, a, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * sigmoid(-s.in(0)); }
};

/// Runs a kernel of one input in floating point.
template <class F>
Tensor run_real(const Tensor& a, F kernel) {
  const Tensor x = converted(a, real_type(a.dtype()));
  Tensor out = make_tensor(x.impl()->shape, x.impl()->dtype);
  kernel(view_of(out), view_of(x));
  return out;
}

struct Lgamma {  // g·ψ(a)
  static constexpr const char* name = "lgamma";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_real(a, kernels::lgamma); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * digamma(s.in(0)); }
};

struct Polygamma {  // g·ψ⁽ⁿ⁺¹⁾(a)
  static constexpr const char* name = "polygamma";
  static constexpr Uses uses = {input(0)};
  std::int64_t n;
  Tensor forward(const Tensor& a) const {
    return run_real(a, [this](kernels::View out, kernels::View in) { kernels::polygamma(n, out, in); });
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * polygamma(n + 1, s.in(0)); }
};

struct Digamma {  // g·ψ′(a)
  static constexpr const char* name = "digamma";
  static constexpr Uses uses = {input(0)};
  Tensor forward(const Tensor& a) const { return run_real(a, kernels::digamma); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * polygamma(1, s.in(0)); }
};

// The quotients are taken with the hypotenuse, whose square could overflow.
struct Atan2 {  // angle of (b, a):  g·b/(a² + b²),  −g·a/(a² + b²)
  static constexpr const char* name = "atan2";
  static constexpr Uses uses = {input(0) | input(1), input(0) | input(1)};
  Tensor forward(const Tensor& a, const Tensor& b) const {
    return run_binary(Binary::Atan2, real_type(result_type(a, b)), a, b, name);
  }
  static Tensor share(const Tensor& other, const Saved& s, const Tensor& g) {
    const Tensor h = hypot(s.in(0), s.in(1));
    return g * (other / h / h);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return share(s.in(1), s, g); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return share(-s.in(0), s, g); }
};

struct Hypot {  // g·a/y,  g·b/y
  static constexpr const char* name = "hypot";
  static constexpr Uses uses = {input(0) | output(), input(1) | output()};
  Tensor forward(const Tensor& a, const Tensor& b) const {
    return run_binary(Binary::Hypot, real_type(result_type(a, b)), a, b, name);
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return g * (s.in(0) / s.out()); }
  Tensor vjp(In<1>, const Saved& s, const Tensor& g) const { return g * (s.in(1) / s.out()); }
};

}  // namespace

OpList special_ops() {
  return list_of<Exp2, Expm1, Log2, Log10, Log1p, Rsqrt, Reciprocal, Tan, Asin, Acos, Atan, Sinh, Cosh, Asinh, Acosh,
                 Atanh, Erf, Erfc, LogSigmoid, Lgamma, Digamma, Polygamma, Atan2, Hypot>();
}

}  // namespace autograd

using namespace autograd;

Tensor exp2(const Tensor& a) { return a.checked("exp2"), apply(Exp2{}, a); }
Tensor expm1(const Tensor& a) { return a.checked("expm1"), apply(Expm1{}, a); }
Tensor log2(const Tensor& a) { return a.checked("log2"), apply(Log2{}, a); }
Tensor log10(const Tensor& a) { return a.checked("log10"), apply(Log10{}, a); }
Tensor log1p(const Tensor& a) { return a.checked("log1p"), apply(Log1p{}, a); }
Tensor rsqrt(const Tensor& a) { return a.checked("rsqrt"), apply(Rsqrt{}, a); }
Tensor reciprocal(const Tensor& a) { return a.checked("reciprocal"), apply(Reciprocal{}, a); }
Tensor tan(const Tensor& a) { return a.checked("tan"), apply(Tan{}, a); }
Tensor asin(const Tensor& a) { return a.checked("asin"), apply(Asin{}, a); }
Tensor acos(const Tensor& a) { return a.checked("acos"), apply(Acos{}, a); }
Tensor atan(const Tensor& a) { return a.checked("atan"), apply(Atan{}, a); }
Tensor sinh(const Tensor& a) { return a.checked("sinh"), apply(Sinh{}, a); }
Tensor cosh(const Tensor& a) { return a.checked("cosh"), apply(Cosh{}, a); }
Tensor asinh(const Tensor& a) { return a.checked("asinh"), apply(Asinh{}, a); }
Tensor acosh(const Tensor& a) { return a.checked("acosh"), apply(Acosh{}, a); }
Tensor atanh(const Tensor& a) { return a.checked("atanh"), apply(Atanh{}, a); }
Tensor erf(const Tensor& a) { return a.checked("erf"), apply(Erf{}, a); }
Tensor erfc(const Tensor& a) { return a.checked("erfc"), apply(Erfc{}, a); }
Tensor logsigmoid(const Tensor& a) { return a.checked("logsigmoid"), apply(LogSigmoid{}, a); }
Tensor lgamma(const Tensor& a) { return a.checked("lgamma"), apply(Lgamma{}, a); }
Tensor digamma(const Tensor& a) { return a.checked("digamma"), apply(Digamma{}, a); }
Tensor polygamma(std::int64_t n, const Tensor& a) {
  a.checked("polygamma");
  if (n < 0) fail<std::invalid_argument>("polygamma", "n must be >= 0, got {}", n);
  return n == 0 ? digamma(a) : apply(Polygamma{n}, a);
}
Tensor atan2(const Tensor& a, const Tensor& other) {
  a.checked("atan2");
  other.checked("atan2");
  return apply(Atan2{}, a, other);
}
Tensor hypot(const Tensor& a, const Tensor& other) {
  a.checked("hypot");
  other.checked("hypot");
  return apply(Hypot{}, a, other);
}

Tensor TensorMethods::exp2() const { return descent::exp2(self()); }
Tensor TensorMethods::expm1() const { return descent::expm1(self()); }
Tensor TensorMethods::log2() const { return descent::log2(self()); }
Tensor TensorMethods::log10() const { return descent::log10(self()); }
Tensor TensorMethods::log1p() const { return descent::log1p(self()); }
Tensor TensorMethods::rsqrt() const { return descent::rsqrt(self()); }
Tensor TensorMethods::reciprocal() const { return descent::reciprocal(self()); }
Tensor TensorMethods::tan() const { return descent::tan(self()); }
Tensor TensorMethods::asin() const { return descent::asin(self()); }
Tensor TensorMethods::acos() const { return descent::acos(self()); }
Tensor TensorMethods::atan() const { return descent::atan(self()); }
Tensor TensorMethods::sinh() const { return descent::sinh(self()); }
Tensor TensorMethods::cosh() const { return descent::cosh(self()); }
Tensor TensorMethods::asinh() const { return descent::asinh(self()); }
Tensor TensorMethods::acosh() const { return descent::acosh(self()); }
Tensor TensorMethods::atanh() const { return descent::atanh(self()); }
Tensor TensorMethods::erf() const { return descent::erf(self()); }
Tensor TensorMethods::erfc() const { return descent::erfc(self()); }
Tensor TensorMethods::lgamma() const { return descent::lgamma(self()); }
Tensor TensorMethods::digamma() const { return descent::digamma(self()); }
Tensor TensorMethods::polygamma(std::int64_t n) const { return descent::polygamma(n, self()); }
Tensor TensorMethods::atan2(const Tensor& other) const { return descent::atan2(self(), other); }
Tensor TensorMethods::hypot(const Tensor& other) const { return descent::hypot(self(), other); }

}  // namespace descent
