// The table of ops that the walk tests: one row an op, with sample inputs and inputs that must be refused.
#pragma once

#include "../../fixture.h"
#include "autograd/gradcheck.h"

namespace descent::testing {

using List = std::vector<Tensor>;
using Function = std::function<List(const List&)>;

/// How to make one input of a sample. Values are uniform on [low, high), or as `kind` says.
struct Arg {
  enum class Kind {
    Real,      ///< float64, uniform
    Away,      ///< float64, at least 0.05 from every multiple of 0.5: safe for kinks at 0, ±0.5, ±1 …
    Distinct,  ///< float64, all different by 0.05 or more, in a shuffled order: no ties
    Index,     ///< int64 on [low, high)
    Mask,      ///< boolean, about half true
  };
  Shape shape;
  double low = -2, high = 2;
  Kind kind = Kind::Real;
  bool differentiable = true;
};

inline Arg real(const Shape& shape, double low = -2, double high = 2) { return {shape, low, high}; }
inline Arg positive(const Shape& shape) { return {shape, 0.3, 3}; }
inline Arg away(const Shape& shape) { return {shape, -2, 2, Arg::Kind::Away}; }
inline Arg distinct(const Shape& shape) { return {shape, -2, 2, Arg::Kind::Distinct}; }
/// Int64 indices on [0, below).
inline Arg index_below(const Shape& shape, int64_t below) {
  return {shape, 0, static_cast<double>(below), Arg::Kind::Index, false};
}
inline Arg mask(const Shape& shape) { return {shape, 0, 1, Arg::Kind::Mask, false}; }
/// An input without a gradient.
inline Arg constant(Arg arg) {
  arg.differentiable = false;
  return arg;
}

/// Makes the input; the same bits every time.
Tensor make(const Arg& arg, std::uint64_t seed);

/// One call of the op: its attributes are in the function.
struct Sample {
  Function f;
  std::vector<Arg> args;
  bool constant = false;  ///< the result does not depend on the inputs: zero gradients are right
};

/// A call that must throw `type` (exactly) with `part` in its message, which also begins with the op's name.
struct Refusal {
  enum class Type { Shape, DType, Index, Autograd, Argument, Plain };
  Type type;
  std::string part;
  std::function<List()> inputs;
  std::function<void(const List&)> call;
};

/// What is known to be special about an op.
struct Traits {
  bool differentiable = true;   ///< false: no gradient, the output never requires grad
  bool zero_gradient = false;   ///< the gradient is zero everywhere (sign)
  bool zero_second = false;     ///< so is the second order, its cotangent included
  double tolerance32 = 1e-5;    ///< float32 against float64, relative to max(1, |value|)
  double layout_tolerance = 0;  ///< 0: other strides give the same bits
  bool empty = true;            ///< takes zero-size inputs: a sample must have one
  bool scalar = true;           ///< takes 0-dim inputs: a sample must have one
};

struct Row {
  std::string name;  ///< as in the library's op list, or a public function made of such ops
  std::vector<Sample> samples;
  std::vector<Refusal> refusals;
  /// Large enough that the work is threaded, if it ever is.
  Sample large;
  Traits traits = {};
};

/// Turns a function of one, two or three tensors into one of a list.
template <class F>
Function as_function(F f) {
  return [f](const List& in) -> List {
    if constexpr (std::is_invocable_v<F, const List&>)
      return autograd::detail::as_list(f(in));
    else if constexpr (std::is_invocable_v<F, const Tensor&>)
      return autograd::detail::as_list(f(in[0]));
    else if constexpr (std::is_invocable_v<F, const Tensor&, const Tensor&>)
      return autograd::detail::as_list(f(in[0], in[1]));
    else
      return autograd::detail::as_list(f(in[0], in[1], in[2]));
  };
}

template <class F>
Sample sample(F f, std::vector<Arg> args) {
  return {as_function(f), std::move(args)};
}

/// The gradient of f as a function of its inputs and one cotangent: what a fused gradient op computes.
/// `inputs` are those of f; constant ones get no gradient.
Function gradient_of(Function f, const std::vector<Arg>& inputs);
template <class F>
Sample gradient_sample(F f, std::vector<Arg> args, Arg cotangent) {
  const Function gradient = gradient_of(as_function(f), args);
  args.push_back(std::move(cotangent));
  return {gradient, std::move(args)};
}

template <class F>
Refusal refuses(Refusal::Type type, std::string part, F call, std::function<List()> inputs) {
  const Function f = as_function(call);
  return {type, std::move(part), std::move(inputs), [f](const List& in) { f(in); }};
}

// One list a family of ops.
std::vector<Row> pointwise_rows();
std::vector<Row> binary_rows();
std::vector<Row> compare_rows();
std::vector<Row> reduce_rows();
std::vector<Row> shape_rows();
std::vector<Row> index_rows();
std::vector<Row> matmul_rows();
std::vector<Row> softmax_rows();
std::vector<Row> random_rows();
std::vector<Row> create_rows();
std::vector<Row> special_rows();
std::vector<Row> rounding_rows();
std::vector<Row> logic_rows();
std::vector<Row> activation_rows();
std::vector<Row> statistics_rows();
std::vector<Row> scan_rows();
std::vector<Row> product_rows();
std::vector<Row> diagonal_rows();
std::vector<Row> linalg_rows();
std::vector<Row> repeat_rows();
std::vector<Row> pad_rows();
std::vector<Row> scatter_rows();
std::vector<Row> masks_rows();
std::vector<Row> sorting_rows();
std::vector<Row> convolution_rows();
std::vector<Row> pooling_rows();
std::vector<Row> normalization_rows();
std::vector<Row> distance_rows();
std::vector<Row> attention_rows();
std::vector<Row> embedding_rows();
std::vector<Row> sparse_rows();
std::vector<Row> ctc_rows();
std::vector<Row> recurrent_rows();

}  // namespace descent::testing
