// Activation functions and the ops behind their gradients.
#include <cmath>

#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;
using Maker = Arg (*)(const Shape&);

Arg anywhere(const Shape& shape) { return real(shape); }
Arg wide(const Shape& shape) { return {shape, -8, 8, Arg::Kind::Away}; }
Arg medium(const Shape& shape) { return {shape, -4, 4, Arg::Kind::Away}; }

template <class F>
Row unary(const char* name, F f, Maker maker) {
  Row row{name, {}, {undefined_input(f), foreign_cotangent(f, maker({2, 3}))}, sample(f, {maker({3, 40001})})};
  row.refusals.push_back(one(Type::DType, std::string(name) + ": ", {2}, f, boolean));
  for (const Shape& shape : {Shape{3, 4}, Shape{2, 1, 3}, Shape{17}, Shape{}, Shape{0, 3}}) {
    row.samples.push_back(sample(f, {maker(shape)}));
  }
  return row;
}

/// The rows of a fused function and of its gradient.
template <class F>
void add_fused(std::vector<Row>& rows, const char* name, const char* gradient_name, F f, Maker maker) {
  rows.push_back(unary(name, f, maker));
  if (rows.back().name == "gelu_tanh") rows.back().refusals[2].part = "gelu: ";
  Row row{gradient_name, {}, {foreign_cotangent(f, maker({2, 3})), undefined_input(f)}, {}};
  for (const Shape& shape : {Shape{3, 4}, Shape{2, 1, 3}, Shape{}, Shape{0, 3}}) {
    row.samples.push_back(gradient_sample(f, {maker(shape)}, real(shape)));
  }
  row.large = gradient_sample(f, {maker({3, 40001})}, real({3, 40001}));
  rows.push_back(row);
}

template <class F>
void add_sample(std::vector<Row>& rows, const std::string& name, F f, const Arg& arg) {
  for (Row& row : rows) {
    if (row.name == name) row.samples.push_back(sample(f, {arg}));
    if (row.name == name + "_grad") row.samples.push_back(gradient_sample(f, {arg}, real(arg.shape)));
  }
}

template <class F>
void add_refusal(std::vector<Row>& rows, const std::string& name, const std::string& part, F f) {
  for (Row& row : rows) {
    if (row.name == name) row.refusals.push_back(one(Type::Argument, name + ": " + part, {2}, f));
  }
}

std::vector<Row> fused_rows() {
  std::vector<Row> rows;
  add_fused(
      rows, "gelu", "gelu_grad", [](const Tensor& a) { return gelu(a); }, anywhere);
  add_fused(
      rows, "gelu_tanh", "gelu_tanh_grad", [](const Tensor& a) { return gelu(a, {.approximate = "tanh"}); }, anywhere);
  add_fused(
      rows, "silu", "silu_grad", [](const Tensor& a) { return silu(a); }, anywhere);
  add_fused(
      rows, "mish", "mish_grad", [](const Tensor& a) { return mish(a); }, anywhere);
  add_fused(
      rows, "elu", "elu_grad", [](const Tensor& a) { return elu(a); }, away);
  add_fused(
      rows, "softplus", "softplus_grad", [](const Tensor& a) { return softplus(a); }, anywhere);
  add_fused(
      rows, "leaky_relu", "leaky_relu_grad", [](const Tensor& a) { return leaky_relu(a); }, away);
  add_fused(
      rows, "hardswish", "hardswish_grad", [](const Tensor& a) { return hardswish(a); }, wide);
  add_fused(
      rows, "hardsigmoid", "hardsigmoid_grad", [](const Tensor& a) { return hardsigmoid(a); }, medium);
  add_fused(
      rows, "hardtanh", "hardtanh_grad", [](const Tensor& a) { return hardtanh(a); }, away);
  add_fused(
      rows, "hardshrink", "hardshrink_grad", [](const Tensor& a) { return hardshrink(a); }, away);
  add_fused(
      rows, "softshrink", "softshrink_grad", [](const Tensor& a) { return softshrink(a); }, away);

  for (const char* name : {"gelu", "silu", "mish", "softplus"}) {
    const auto f = name == std::string("gelu")   ? +[](const Tensor& a) { return gelu(a); }
                   : name == std::string("silu") ? +[](const Tensor& a) { return silu(a); }
                   : name == std::string("mish") ? +[](const Tensor& a) { return mish(a); }
                                                 : +[](const Tensor& a) { return softplus(a); };
    add_sample(rows, name, f, real({5}, -8, 8));
  }
  add_sample(
      rows, "elu", [](const Tensor& a) { return elu(a, 0.7); }, away({2, 3}));
  add_sample(
      rows, "leaky_relu", [](const Tensor& a) { return leaky_relu(a, {.negative_slope = -0.3}); }, away({2, 3}));
  add_sample(
      rows, "softplus", [](const Tensor& a) { return softplus(a, {.beta = -2, .threshold = 5}); }, real({2, 3}));
  add_sample(
      rows, "hardtanh", [](const Tensor& a) { return hardtanh(a, -0.5, 1.5); }, away({2, 3}));
  add_sample(
      rows, "hardshrink", [](const Tensor& a) { return hardshrink(a, 1); }, away({2, 3}));
  add_sample(
      rows, "softshrink", [](const Tensor& a) { return softshrink(a, {.lambd = 1}); }, away({2, 3}));

  add_refusal(rows, "gelu", "approximate", [](const Tensor& a) { return gelu(a, {.approximate = "erf"}); });
  add_refusal(rows, "elu", "alpha", [](const Tensor& a) { return elu(a, INFINITY); });
  add_refusal(rows, "leaky_relu", "negative_slope", [](const Tensor& a) { return leaky_relu(a, std::nan("")); });
  add_refusal(rows, "softplus", "beta", [](const Tensor& a) { return softplus(a, {.beta = 0}); });
  add_refusal(rows, "softplus", "threshold", [](const Tensor& a) { return softplus(a, {.threshold = std::nan("")}); });
  add_refusal(rows, "hardtanh", "min_val", [](const Tensor& a) { return hardtanh(a, 1, -1); });
  add_refusal(rows, "softshrink", "lambd", [](const Tensor& a) { return softshrink(a, -0.5); });
  add_refusal(rows, "hardshrink", "lambd", [](const Tensor& a) { return hardshrink(a, std::nan("")); });
  return rows;
}

