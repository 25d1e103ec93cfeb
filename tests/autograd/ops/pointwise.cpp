// Functions of one tensor, element by element.
#include <cmath>

#include "refusals.h"

namespace descent::testing {
namespace {

using Maker = Arg (*)(const Shape&);
Arg anywhere(const Shape& shape) { return real(shape); }

template <class F>
Row unary(const char* name, F f, Maker maker, Traits traits = {}) {
  Row row{name, {}, {undefined_input(f), foreign_cotangent(f, maker({2, 3}))}, sample(f, {maker({3, 40001})}), traits};
  if (!traits.differentiable) row.refusals.back() = no_graph(f, maker({2, 3}));
  for (const Shape& shape : {Shape{3, 4}, Shape{2, 1, 3}, Shape{17}, Shape{}, Shape{0, 3}}) {
    row.samples.push_back(sample(f, {maker(shape)}));
  }
  return row;
}

/// A function and a number, in every position where neither kinks nor poles are.
template <class F>
Row with_numbers(const char* name, F f, Maker maker, std::vector<double> numbers, Traits traits = {}) {
  const auto first = [f, numbers](const Tensor& a) { return f(a, numbers[0]); };
  Row row = unary(name, first, maker, traits);
  for (const double number : numbers) {
    row.samples.push_back(sample([f, number](const Tensor& a) { return f(a, number); }, {maker({2, 3})}));
  }
  return row;
}

/// The gradient op behind f, as a function of the input and of the cotangent.
template <class F>
Row gradient(const char* name, F f, Maker maker, Traits traits = {}) {
  Row row{name, {}, {foreign_cotangent(f, maker({2, 3})), undefined_input(f)}, {}, traits};
  for (const Shape& shape : {Shape{3, 4}, Shape{2, 1, 3}, Shape{}, Shape{0, 3}}) {
    row.samples.push_back(gradient_sample(f, {maker(shape)}, real(shape)));
  }
  row.large = gradient_sample(f, {maker({3, 40001})}, real({3, 40001}));
  return row;
}

}  // namespace

std::vector<Row> pointwise_rows() {
  std::vector<Row> rows = {
      unary(
          "neg", [](const Tensor& a) { return neg(a); }, anywhere),
      unary(
          "abs", [](const Tensor& a) { return abs(a); }, away),
      unary("sign", [](const Tensor& a) { return sign(a); }, away, {.zero_gradient = true, .zero_second = true}),
      unary(
          "square", [](const Tensor& a) { return square(a); }, anywhere),
      unary(
          "exp", [](const Tensor& a) { return exp(a); }, anywhere),
      unary(
          "log", [](const Tensor& a) { return log(a); }, positive),
      unary(
          "sqrt", [](const Tensor& a) { return sqrt(a); }, positive),
      unary(
          "sin", [](const Tensor& a) { return sin(a); }, anywhere),
      unary(
          "cos", [](const Tensor& a) { return cos(a); }, anywhere),
      unary(
          "tanh", [](const Tensor& a) { return tanh(a); }, anywhere),
      unary(
          "sigmoid", [](const Tensor& a) { return sigmoid(a); }, anywhere),
      unary(
          "relu", [](const Tensor& a) { return relu(a); }, away),
      unary(
          "clone", [](const Tensor& a) { return a.clone(); }, anywhere),
      unary("detach", [](const Tensor& a) { return a.detach(); }, anywhere, {.differentiable = false}),
      with_numbers("add.scalar", [](const Tensor& a, double b) { return b < 0 ? add(b, a) : add(a, b); }, anywhere,
                   {1.5, -0.25, 0.0}),
      with_numbers("sub.scalar", [](const Tensor& a, double b) { return sub(a, b); }, anywhere, {1.5, -0.25, 0.0}),
      with_numbers("rsub.scalar", [](const Tensor& a, double b) { return sub(b, a); }, anywhere, {1.5, -0.25, 0.0}),
      with_numbers("mul.scalar", [](const Tensor& a, double b) { return b < 0 ? mul(b, a) : mul(a, b); }, anywhere,
                   {1.5, -0.25, 3.0}),
      with_numbers("div.scalar", [](const Tensor& a, double b) { return div(a, b); }, anywhere, {1.5, -0.25, 3.0}),
      with_numbers("rdiv.scalar", [](const Tensor& a, double b) { return div(b, a); }, positive, {1.5, -0.25, 1.0}),
      with_numbers("pow.scalar", [](const Tensor& a, double b) { return pow(a, b); }, positive,
                   {2.5, -1.0, 0.5, 2.0, 3.0, 1.0}),
      with_numbers("rpow.scalar", [](const Tensor& a, double b) { return pow(b, a); }, anywhere, {1.5, 0.25, 2.0}),
      gradient(
          "relu_grad", [](const Tensor& a) { return relu(a); }, away),
      gradient(
          "tanh_grad", [](const Tensor& a) { return tanh(a); }, anywhere),
      gradient(
          "sigmoid_grad", [](const Tensor& a) { return sigmoid(a); }, anywhere),
  };
  // Whole powers of negative numbers.
  for (const double n : {2.0, 3.0, -1.0, -2.0}) {
    for (Row& row : rows) {
      if (row.name != "pow.scalar") continue;
      row.samples.push_back(sample([n](const Tensor& a) { return pow(a, n); }, {away({2, 3})}));
    }
  }

  Row clamped = unary(
      "clamp", [](const Tensor& a) { return clamp(a, -0.5, 1.0); }, away);
  clamped.samples.push_back(sample([](const Tensor& a) { return clamp(a, 0.0); }, {away({4, 3})}));
  clamped.samples.push_back(sample([](const Tensor& a) { return clamp(a, std::nullopt, 0.5); }, {away({4, 3})}));
  clamped.refusals.push_back(refuses(
      Refusal::Type::Argument, "clamp: ", [](const Tensor& a) { return clamp(a, std::nullopt, std::nullopt); },
      [] { return List{ones({2})}; }));
  rows.push_back(clamped);
  return rows;
}

}  // namespace descent::testing
