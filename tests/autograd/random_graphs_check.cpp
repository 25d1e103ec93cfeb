// Runs a random program on the tape and on dual numbers and compares.
#include <sstream>

#include "random_graphs.h"

namespace descent::testing::fuzz {
namespace {

Tensor leaf_tensor(const Leaf& leaf, double shift = 0) {
  std::vector<double> values = leaf.values;
  if (leaf.requires_grad) {
    for (std::size_t k = 0; k < values.size(); ++k) values[k] += shift * leaf.direction[k];
  }
  return from_vector(values, leaf.shape).to(leaf.dtype);
}

/// All registers in the end; the first ones are the leaves. `frozen`: what is off the tape keeps the values it had in
/// the run that filled it, as the derivative sees it.
List run(const Program& program, List registers, const Substitute& substitute, List* frozen = nullptr,
         bool fill = false) {
  std::size_t off_tape = 0;
  for (const Step& step : program.steps) {
    List in;
    for (const int i : step.in) in.push_back(registers[static_cast<std::size_t>(i)]);
    const GradModeGuard mode(autograd::grad_enabled() && !step.no_grad);
    List out = substitute ? substitute(*step.rule, in, step) : step.rule->tape(in, step);
    if (frozen && (step.no_grad || step.rule->traits.constant)) {
      for (Tensor& t : out) {
        if (fill) frozen->push_back(t.clone());
        t = (*frozen)[off_tape++].clone();
      }
    }
    if (step.rule->traits.in_place)
      registers[static_cast<std::size_t>(step.in[0])] = out[0];
    else
      registers.insert(registers.end(), out.begin(), out.end());
  }
  return registers;
}

const auto& oracle_of(const Rule& rule, First) { return rule.first; }
const auto& oracle_of(const Rule& rule, Second) { return rule.second; }

/// The same on dual numbers. What does not require grad is a constant.
template <class S>
Arrays<S> run(const Program& program, Arrays<S> registers) {
  for (const Step& step : program.steps) {
    Arrays<S> in;
    for (const int i : step.in) in.push_back(registers[static_cast<std::size_t>(i)]);
    Arrays<S> out = oracle_of(*step.rule, S())(in, step);
    for (Array<S>& a : out) {
      if (step.no_grad) a = constant(a);
    }
    if (step.rule->traits.in_place)
      registers[static_cast<std::size_t>(step.in[0])] = std::move(out[0]);
    else
      std::move(out.begin(), out.end(), std::back_inserter(registers));
  }
  return registers;
}

Arrays<First> first_leaves(const Program& program) {
  Arrays<First> out;
  for (const Leaf& leaf : program.leaves) {
    out.push_back({leaf.shape});
    for (std::size_t k = 0; k < leaf.values.size(); ++k)
      out.back().data.emplace_back(leaf.values[k], leaf.requires_grad ? leaf.direction[k] : 0.0);
  }
  return out;
}
/// The outer derivative is in `direction`, the inner one in `direction2`.
Arrays<Second> second_leaves(const Program& program) {
  Arrays<Second> out;
  for (const Leaf& leaf : program.leaves) {
    out.push_back({leaf.shape});
    for (std::size_t k = 0; k < leaf.values.size(); ++k) {
      const double on = leaf.requires_grad ? 1 : 0;
      out.back().data.emplace_back(First(leaf.values[k], on * leaf.direction2[k]), First(on * leaf.direction[k]));
    }
  }
  return out;
}

template <class S>
S loss_of(const Program& program, const Arrays<S>& registers) {
  S loss;
  for (const Output& output : program.outputs) {
    const Array<S>& a = registers[static_cast<std::size_t>(output.of)];
    for (std::size_t k = 0; k < a.data.size(); ++k) loss = loss + output.weights[k] * a.data[k];
  }
  return loss;
}

/// One check of one program.
class Checker {
 public:
  Checker(const Program& program, const Substitute& substitute, Statistics& statistics)
      : program_(program), substitute_(substitute), statistics_(statistics) {
    for (std::size_t i = 0; i < program.leaves.size(); ++i) {
      const Leaf& leaf = program.leaves[i];
      all_.push_back(leaf_tensor(leaf));
      if (!leaf.requires_grad) continue;
      leaves_.push_back(all_.back().requires_grad_());
      directions_.push_back(from_vector(leaf.direction, leaf.shape).to(leaf.dtype));
      directions2_.push_back(from_vector(leaf.direction2, leaf.shape).to(leaf.dtype));
    }
    // float32 has 6e-8, and values up to 20 may be amplified 40 times.
    tolerance_ = program.mixed ? 2e-3 : 1e-12;
  }

