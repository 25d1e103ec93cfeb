// The tape's gradients against finite differences, entry by entry.
#include "gradcheck.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

#include "autograd.h"
#include "fail-inl.h"
#include "ops/create.h"
#include "ops/pointwise.h"
#include "ops/reduce.h"

namespace descent::autograd {
namespace {

void check_options(const char* op, const GradCheckOptions& o) {
  const auto refuse = [op](const char* rule, double value) {
    throw std::invalid_argument(fmt::format("{}: {}, got {}", op, rule, value));
  };
  if (!(o.eps > 0) || !std::isfinite(o.eps)) refuse("eps must be positive and finite", o.eps);
  if (!(o.atol >= 0)) refuse("atol must not be negative", o.atol);
  if (!(o.rtol >= 0)) refuse("rtol must not be negative", o.rtol);
  if (o.stencil != 3 && o.stencil != 5) refuse("stencil must be 3 or 5", o.stencil);
}

/// What f is called with, and which of these are perturbed. A leaf that requires grad is handed over itself, so that f
/// may also reach it by another way (a layer's weight); everything else that is perturbed is a copy.
struct Arguments {
  std::vector<Tensor> values;
  std::vector<std::size_t> perturbed;
};

bool one_memory_per_entry(const Tensor& t) {
  for (std::size_t d = 0; d < t.shape().size(); ++d) {
    if (t.strides()[d] == 0 && t.shape()[d] > 1) return false;
  }
  return true;
}

Arguments prepare(const char* op, const std::vector<Tensor>& inputs) {
  bool any = false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined()) fail<Error>(op, "input {} is undefined", i);
    if (inputs[i].dtype() == float32) fail<DTypeError>(op, "inputs must be float64, input {} is float32", i);
    any = any || inputs[i].requires_grad();
  }
  Arguments out;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& t = inputs[i];
    const bool wanted = t.dtype() == float64 && (t.requires_grad() || !any);
    if (!wanted) {
      out.values.push_back(t);
      continue;
    }
    const bool itself = t.requires_grad() && t.is_leaf() && one_memory_per_entry(t);
    out.values.push_back(itself ? t : t.detach().clone().requires_grad_());
    out.perturbed.push_back(i);
  }
  return out;
}

/// The address of entry `index`, counted in row-major order. Writing there is not counted as a write: every value comes
/// back to the bit, so whatever was saved of this memory stays right.
double* entry(const Tensor& t, std::int64_t index) {
  std::int64_t offset = 0;
  for (std::size_t d = t.shape().size(); d-- > 0;) {
    offset += index % t.shape()[d] * t.strides()[d];
    index /= t.shape()[d];
  }
  return const_cast<double*>(t.data<double>()) + offset;
}

/// Puts a value back when the scope ends, however it ends.
struct Restore {
  double* at;
  double value;
  ~Restore() { *at = value; }
};

/// All floating outputs in one row.
std::vector<double> flat_outputs(const char* op, const std::vector<Tensor>& outputs) {
  std::vector<double> flat;
  for (const Tensor& t : outputs) {
    if (!t.defined() || !t.is_floating_point()) continue;
    if (t.dtype() != float64) fail<DTypeError>(op, "outputs must be float64, one is {}", t.dtype());
    const std::vector<double> values = t.to_vector<double>();
    flat.insert(flat.end(), values.begin(), values.end());
  }
  return flat;
}

std::vector<double> evaluate(const char* op, const TensorFunction& f, const std::vector<Tensor>& arguments) {
  NoGradGuard no_grad;
  return flat_outputs(op, f(arguments));
}

