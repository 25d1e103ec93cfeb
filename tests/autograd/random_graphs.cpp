// Random graphs of scalars against forward-mode dual numbers: an oracle that shares no code with the tape.
#include <cmath>
#include <random>

#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(random_graphs)

namespace {

using namespace descent::testing;

/// value + derivative·ε with ε² = 0.
struct Dual {
  double value = 0, derivative = 0;
};

/// One instruction: result = op(values[a], values[b]).
struct Step {
  int op;
  std::size_t a, b;
};
constexpr int kOps = 9;

Dual run(const Step& s, const Dual& x, const Dual& y) {
  switch (s.op) {
    case 0:
      return {x.value + y.value, x.derivative + y.derivative};
    case 1:
      return {x.value - y.value, x.derivative - y.derivative};
    case 2:
      return {x.value * y.value, x.derivative * y.value + x.value * y.derivative};
    case 3:
      return {std::sin(x.value), std::cos(x.value) * x.derivative};
    case 4:
      return {std::tanh(x.value), (1 - std::tanh(x.value) * std::tanh(x.value)) * x.derivative};
    case 5: {
      const double d = y.value * y.value + 2;
      return {x.value / d, (x.derivative * d - x.value * 2 * y.value * y.derivative) / (d * d)};
    }
    case 6:
      return x.value >= y.value ? x : y;
    case 7: {
      const double e = std::exp(-x.value * x.value);
      return {e, -2 * x.value * e * x.derivative};
    }
    default:
      return {0.5 * x.value - 0.25, 0.5 * x.derivative};
  }
}

Tensor run(const Step& s, const Tensor& x, const Tensor& y) {
  switch (s.op) {
    case 0:
      return x + y;
    case 1:
      return x - y;
    case 2:
      return x * y;
    case 3:
      return x.sin();
    case 4:
      return x.tanh();
    case 5:
      return x / (y.square() + 2.0);
    case 6:
      return maximum(x, y);
    case 7:
      return (-x.square()).exp();
    default:
      return x * 0.5 - 0.25;
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(against_dual_numbers) {
  constexpr std::size_t kInputs = 3, kSteps = 40;
  for (unsigned seed = 1; seed <= 500; ++seed) {
    std::mt19937 draw(seed);
    std::vector<double> start(kInputs);
    for (double& v : start) v = std::uniform_real_distribution<double>(-1.5, 1.5)(draw);
    std::vector<Step> program(kSteps);
    for (std::size_t i = 0; i < kSteps; ++i) {
      // Half of the operands are recent, so that graphs are deep as well as wide.
      const auto pick = [&] {
        return draw() % 2 ? (kInputs + i) - 1 - draw() % std::min<std::size_t>(3, kInputs + i) : draw() % (kInputs + i);
      };
      program[i] = {static_cast<int>(draw() % kOps), pick(), pick()};
    }
    std::vector<Tensor> values;
    for (const double v : start) values.push_back(full({}, v, {.dtype = float64, .requires_grad = true}));
    for (const Step& step : program) values.push_back(run(step, values[step.a], values[step.b]));
    const std::vector<Tensor> leaves(values.begin(), values.begin() + kInputs);
    const Tensor out = values.back() + values[kInputs + kSteps / 2];  // needs grad: every step has an operand that does
    const std::vector<Tensor> gradients = grad({out}, leaves, {.allow_unused = true});
    for (std::size_t k = 0; k < kInputs; ++k) {
      std::vector<Dual> duals;
      for (std::size_t i = 0; i < kInputs; ++i) duals.push_back({start[i], i == k ? 1.0 : 0.0});
      for (const Step& step : program) duals.push_back(run(step, duals[step.a], duals[step.b]));
      const Dual expected = {duals.back().value + duals[kInputs + kSteps / 2].value,
                             duals.back().derivative + duals[kInputs + kSteps / 2].derivative};
      const double found = gradients[k].defined() ? gradients[k].item<double>() : 0;
      // Ties of maximum between one value and itself share the gradient, which sums to the same.
      const double error = std::abs(found - expected.derivative) / std::max(1.0, std::abs(expected.derivative));
      BOOST_TEST(error <= 1e-11,
                 "seed " << seed << ", input " << k << ": tape " << found << ", dual number " << expected.derivative);
      BOOST_TEST(max_relative_error(out.detach(), {expected.value}) <= 1e-11, "seed " << seed);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