  std::string check() {
    const Arrays<First> expected = run(program_, first_leaves(program_));
    first_order(expected);
    if (!wrong_.str().empty() || program_.mixed) return wrong_.str();
    finite_differences(value_of_derivative(expected));
    if (program_.checks >> 8 & 1) second_order();
    if (program_.checks >> 9 & 1) forward_mode(expected);
    return wrong_.str();
  }

 private:
  double value_of_derivative(const Arrays<First>& expected) const { return loss_of(program_, expected).d; }

  void compare(const char* what, double found, double expected, double tolerance) {
    const double error = std::abs(found - expected) / std::max(1.0, std::abs(expected));
    double& worst = statistics_.worst[program_.mixed ? "float32" : what];
    worst = std::max(worst, error / tolerance);
    if (error <= tolerance) return;
    wrong_.precision(17);
    wrong_ << what << ": the tape has " << found << ", expected is " << expected << ", relative error " << error
           << '\n';
  }

  List roots(const List& registers) const {
    List out;
    for (const Output& output : program_.outputs) out.push_back(registers[static_cast<std::size_t>(output.of)]);
    return out;
  }
  List weights(const List& outputs) const {
    List out;
    for (std::size_t k = 0; k < outputs.size(); ++k)
      out.push_back(from_vector(program_.outputs[k].weights, outputs[k].shape()).to(outputs[k].dtype()));
    return out;
  }
  Tensor loss(const List& outputs) const {
    const List factors = weights(outputs);
    Tensor sum;
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const Tensor term = (outputs[k] * factors[k]).to(float64).sum();
      sum = sum.defined() ? sum + term : term;
    }
    return sum;
  }