Row prelu_row() {
  const auto f = [](const Tensor& a, const Tensor& w) { return prelu(a, w); };
  Row row{"prelu", {}, {}, sample(f, {away({3, 40001}), real({1})})};
  row.samples = {sample(f, {away({3, 4}), real({1})}),
                 sample(f, {away({2, 3, 4}), real({3})}),
                 sample(f, {away({2, 3}), real({3})}),
                 sample(f, {away({5}), real({})}),
                 sample(f, {away({}), real({1})}),
                 sample(f, {away({0, 3}), real({3})}),
                 sample(f, {constant(away({2, 3})), real({3})})};
  row.refusals = {undefined_input(f, 2), shapes("prelu: ", {2, 3}, {4}, f), shapes("prelu: ", {3}, {3}, f),
                  shapes("prelu: ", {2, 3}, {1, 3}, f),
                  one(
                      Type::DType, "prelu: ", {2}, [](const Tensor& a) { return prelu(a, ones({1})); }, int64)};
  return row;
}

/// Functions along a dim.
template <class F>
Row along(const char* name, F f, bool takes_scalars) {
  const auto over = [f](int64_t dim) { return [f, dim](const Tensor& a) { return f(a, dim); }; };
  const std::string prefix = std::string(name) + ": ";
  Row row{name, {}, {}, sample(over(1), {real({301, 400})})};
  row.samples = {sample(over(1), {real({3, 4})}), sample(over(0), {real({2, 3})}), sample(over(-2), {real({2, 4, 2})}),
                 sample(over(0), {real({6})}),    sample(over(1), {real({0, 4})}), sample(over(-1), {real({2, 0})})};
  if (takes_scalars) {
    row.samples.push_back(sample(over(0), {real({})}));
    row.samples.back().constant = true;
  }
  row.traits.scalar = takes_scalars;
  row.traits.tolerance32 = 3e-5;
  row.refusals = {undefined_input(over(0)), one(Type::Index, prefix, {2, 4}, over(2)),
                  one(Type::Index, "-3", {2, 4}, over(-3)), one(Type::DType, prefix, {2, 4}, over(0), int64)};
  return row;
}

}  // namespace

std::vector<Row> activation_rows() {
  std::vector<Row> rows = fused_rows();
  rows.push_back(unary(
      "selu", [](const Tensor& a) { return selu(a); }, away));
  rows.push_back(unary(
      "celu", [](const Tensor& a) { return celu(a, 1.3); }, away));
  rows.push_back(unary(
      "relu6", [](const Tensor& a) { return relu6(a); }, wide));
  rows.push_back(unary(
      "softsign", [](const Tensor& a) { return softsign(a); }, away));
  rows.push_back(unary(
      "tanhshrink", [](const Tensor& a) { return tanhshrink(a); }, anywhere));
  rows.push_back(unary(
      "threshold", [](const Tensor& a) { return threshold(a, 0.5, -3); }, away));
  rows.push_back(unary(
      "rrelu",
      [](const Tensor& a) {
        manual_seed(11);
        return rrelu(a, {.training = true});
      },
      away));
  rows.back().traits.tolerance32 = INFINITY;  // each precision draws its own values
  add_sample(
      rows, "rrelu", [](const Tensor& a) { return rrelu(a, {.lower = 0.1, .upper = 0.5}); }, away({2, 3}));
  add_sample(
      rows, "celu", [](const Tensor& a) { return celu(a, {.alpha = -0.6}); }, away({2, 3}));
  add_refusal(rows, "celu", "alpha", [](const Tensor& a) { return celu(a, 0); });
  add_refusal(rows, "rrelu", "lower", [](const Tensor& a) { return rrelu(a, {.lower = 0.5, .upper = 0.25}); });
  rows.push_back(prelu_row());

  Row gate = along(
      "glu", [](const Tensor& a, int64_t d) { return glu(a, d); }, false);
  gate.refusals.push_back(one(Type::Shape, "glu: ", {2, 3}, [](const Tensor& a) { return glu(a); }));
  gate.refusals.push_back(one(Type::Shape, "glu: ", {}, [](const Tensor& a) { return glu(a); }));
  rows.push_back(gate);
  rows.push_back(along(
      "softmin", [](const Tensor& a, int64_t d) { return softmin(a, d); }, true));
  rows.push_back(along(
      "gumbel_softmax",
      [](const Tensor& a, int64_t d) {
        manual_seed(11);
        return gumbel_softmax(a, {.tau = 0.7, .dim = d});
      },
      true));
  add_refusal(rows, "gumbel_softmax", "tau", [](const Tensor& a) { return gumbel_softmax(a, {.tau = 0}); });
  return rows;
}

}  // namespace descent::testing