/// Uneven weights of both signs, magnitudes in [0.5, 1.5): two wrong entries do not cancel. splitmix64: no sums or
/// differences of neighbours agree, as those of a simpler sequence do.
std::vector<double> cotangent(std::size_t n) {
  std::vector<double> v(n);
  for (std::size_t k = 0; k < n; ++k) {
    std::uint64_t z = (k + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    v[k] = (0.5 + static_cast<double>(z >> 11) * 0x1p-53) * (z & 1 ? -1.0 : 1.0);
  }
  return v;
}

/// Σ_k v_k ∂out_k/∂input for each perturbed input, by the tape. Undefined where the tape has no path.
std::vector<Tensor> analytic_gradient(const TensorFunction& f, const Arguments& arguments,
                                      const std::vector<double>& v) {
  GradModeGuard recording(true);
  std::vector<Tensor> outputs, cotangents, inputs;
  std::size_t at = 0;
  for (const Tensor& t : f(arguments.values)) {
    if (!t.defined() || !t.is_floating_point()) continue;
    const auto n = static_cast<std::size_t>(t.numel());
    if (t.requires_grad()) {
      outputs.push_back(t);
      cotangents.push_back(from_vector(std::vector<double>(v.begin() + at, v.begin() + at + n), t.shape()));
    }
    at += n;
  }
  for (const std::size_t i : arguments.perturbed) inputs.push_back(arguments.values[i]);
  if (outputs.empty()) return std::vector<Tensor>(inputs.size());
  std::vector<Tensor> gradients = grad(outputs, inputs, {.grad_outputs = cotangents, .allow_unused = true});
  for (Tensor& g : gradients) {
    if (g.defined()) g = g.to_dense();
  }
  return gradients;
}

std::string position(const Shape& shape, std::int64_t index) {
  Shape at = shape;
  for (std::size_t d = shape.size(); d-- > 0; index /= shape[d]) at[d] = index % shape[d];
  return at.str();
}

void check(const char* op, const TensorFunction& f, const std::vector<Tensor>& inputs, const GradCheckOptions& o) {
  check_options(op, o);
  const Arguments arguments = prepare(op, inputs);
  const std::vector<double> base = evaluate(op, f, arguments.values), again = evaluate(op, f, arguments.values);
  const auto same_bits = [](double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; };  // also for NaN
  if (!std::equal(base.begin(), base.end(), again.begin(), again.end(), same_bits)) {
    fail<GradCheckError>(op, "the function gave two results for the same inputs: it must be deterministic");
  }
  const std::vector<double> v = cotangent(base.size());
  const std::vector<Tensor> gradients = analytic_gradient(f, arguments, v);

  // Differences are taken output by output and folded afterwards: outputs that do not move add no rounding error.
  const auto fold = [&](const std::vector<double>& plus, const std::vector<double>& minus) {
    if (plus.size() != v.size() || minus.size() != v.size()) {
      fail<GradCheckError>(op, "the sizes of the outputs depend on the inputs' values");
    }
    double sum = 0;
    for (std::size_t k = 0; k < v.size(); ++k) {
      if (plus[k] != minus[k]) sum += v[k] * (plus[k] - minus[k]);
    }
    return sum;
  };
  double largest = 0;
  for (std::size_t p = 0; p < arguments.perturbed.size(); ++p) {
    const Tensor& x = arguments.values[arguments.perturbed[p]];
    const std::vector<double> analytic =
        gradients[p].defined() ? gradients[p].to_vector<double>() : std::vector<double>(std::size_t(x.numel()), 0.0);
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      double* const at = entry(x, i);
      const double value = *at, h = o.eps;
      const auto shifted = [&](double by) {
        Restore restore{at, value};
        *at = value + by;
        return evaluate(op, f, arguments.values);
      };
      // 3: (f(x+h) − f(x−h)) / 2h;   5: (8(f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))) / 12h
      const double inner = fold(shifted(h), shifted(-h));
      const double numeric =
          o.stencil == 3 ? inner / (2 * h) : (8 * inner - fold(shifted(2 * h), shifted(-2 * h))) / (12 * h);
      const double found = analytic[static_cast<std::size_t>(i)], difference = std::abs(found - numeric);
      if (!(difference <= o.atol + o.rtol * std::abs(numeric))) {
        fail<GradCheckError>(op,
                             "input {}, entry {}: the tape's gradient is {:.12g}, the numeric one {:.12g}, they differ "
                             "by {:.3g} (allowed: atol {:g} + rtol {:g} times the numeric one)",
                             arguments.perturbed[p], position(x.shape(), i), found, numeric, difference, o.atol,
                             o.rtol);
      }
      largest = std::max({largest, std::abs(found), std::abs(numeric)});
    }
  }
  // Rounding leaves about 1e-16/eps of a gradient that is zero.
  if (!o.allow_zero && largest <= std::min(o.atol, 1e-8)) {
    fail<GradCheckError>(op, "vacuous: all gradients, numeric and from the tape, are zero (allow_zero accepts that)");
  }
}

}  // namespace

bool gradcheck_list(const TensorFunction& f, const std::vector<Tensor>& inputs, const GradCheckOptions& options) {
  check("gradcheck", f, inputs, options);
  return true;
}

bool gradgradcheck_list(const TensorFunction& f, const std::vector<Tensor>& inputs, const GradCheckOptions& options) {
  const char* const op = "gradgradcheck";
  check_options(op, options);
  const Arguments arguments = prepare(op, inputs);
  const std::size_t count = inputs.size();
  std::vector<Tensor> all = arguments.values;
  // One cotangent for each floating output, with fixed uneven values.
  {
    NoGradGuard no_grad;
    for (const Tensor& t : f(arguments.values)) {
      if (!t.defined() || !t.is_floating_point()) continue;
      if (t.dtype() != float64) fail<DTypeError>(op, "outputs must be float64, one is {}", t.dtype());
      all.push_back(from_vector(cotangent(std::size_t(t.numel())), t.shape(), {.requires_grad = true}));
    }
  }
  const auto gradient = [&f, count](const std::vector<Tensor>& in) {
    const bool create_graph = grad_enabled();
    GradModeGuard recording(true);
    std::vector<Tensor> outputs, cotangents, wanted;
    std::size_t k = count;
    for (const Tensor& t : f({in.begin(), in.begin() + static_cast<std::ptrdiff_t>(count)})) {
      if (!t.defined() || !t.is_floating_point()) continue;
      if (k >= in.size()) fail<GradCheckError>("gradgradcheck", "the number of outputs depends on the inputs' values");
      if (t.requires_grad()) outputs.push_back(t), cotangents.push_back(in[k]);
      ++k;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (in[i].dtype() == float64 && in[i].requires_grad()) wanted.push_back(in[i]);
    }
    std::vector<Tensor> gradients(wanted.size());
    if (!outputs.empty()) {
      gradients =
          grad(outputs, wanted, {.grad_outputs = cotangents, .create_graph = create_graph, .allow_unused = true});
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!gradients[i].defined()) gradients[i] = zeros_like(wanted[i]);
    }
    return gradients;
  };
  check(op, gradient, all, options);
  return true;
}

}  // namespace descent::autograd
