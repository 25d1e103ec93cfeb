#include "mutant.h"

#include <algorithm>
#include <cmath>

#include "autograd/op.h"

namespace descent::testing {
namespace {

using autograd::Saved;

/// The place of the largest entry in row-major order.
std::size_t largest(const std::vector<double>& values) {
  return static_cast<std::size_t>(
      std::max_element(values.begin(), values.end(), [](double a, double b) { return std::abs(a) < std::abs(b); }) -
      values.begin());
}
double magnitude(const Tensor& t) {
  if (!t.defined() || t.numel() == 0) return 0;
  const std::vector<double> values = t.to_vector<double>();
  return std::abs(values[largest(values)]);
}

/// Ones, but zeros at the largest entry of t or, `row`, in all of its row.
Tensor hole(const Tensor& t, bool row) {
  const std::vector<double> values = t.to_vector<double>();
  const std::size_t width = row && t.dim() > 0 ? values.size() / static_cast<std::size_t>(t.size(0)) : 1;
  const std::size_t at = largest(values) / width;
  std::vector<double> keep(values.size(), 1);
  for (std::size_t k = at * width; k < (at + 1) * width; ++k) keep[k] = 0;
  return from_vector(keep, t.shape()).to(t.dtype());
}

Tensor turned(const Tensor& t) {
  if (t.dim() >= 2 && t.size(-1) == t.size(-2) && max_relative_error(t.transpose(-1, -2), t) > 1e-6) {
    return t.transpose(-1, -2);
  }
  return t.flatten().flip({0}).reshape(t.shape());
}

Tensor mutated_one(Mutation mutation, const Tensor& g) {
  switch (mutation) {
    case Mutation::Sign:
      return -g;
    case Mutation::Factor:
      return g * 1.01;
    case Mutation::MissingEntry:
      return g * hole(g, false);
    case Mutation::MissingRow:
      return g * hole(g, true);
    case Mutation::Transposed:
      return turned(g);
    case Mutation::Extra:
      return g + 0.01;
    default:
      return g;
  }
}

struct Mutant {
  static constexpr const char* name = "test_mutant";
  Function f;
  List inputs;
  Mutation mutation;
  int order;  // 0: right

  List forward(const List& in) const {
    List out;
    for (const Tensor& t : f(in)) out.push_back(t.clone());  // never an input itself
    return out;
  }

  List vjp(const Saved&, std::span<const Tensor> g) const {
    const bool recorded = autograd::grad_enabled();
    const GradModeGuard recording(true);
    // Copies, so that one input that depends on another counts as a constant.
    List copies, wanted, roots, cotangents;
    for (const Tensor& t : inputs) {
      copies.push_back(t.requires_grad() ? t.clone() : t);
      if (t.requires_grad()) wanted.push_back(copies.back());
    }
    const List outputs = f(copies);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      if (!outputs[k].requires_grad() || !g[k].defined()) continue;
      roots.push_back(outputs[k]);
      cotangents.push_back(g[k]);
    }
    List found(wanted.size());
    if (!roots.empty()) {
      found =
          autograd::grad(roots, wanted, {.grad_outputs = cotangents, .create_graph = recorded, .allow_unused = true});
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!found[i].defined()) found[i] = zeros_like(wanted[i]);
    }
    if (order == 1) found = mutated(mutation, found);
    if (order == 2 && recorded) found = wrong_from_here(found, wanted);
    List result(inputs.size());
    for (std::size_t i = 0, k = 0; i < inputs.size(); ++i) {
      if (inputs[i].requires_grad()) result[i] = found[k++];
    }
    return result;
  }

  /// The value of `right` with a wrong gradient: right + (m(right) − m(right) off the tape).
  List wrong_from_here(const List& right, const List& at) const {
    List wrong = mutated(mutation, right);
    for (std::size_t i = 0; i < right.size(); ++i) {
      if (mutation == Mutation::Extra) wrong[i] = right[i] + (at[i] * 0.01);
      const Tensor value = right[i].detach() - wrong[i].detach();
      wrong[i] = wrong[i] + value;
    }
    return wrong;
  }
};

Function wrapped(Function f, Mutation mutation, int order) {
  return [f = std::move(f), mutation, order](const List& in) {
    return autograd::apply_list(Mutant{f, in, mutation, order}, in);
  };
}

}  // namespace

std::string name_of(Mutation mutation) {
  static const char* const names[] = {"sign",          "factor",     "missing entry", "missing row",
                                      "missing input", "transposed", "extra"};
  return names[static_cast<int>(mutation)];
}

List mutated(Mutation mutation, const List& gradients) {
  List out = gradients;
  std::size_t strongest = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (magnitude(gradients[i]) > magnitude(gradients[strongest])) strongest = i;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!out[i].defined() || out[i].numel() == 0) continue;
    if (mutation == Mutation::MissingInput)
      out[i] = i == strongest ? zeros_like(out[i]) : out[i];
    else
      out[i] = mutated_one(mutation, out[i]);
  }
  return out;
}

Function mutant(Function f, Mutation mutation, int order) { return wrapped(std::move(f), mutation, order); }
Function unmutated(Function f) { return wrapped(std::move(f), Mutation::Sign, 0); }

}  // namespace descent::testing
