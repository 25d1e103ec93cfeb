#include "sharpness.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "../autograd/autograd.h"
#include "../autograd/fail-inl.h"
#include "../autograd/ops.h"

namespace descent::train {
namespace {

constexpr const char* kOp = "sharpness";
using Tensors = std::vector<Tensor>;

/// Σᵢ aᵢ·bᵢ, in double.
double dot(const Tensors& a, const Tensors& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i].to(float64) * b[i].to(float64)).sum().item<double>();
  return sum;
}

Tensors scaled(const Tensors& a, double factor) {
  Tensors out;
  for (const Tensor& t : a) out.push_back(t * factor);
  return out;
}

/// Uniform in (-1, 1), from a counter (splitmix64), of length 1. No signs: of few numbers, such a vector is often
/// orthogonal to an eigenvector.
Tensors start(const Tensors& params) {
  std::uint64_t count = 0;
  Tensors out;
  for (const Tensor& p : params) {
    std::vector<float> numbers(static_cast<std::size_t>(p.numel()));
    for (float& x : numbers) {
      std::uint64_t z = ++count * 0x9e3779b97f4a7c15u;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      x = static_cast<float>((z ^ (z >> 31)) >> 40) * 0x1p-23f - 1;
    }
    out.push_back(from_vector(numbers, p.shape()).to(p.dtype()));
  }
  return scaled(out, 1 / std::sqrt(dot(out, out)));
}

class Hessian {
 public:
  Hessian(const Tensor& loss, const Tensors& params) : params_(params) {
    const GradModeGuard recording(true);
    gradient_ = autograd::grad({loss}, params, {.create_graph = true, .allow_unused = true});
    for (const Tensor& g : gradient_) {
      if (g.defined() && g.requires_grad()) on_tape_.push_back(g);
    }
  }

  /// H·v, zero where the loss is linear.
  Tensors times(const Tensors& v) const {
    Tensors cotangents, product(params_.size());
    for (std::size_t i = 0; i < gradient_.size(); ++i) {
      if (gradient_[i].defined() && gradient_[i].requires_grad()) cotangents.push_back(v[i]);
    }
    if (!on_tape_.empty()) {
      product =
          autograd::grad(on_tape_, params_, {.grad_outputs = cotangents, .retain_graph = true, .allow_unused = true});
    }
    for (std::size_t i = 0; i < product.size(); ++i) {
      product[i] = product[i].defined() ? product[i].detach() : zeros_like(params_[i].detach());
    }
    return product;
  }

 private:
  const Tensors& params_;
  Tensors gradient_, on_tape_;
};

}  // namespace

Sharpness sharpness(const Tensor& loss, const Tensors& params, const SharpnessOptions& options) {
  if (options.iterations < 1) {
    throw std::invalid_argument(fmt::format("{}: iterations must be at least 1, got {}", kOp, options.iterations));
  }
  if (!(options.tolerance > 0)) {
    throw std::invalid_argument(fmt::format("{}: tolerance must be positive, got {}", kOp, options.tolerance));
  }
  if (params.empty()) throw std::invalid_argument(fmt::format("{}: params must not be empty", kOp));
  if (!loss.defined() || loss.numel() != 1) {
    fail<ShapeError>(kOp, "the loss must be one number, got {}", loss.defined() ? loss.shape().str() : "none");
  }
  if (!loss.requires_grad()) fail<AutogradError>(kOp, "the loss has no graph: call it before backward");
  const Hessian hessian(loss, params);
  const NoGradGuard no_grad;
  Tensors v = start(params);

  Sharpness result;
  double shift = 0, before = NAN;
  while (result.iterations < options.iterations && !result.converged) {
    Tensors next = hessian.times(v);
    for (std::size_t i = 0; shift > 0 && i < next.size(); ++i) next[i] = next[i] + v[i] * shift;
    const double along = dot(v, next), length = std::sqrt(dot(next, next));
    ++result.iterations;
    result.value = along - shift;
    if (!(length > 0) || !std::isfinite(length)) {  // no curvature; or nothing to go on with
      result.converged = length == 0;
      break;
    }
    v = scaled(next, 1 / length);
    if (shift > 0) {
      const double change = std::abs(result.value - std::exchange(before, result.value));
      // Beside a large shift an eigenvalue of 0 is known to its rounding alone.
      result.converged = change <= options.tolerance * std::max(std::abs(result.value), options.tolerance * shift);
      continue;
    }
    const double change = std::abs(length - std::exchange(before, length));
    result.converged = change <= options.tolerance * length && along >= (1 - options.tolerance) * length;
    const double settled = std::max(options.tolerance, 1e-3);
    if (result.converged || !(change <= settled * length && along < (1 - settled) * length)) continue;
    shift = length;
    before = NAN;
    if (along <= 0) v = start(params);  // of the eigenvector that is looked for, little is left
  }
  for (const Tensor& part : v) result.share.push_back(dot({part}, {part}));
  return result;
}

}  // namespace descent::train
