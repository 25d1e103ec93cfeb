// Rules of the random graphs: functions of each element.
#include "random_graphs.h"

namespace descent::testing::fuzz {
namespace {

using Plan = std::function<bool(Maker&, Step&)>;

const auto sigmoid_of = [](const auto& x) { return 1.0 / (1.0 + exp(-x)); };
const auto softplus_of = [](const auto& x) { return log(1.0 + exp(x)); };

Plan anything() {
  return [](Maker& m, Step& s) {
    s.in = {m.any()};
    s.real = m.draw.real(-2, 2);
    return true;
  };
}
Plan within(double lo, double hi) {
  return [=](Maker& m, Step& s) {
    const int x = m.inside(m.any(), lo, hi);
    s.in = {x};
    s.real = m.draw.real(-2, 2);
    return x >= 0;
  };
}
Plan without(std::vector<double> kinks) {
  return [kinks](Maker& m, Step& s) {
    const int x = m.find([&](int i) {
      return std::all_of(kinks.begin(), kinks.end(), [&](double k) { return clear_of(m.array(i), k); });
    });
    s.in = {x};
    return x >= 0;
  };
}

/// A function of one element: on tensors, and on dual numbers.
template <class Tape, class Oracle>
Rule unary(const char* name, Plan plan, Tape tape, Oracle oracle, const Traits& traits = {}) {
  return make_rule(
      name, std::move(plan), [tape](const List& in, const Step& s) -> Tensor { return tape(in[0], s); },
      [oracle](const auto& in, const Step& s) { return map(in[0], [&](const auto& x) { return oracle(x, s); }); },
      traits);
}

Plan two() {
  return [](Maker& m, Step& s) {
    s.in = {m.any(), 0};
    s.in[1] = m.partner(s.in[0]);
    if (m.draw.one_in(2)) std::swap(s.in[0], s.in[1]);
    s.real = m.draw.real(0.2, 0.8);
    return s.in[0] >= 0 && s.in[1] >= 0;
  };
}
/// Operand `which` is moved into [lo, hi].
Plan two_within(int which, double lo, double hi) {
  return [=, plan = two()](Maker& m, Step& s) {
    if (!plan(m, s)) return false;
    int& x = s.in[static_cast<std::size_t>(which)];
    x = m.inside(x, lo, hi);
    return x >= 0;
  };
}
Plan two_apart() {
  return [plan = two()](Maker& m, Step& s) { return plan(m, s) && apart(m.array(s.in[0]), m.array(s.in[1])); };
}
Plan three(Plan first_two) {
  return [plan = std::move(first_two)](Maker& m, Step& s) {
    if (!plan(m, s)) return false;
    Shape both, all;
    broadcasts(m.shape(s.in[0]), m.shape(s.in[1]), both);
    s.in.push_back(m.find([&](int i) { return broadcasts(both, m.shape(i), all) && count_of(all) <= 64; }));
    return s.in[2] >= 0;
  };
}

template <class Tape, class Oracle>
Rule binary(const char* name, Plan plan, Tape tape, Oracle oracle, const Traits& traits = {}) {
  return make_rule(
      name, std::move(plan), [tape](const List& in, const Step& s) -> Tensor { return tape(in[0], in[1], s); },
      [oracle](const auto& in, const Step& s) {
        return zip(in[0], in[1], [&](const auto& x, const auto& y) { return oracle(x, y, s); });
      },
      traits);
}
template <class Tape, class Oracle>
Rule ternary(const char* name, Plan plan, Tape tape, Oracle oracle, const Traits& traits = {}) {
  return make_rule(
      name, std::move(plan), [tape](const List& in, const Step& s) -> Tensor { return tape(in[0], in[1], in[2], s); },
      [oracle](const auto& in, const Step& s) {
        return zip(in[0], in[1], in[2],
                   [&](const auto& x, const auto& y, const auto& z) { return oracle(x, y, z, s); });
      },
      traits);
}

using T = const Tensor&;
using At = const Step&;
constexpr Traits kSavesNothing = {.saves_input = false, .saves_output = false};
constexpr Traits kSavesInput = {.saves_output = false};

void add_unary(std::vector<Rule>& r) {
  r.push_back(unary(
      "squash", [](Maker&, Step&) { return false; },  // only made by Maker::inside
      [](T x, At s) { return x.sigmoid() * (s.real2 - s.real) + s.real; },
      [](const auto& x, At s) { return s.real + (s.real2 - s.real) * sigmoid_of(x); }));
  r.push_back(unary(
      "neg", anything(), [](T x, At) { return -x; }, [](const auto& x, At) { return -x; }, kSavesNothing));
  r.push_back(unary(
      "scale", anything(), [](T x, At s) { return x * s.real; }, [](const auto& x, At s) { return s.real * x; },
      kSavesNothing));
  r.push_back(unary(
      "shift", anything(), [](T x, At s) { return s.real - x; }, [](const auto& x, At s) { return s.real - x; },
      kSavesNothing));
  r.push_back(unary(
      "square", anything(), [](T x, At) { return x.square(); }, [](const auto& x, At) { return x * x; }, kSavesInput));
  r.push_back(unary(
      "sin", anything(), [](T x, At) { return x.sin(); }, [](const auto& x, At) { return sin(x); }, kSavesInput));
  r.push_back(unary(
      "cos", anything(), [](T x, At) { return x.cos(); }, [](const auto& x, At) { return cos(x); }, kSavesInput));
  r.push_back(unary(
      "tanh", anything(), [](T x, At) { return x.tanh(); }, [](const auto& x, At) { return tanh(x); }));
  r.push_back(unary(
      "atan", anything(), [](T x, At) { return x.atan(); }, [](const auto& x, At) { return atan(x); }));
  r.push_back(unary(
      "erf", anything(), [](T x, At) { return x.erf(); }, [](const auto& x, At) { return erf(x); }));
  r.push_back(unary(
      "sigmoid", anything(), [](T x, At) { return x.sigmoid(); }, [](const auto& x, At) { return sigmoid_of(x); }));
  r.push_back(unary(
      "softplus", within(-6, 6), [](T x, At) { return softplus(x); },
      [](const auto& x, At) { return softplus_of(x); }));
  r.push_back(unary(
      "silu", within(-6, 6), [](T x, At) { return silu(x); }, [](const auto& x, At) { return x * sigmoid_of(x); }));
  r.push_back(unary(
      "gelu", within(-4, 4), [](T x, At) { return gelu(x); },
      [](const auto& x, At) { return 0.5 * x * (1.0 + erf(x * std::sqrt(0.5))); }));
  r.push_back(unary(
      "mish", within(-4, 4), [](T x, At) { return mish(x); },
      [](const auto& x, At) { return x * tanh(softplus_of(x)); }));
  r.push_back(unary(
      "exp", within(-2, 2), [](T x, At) { return x.exp(); }, [](const auto& x, At) { return exp(x); }));
  r.push_back(unary(
      "expm1", within(-2, 2), [](T x, At) { return x.expm1(); }, [](const auto& x, At) { return exp(x) - 1.0; }));
  r.push_back(unary(
      "log", within(0.3, 4), [](T x, At) { return x.log(); }, [](const auto& x, At) { return log(x); }, kSavesInput));
  r.push_back(unary(
      "log1p", within(-0.6, 4), [](T x, At) { return x.log1p(); }, [](const auto& x, At) { return log(1.0 + x); }));
  r.push_back(unary(
      "sqrt", within(0.3, 4), [](T x, At) { return x.sqrt(); }, [](const auto& x, At) { return sqrt(x); }));
  r.push_back(unary(
      "rsqrt", within(0.4, 4), [](T x, At) { return x.rsqrt(); }, [](const auto& x, At) { return 1.0 / sqrt(x); }));
  r.push_back(unary(
      "reciprocal", within(-4, -0.4), [](T x, At) { return x.reciprocal(); },
      [](const auto& x, At) { return 1.0 / x; }));
  r.push_back(unary(
      "divide", within(0.5, 4), [](T x, At s) { return s.real / x; }, [](const auto& x, At s) { return s.real / x; }));
  r.push_back(unary(
      "pow", within(0.5, 3), [](T x, At s) { return x.pow(s.real); },
      [](const auto& x, At s) { return exp(s.real * log(x)); }, kSavesInput));
  r.push_back(unary(
      "exponent", within(-2, 2), [](T x, At s) { return pow(std::abs(s.real) + 0.3, x); },
      [](const auto& x, At s) { return exp(std::log(std::abs(s.real) + 0.3) * x); }));
  r.push_back(unary(
      "asin", within(-0.8, 0.8), [](T x, At) { return x.asin(); }, [](const auto& x, At) { return asin(x); }));
  r.push_back(unary(
      "sinh", within(-2, 2), [](T x, At) { return x.sinh(); },
      [](const auto& x, At) { return 0.5 * (exp(x) - exp(-x)); }));
  r.push_back(unary(
      "asinh", within(-2, 2), [](T x, At) { return x.asinh(); },
      [](const auto& x, At) { return log(x + sqrt(x * x + 1.0)); }));
  r.push_back(unary(
      "acosh", within(1.4, 4), [](T x, At) { return x.acosh(); },
      [](const auto& x, At) { return log(x + sqrt(x * x - 1.0)); }));
  r.push_back(unary(
      "atanh", within(-0.7, 0.7), [](T x, At) { return x.atanh(); },
      [](const auto& x, At) { return 0.5 * log((1.0 + x) / (1.0 - x)); }));
  r.push_back(unary(
      "relu", without({0}), [](T x, At) { return x.relu(); },
      [](const auto& x, At) { return value_of(x) > 0 ? x : x * 0.0; }));
  r.push_back(unary(
      "abs", without({0}), [](T x, At) { return x.abs(); }, [](const auto& x, At) { return abs(x); }));
  r.push_back(unary(
      "leaky_relu", without({0}), [](T x, At) { return leaky_relu(x, 0.1); },
      [](const auto& x, At) { return value_of(x) > 0 ? x : 0.1 * x; }));
  r.push_back(unary(
      "elu", without({0}), [](T x, At) { return elu(x); },
      [](const auto& x, At) { return value_of(x) > 0 ? x : exp(x) - 1.0; }));
  r.push_back(unary(
      "clamp", without({-0.5, 0.75}), [](T x, At) { return x.clamp(-0.5, 0.75); },
      [](const auto& x, At) { return value_of(x) < -0.5   ? 0.0 * x - 0.5
                                     : value_of(x) > 0.75 ? 0.0 * x + 0.75
                                                          : x; }));
}

void add_several(std::vector<Rule>& r) {
  r.push_back(binary(
      "add", two(), [](T x, T y, At) { return x + y; }, [](const auto& x, const auto& y, At) { return x + y; },
      kSavesNothing));
  r.push_back(binary(
      "sub", two(), [](T x, T y, At) { return x - y; }, [](const auto& x, const auto& y, At) { return x - y; },
      kSavesNothing));
  r.push_back(binary(
      "mul", two(), [](T x, T y, At) { return x * y; }, [](const auto& x, const auto& y, At) { return x * y; },
      kSavesInput));
  r.push_back(binary(
      "div", two_within(1, 0.5, 3), [](T x, T y, At) { return x / y; },
      [](const auto& x, const auto& y, At) { return x / y; }));
  r.push_back(binary(
      "power", two_within(0, 0.5, 2), [](T x, T y, At) { return x.pow(y); },
      [](const auto& x, const auto& y, At) { return exp(y * log(x)); }));
  r.push_back(binary(
      "hypot", two_within(1, 0.4, 3), [](T x, T y, At) { return x.hypot(y); },
      [](const auto& x, const auto& y, At) { return sqrt(x * x + y * y); }));
  r.push_back(binary(
      "atan2", two_within(1, 0.4, 3), [](T x, T y, At) { return x.atan2(y); },
      [](const auto& x, const auto& y, At) { return atan(x / y); }));
  r.push_back(binary(
      "lerp", two(), [](T x, T y, At s) { return x.lerp(y, s.real); },
      [](const auto& x, const auto& y, At s) { return x + s.real * (y - x); }));
  r.push_back(binary(
      "maximum", two_apart(), [](T x, T y, At) { return maximum(x, y); },
      [](const auto& x, const auto& y, At) { return value_of(x) > value_of(y) ? x : y; }));
  r.push_back(binary(
      "minimum", two_apart(), [](T x, T y, At) { return minimum(x, y); },
      [](const auto& x, const auto& y, At) { return value_of(x) < value_of(y) ? x : y; }));
  r.push_back(ternary(
      "where", three(two_apart()), [](T x, T y, T z, At) { return where(x > y, x * 2.0, z); },
      [](const auto& x, const auto& y, const auto& z, At) { return value_of(x) > value_of(y) ? 2.0 * x : z; },
      {.unused = 1}));
  r.push_back(ternary(
      "where_le", three(two_apart()), [](T x, T y, T z, At) { return where(x <= y, z, y); },
      [](const auto& x, const auto& y, const auto& z, At) { return value_of(x) <= value_of(y) ? z : y; },
      {.unused = 0}));
  r.push_back(ternary(
      "addcmul", three(two()), [](T x, T y, T z, At s) { return addcmul(x, y, z, {.value = s.real}); },
      [](const auto& x, const auto& y, const auto& z, At s) { return x + s.real * y * z; }));
  r.push_back(ternary(
      "addcdiv", three(two_within(1, 0.5, 3)), [](T x, T y, T z, At s) { return addcdiv(x, z, y, {.value = s.real}); },
      [](const auto& x, const auto& y, const auto& z, At s) { return x + s.real * z / y; }));
  r.push_back(ternary(
      "lerp3", three(two()), [](T x, T y, T z, At) { return x.lerp(y, z); },
      [](const auto& x, const auto& y, const auto& z, At) { return x + z * (y - x); }));
}

}  // namespace

std::vector<Rule> pointwise_rules() {
  std::vector<Rule> rules;
  add_unary(rules);
  add_several(rules);
  return rules;
}

namespace {

/// The register is written; the other operand broadcasts to its shape.
Plan onto(double lo, double hi, bool other) {
  return [=](Maker& m, Step& s) {
    const auto writable = [&](int i) {
      const Register& r = m.registers[static_cast<std::size_t>(i)];
      return !r.leaf && !r.aliased && (!r.saved || m.program.reckless);
    };
    const auto in_range = [&](int i) {
      return std::all_of(m.array(i).data.begin(), m.array(i).data.end(),
                         [&](const Bound& x) { return lo <= x.v && x.v <= hi; });
    };
    const int x = m.find([&](int i) { return writable(i) && (other || in_range(i)); });
    if (x < 0) return false;
    s.in = {x};
    s.real = m.draw.real(-2, 2);
    if (!other) return true;
    Shape both;
    const int y =
        m.find([&](int i) { return broadcasts(m.shape(x), m.shape(i), both) && both == m.shape(x) && in_range(i); });
    s.in.push_back(y);
    return y >= 0 && (y != x || !s.rule->traits.saves_input || m.program.reckless);
  };
}

}  // namespace

std::vector<Rule> in_place_rules() {
  constexpr Traits saves = {.in_place = true};
  constexpr Traits input = {.saves_output = false, .in_place = true};
  constexpr Traits nothing = {.saves_input = false, .saves_output = false, .in_place = true};
  std::vector<Rule> r;
  r.push_back(binary(
      "add_", onto(-9, 9, true), [](Tensor x, T y, At) { return x.add_(y); },
      [](const auto& x, const auto& y, At) { return x + y; }, nothing));
  r.push_back(binary(
      "sub_", onto(-9, 9, true), [](Tensor x, T y, At) { return x -= y; },
      [](const auto& x, const auto& y, At) { return x - y; }, nothing));
  r.push_back(binary(
      "mul_", onto(-9, 9, true), [](Tensor x, T y, At) { return x.mul_(y); },
      [](const auto& x, const auto& y, At) { return x * y; }, input));
  r.push_back(binary(
      "div_", onto(0.5, 4, true), [](Tensor x, T y, At) { return x.div_(y); },
      [](const auto& x, const auto& y, At) { return x / y; }));
  r.back().traits = saves;
  r.push_back(binary(
      "copy_", onto(-9, 9, true), [](Tensor x, T y, At) { return x.copy_(y); },
      [](const auto& x, const auto& y, At) { return x * 0.0 + y; }, nothing));
  r.push_back(unary(
      "scale_", onto(-9, 9, false), [](Tensor x, At s) { return x *= s.real; },
      [](const auto& x, At s) { return s.real * x; }, nothing));
  r.push_back(unary(
      "square_", onto(-3, 3, false), [](Tensor x, At) { return x.square_(); }, [](const auto& x, At) { return x * x; },
      input));
  r.push_back(unary(
      "sin_", onto(-9, 9, false), [](Tensor x, At) { return x.sin_(); }, [](const auto& x, At) { return sin(x); },
      input));
  r.push_back(unary(
      "exp_", onto(-2, 2, false), [](Tensor x, At) { return x.exp_(); }, [](const auto& x, At) { return exp(x); },
      saves));
  r.push_back(unary(
      "tanh_", onto(-9, 9, false), [](Tensor x, At) { return x.tanh_(); }, [](const auto& x, At) { return tanh(x); },
      saves));
  r.push_back(unary(
      "sqrt_", onto(0.3, 9, false), [](Tensor x, At) { return x.sqrt_(); }, [](const auto& x, At) { return sqrt(x); },
      saves));
  r.push_back(unary(
      "fill_", onto(-9, 9, false), [](Tensor x, At s) { return x.fill_(s.real); },
      [](const auto& x, At s) { return 0.0 * x + s.real; }, nothing));
  return r;
}

}  // namespace descent::testing::fuzz