  /// Σ gradient · direction; what is undefined counts as zero.
  double along(const List& gradients, const List& directions) {
    double sum = 0;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined()) continue;
      if (gradients[i].shape() != leaves_[i].shape() || gradients[i].dtype() != leaves_[i].dtype())
        wrong_ << "the gradient of leaf " << i << " has another shape or dtype\n";
      const std::vector<double> g = gradients[i].to_vector<double>(), d = directions[i].to_vector<double>();
      for (std::size_t k = 0; k < g.size(); ++k) sum += g[k] * d[k];
    }
    return sum;
  }
  List collected() {
    List out;
    for (Tensor& leaf : leaves_) {
      out.push_back(leaf.grad());
      leaf.zero_grad();
    }
    return out;
  }
  List by_grad(const List& outputs, bool retain) const {
    return autograd::grad(outputs, leaves_,
                          {.grad_outputs = weights(outputs), .retain_graph = retain, .allow_unused = true});
  }

  void first_order(const Arrays<First>& expected) {
    const List registers = run(program_, all_, substitute_);
    for (std::size_t i = 0; i < registers.size(); ++i) {
      const Array<First>& right = expected[i];
      if (registers[i].shape() != right.shape) {
        wrong_ << "register " << i << " has shape " << registers[i].shape() << " instead of " << right.shape << '\n';
        return;
      }
      if (registers[i].requires_grad() != program_.requires_grad[i]) wrong_ << "register " << i << ": requires_grad\n";
      std::vector<double> values;
      for (const First& x : right.data) values.push_back(x.v);
      const double error = max_relative_error(registers[i].detach(), values);
      compare("value", error, 0, tolerance_);
      if (!(error <= tolerance_)) wrong_ << "  in register " << i << '\n';
    }
    const double right = value_of_derivative(expected);
    const List outputs = roots(registers);
    switch (program_.checks % 4) {
      case 0:
        loss(outputs).backward();
        compare("backward", along(collected(), directions_), right, tolerance_);
        break;
      case 1: {
        const Tensor sum = loss(outputs);
        sum.backward({.retain_graph = true});
        sum.backward();
        compare("two backward passes", along(collected(), directions_), 2 * right, tolerance_);
        break;
      }
      case 2:
        compare("grad", along(by_grad(outputs, false), directions_), right, tolerance_);
        break;
      default: {
        const List one = by_grad(outputs, true);
        loss(outputs).backward();
        const List other = collected();
        compare("grad, retained", along(one, directions_), right, tolerance_);
        compare("backward after grad", along(other, directions_), right, tolerance_);
      }
    }
  }

  // D(h) = (f(h) − f(−h)) / 2h and D(2h) give (4·D(h) − D(2h)) / 3, whose error is far smaller than their difference;
  // rounding adds some 1e-16·|f|/h.
  void finite_differences(double right) {
    constexpr double h = 1e-4;
    if (program_.checks >> 10 & 1) return;  // half of them: four runs cost as much as all the rest
    List frozen;
    const auto at = [&](double shift) {
      const NoGradGuard no_grad;
      List shifted;
      for (const Leaf& leaf : program_.leaves) shifted.push_back(leaf_tensor(leaf, shift));
      return loss(roots(run(program_, std::move(shifted), {}, &frozen, shift == 0))).item<double>();
    };
    at(0);
    const double plus = at(h), minus = at(-h), near = (plus - minus) / (2 * h);
    const double far = (at(2 * h) - at(-2 * h)) / (4 * h);
    const double scale = std::max({1.0, std::abs(plus), std::abs(right)});
    compare("finite difference", (4 * near - far) / 3, right, (1e-8 * scale + std::abs(near - far)));
  }

  // direction2ᵀ · Hessian · direction.
  void second_order() {
    const double right = loss_of(program_, run(program_, second_leaves(program_))).d.d;
    const List outputs = roots(run(program_, all_, substitute_));
    const List gradients = autograd::grad({loss(outputs)}, leaves_, {.create_graph = true, .allow_unused = true});
    Tensor slope;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined() || !gradients[i].requires_grad()) continue;
      const Tensor term = (gradients[i] * directions_[i]).sum();
      slope = slope.defined() ? slope + term : term;
    }
    const List second = slope.defined() ? autograd::grad({slope}, leaves_, {.allow_unused = true}) : List();
    compare("second order", along(second, directions2_), right, 1e-11);
  }

  // Jacobian · direction as the gradient of uᵀ·Jacobian with respect to u.
  void forward_mode(const Arrays<First>& expected) {
    const List outputs = roots(run(program_, all_, substitute_));
    List cotangents;
    for (const Tensor& y : outputs) cotangents.push_back(ones_like(y).requires_grad_());
    const List pulled =
        autograd::grad(outputs, leaves_, {.grad_outputs = cotangents, .create_graph = true, .allow_unused = true});
    List reached, along_them;
    for (std::size_t i = 0; i < pulled.size(); ++i) {
      if (!pulled[i].defined() || !pulled[i].requires_grad()) continue;
      reached.push_back(pulled[i]);
      along_them.push_back(directions_[i]);
    }
    List pushed(outputs.size());
    if (!reached.empty())
      pushed = autograd::grad(reached, cotangents, {.grad_outputs = along_them, .allow_unused = true});
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const Array<First>& right = expected[static_cast<std::size_t>(program_.outputs[k].of)];
      std::vector<double> tangent;
      for (const First& x : right.data) tangent.push_back(x.d);
      // The same register twice: each cotangent alone yields the whole tangent.
      const Tensor found = pushed[k].defined() ? pushed[k] : zeros_like(outputs[k]);
      compare("double vjp", max_relative_error(found.detach(), tangent), 0, 1e-12);
    }
  }

  const Program& program_;
  const Substitute& substitute_;
  Statistics& statistics_;
  List all_, leaves_, directions_, directions2_;
  double tolerance_;
  std::ostringstream wrong_;
};

}  // namespace

std::string check(const Program& program, const Substitute& substitute, Statistics* statistics) {
  Statistics unread;
  Statistics& of_all = statistics ? *statistics : unread;
  try {
    return Checker(program, substitute, of_all).check();
  } catch (const AutogradError& error) {
    if (!program.reckless) return std::string("thrown: ") + error.what();
    ++of_all.refused;
    return "";
  } catch (const std::exception& error) {
    return std::string("thrown: ") + error.what();
  }
}

}  // namespace descent::testing::fuzz
