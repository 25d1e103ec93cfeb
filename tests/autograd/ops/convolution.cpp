// Convolutions: strides, paddings on one or both sides, dilations, groups, channels of one, blocks of several images.
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;
using Conv = Tensor (*)(const Tensor&, const Tensor&, const Tensor&, const ConvOptions&);
using Transpose = Tensor (*)(const Tensor&, const Tensor&, const Tensor&, const ConvTransposeOptions&);

/// f(x, w) or f(x, w, b) with these options.
template <class F, class Options>
auto with(F f, const Options& options) {
  return [f, options](const List& in) { return f(in[0], in[1], in.size() > 2 ? in[2] : Tensor(), options); };
}

template <class F, class Options>
Refusal refused(F f, Type type, const char* part, const Shape& x, const Shape& w, const Options& options) {
  return refuses(type, part, with(f, options), [x, w] { return List{ones(x), ones(w)}; });
}

template <class Options, class F>
std::vector<Refusal> shared_refusals(F f) {
  const auto pair = [f](const Tensor& x, const Tensor& w) { return f(x, w, {}, Options{}); };
  return {
      undefined_input(pair, 2),
      refuses(Type::DType, "float", pair,
              [] {
                return List{ones({1, 2, 4, 4}), ones({2, 2, 2, 2}, {.dtype = float64})};
              }),
      refuses(Type::DType, "int64", pair,
              [] {
                return List{ones({1, 2, 4, 4}, {.dtype = int64}), ones({2, 2, 2, 2}, {.dtype = int64})};
              }),
      refused(f, Type::Shape, "[2, 4]", {2, 4}, {2, 2, 2, 2}, Options{}),
      refused(f, Type::Shape, "[2, 2, 2]", {1, 2, 4, 4}, {2, 2, 2}, Options{}),
      refused(f, Type::Shape, "3 channels but the weight [4, 2, 2, 2] with groups = 1", {1, 3, 4, 4}, {4, 2, 2, 2},
              Options{}),
      refused(f, Type::Shape, "groups = 3", {1, 4, 4, 4}, {4, 4, 2, 2}, Options{.groups = 3}),
      refused(f, Type::Shape, "empty", {1, 2, 4, 4}, {2, 2, 0, 2}, Options{}),
      refused(f, Type::Argument, "groups", {1, 2, 4, 4}, {2, 2, 2, 2}, Options{.groups = 0}),
      refused(f, Type::Argument, "stride", {1, 2, 4, 4}, {2, 2, 2, 2}, Options{.stride = 0}),
      refused(f, Type::Argument, "padding", {1, 2, 4, 4}, {2, 2, 2, 2}, Options{.padding = -1}),
      refused(f, Type::Argument, "dilation", {1, 2, 4, 4}, {2, 2, 2, 2}, Options{.dilation = 0}),
      refused(f, Type::Shape, "stride", {1, 2, 4, 4}, {2, 2, 2, 2}, Options{.stride = {1, 2, 3}}),
      refuses(Type::Shape, "bias", with(f, Options{}),
              [] {
                return List{ones({1, 2, 4, 4}), ones({2, 2, 2, 2}), ones({1})};
              }),
  };
}

Row convolution_row() {
  const Conv f = conv2d;
  Row row{"convolution",
          {},
          shared_refusals<ConvOptions>(f),
          sample(with(f, ConvOptions{.padding = 1}), {real({6, 8, 24, 24}), real({16, 8, 3, 3}, -0.2, 0.2)})};
  row.samples = {
      sample(with(f, ConvOptions{.stride = {2, 1}, .padding = {0, 2}, .dilation = {1, 2}}),
             {real({1, 2, 5, 4}), real({2, 2, 3, 2}), real({2})}),
      sample(with(f, ConvOptions{.padding = "same", .groups = 2}), {real({1, 4, 3, 3}), real({2, 2, 2, 3})}),
      sample(with(f, ConvOptions{.stride = 2, .padding = 1}), {real({8, 2, 4, 4}), real({2, 2, 3, 3}), real({2})}),
      sample(with(f, ConvOptions{.stride = {1, 2}, .padding = {1, 0}, .groups = 2}),
             {real({2, 2, 3, 6}), real({4, 1, 2, 3}), real({4})}),                          // one channel a group
      sample(with(f, ConvOptions{}), {real({2, 3, 2, 3}), real({2, 3, 1, 1}), real({2})}),  // no columns
      sample(with(f, ConvOptions{}), {real({2, 3, 3}), real({1, 2, 2, 2})}),
      sample(with(f, ConvOptions{.padding = 1}), {real({0, 2, 3, 3}), real({2, 2, 3, 3}), real({2})}),
      sample(with(f, ConvOptions{.padding = 1}), {real({2, 0, 3, 3}), real({2, 0, 2, 2}), real({2})}),
  };
  row.traits.scalar = false;
  row.traits.tolerance32 = 3e-5;
  row.refusals.push_back(
      refused(f, Type::Argument, "\"full\"", {1, 2, 4, 4}, {2, 2, 2, 2}, ConvOptions{.padding = "full"}));
  row.refusals.push_back(
      refused(f, Type::Argument, "stride", {1, 2, 4, 4}, {2, 2, 2, 2}, ConvOptions{.stride = 2, .padding = "same"}));
  row.refusals.push_back(refused(f, Type::Shape, "larger", {1, 2, 4, 4}, {2, 2, 2, 5}, ConvOptions{}));
  row.refusals.push_back(
      refused(f, Type::Shape, "spans 5", {1, 2, 4, 4}, {2, 2, 2, 2}, ConvOptions{.dilation = {4, 1}}));
  return row;
}

Row input_grad_row() {
  const Transpose f = conv_transpose2d;
  Row row{"convolution_input_grad",
          {},
          shared_refusals<ConvTransposeOptions>(f),
          sample(with(f, ConvTransposeOptions{.stride = 2, .padding = 1, .output_padding = 1}),
                 {real({6, 8, 12, 12}), real({8, 6, 3, 3}, -0.2, 0.2), real({6})})};
  row.samples = {
      sample(with(f, ConvTransposeOptions{.stride = {2, 1}, .padding = {1, 0}, .output_padding = {1, 0}}),
             {real({1, 2, 2, 3}), real({2, 1, 3, 2}), real({1})}),
      sample(with(f, ConvTransposeOptions{.padding = 1, .groups = 2, .dilation = {1, 2}}),
             {real({1, 4, 3, 2}), real({4, 2, 2, 3}), real({4})}),
      sample(with(f, ConvTransposeOptions{.stride = 2, .groups = 2}),
             {real({2, 2, 2, 2}), real({2, 1, 3, 2}), real({2})}),
      sample(with(f, ConvTransposeOptions{}), {real({8, 2, 2, 2}), real({2, 1, 2, 2})}),
      sample(with(f, ConvTransposeOptions{}), {real({2, 2, 3}), real({2, 3, 1, 1}), real({3})}),
      sample(with(f, ConvTransposeOptions{}), {real({0, 2, 2, 3}), real({2, 3, 2, 2}), real({3})}),
  };
  row.traits.scalar = false;
  row.traits.tolerance32 = 3e-5;
  row.refusals.push_back(refused(f, Type::Argument, "output_padding", {1, 2, 4, 4}, {2, 2, 2, 2},
                                 ConvTransposeOptions{.stride = 2, .output_padding = 2}));
  row.refusals.push_back(
      refused(f, Type::Shape, "size 0", {1, 2, 1, 4}, {2, 2, 2, 2}, ConvTransposeOptions{.padding = 1}));
  row.refusals.push_back(
      refused(f, Type::Shape, "without elements", {1, 2, 0, 4}, {2, 2, 2, 2}, ConvTransposeOptions{}));
  return row;
}

Row weight_grad_row() {
  const auto f = [](const ConvOptions& options) {
    return [options](const Tensor& x, const Tensor& w) { return conv2d(x, w, {}, options); };
  };
  Row row{"convolution_weight_grad", {}, {}, {}};
  row.samples = {
      gradient_sample(f({.stride = {2, 1}, .padding = {0, 1}}), {real({2, 2, 4, 3}), real({2, 2, 2, 2})},
                      real({2, 2, 2, 4})),
      gradient_sample(f({.dilation = 2, .groups = 2}), {real({2, 2, 3, 4}), real({2, 1, 2, 2})}, real({2, 2, 1, 2})),
      gradient_sample(f({}), {real({2, 2, 2, 2}), real({3, 2, 1, 1})}, real({2, 3, 2, 2})),
      gradient_sample(f({}), {real({0, 2, 2, 2}), real({3, 2, 2, 2})}, real({0, 3, 1, 1})),
  };
  row.samples.back().constant = true;  // a sum over nothing
  row.large = gradient_sample(f({.padding = 1}), {real({9, 6, 20, 20}), real({7, 6, 3, 3}, -0.2, 0.2)},
                              real({9, 7, 20, 20}, -0.2, 0.2));
  row.traits.scalar = false;
  row.traits.tolerance32 = 3e-5;
  const auto one_argument = [](const Tensor& x) { return conv2d(x, ones({2, 2, 2, 2}, {.dtype = float64})); };
  row.refusals = {foreign_cotangent(one_argument, real({1, 2, 3, 3})), undefined_input(one_argument)};
  return row;
}

/// The public functions of one and three dims, and of two where the rows above are transposed.
template <class Options, class F>
Row public_row(const char* name, F f, std::vector<Sample> samples, const Sample& large, const Shape& x,
               const Shape& w) {
  Row row{name, std::move(samples), {}, large};
  row.refusals = {refused(f, Type::Shape, name, x, {1}, Options{}), refused(f, Type::Shape, name, {2}, w, Options{}),
                  refused(f, Type::Argument, name, x, w, Options{.stride = -1})};
  row.traits.scalar = false;
  row.traits.tolerance32 = 3e-5;
  return row;
}

}  // namespace

std::vector<Row> convolution_rows() {
  using O = ConvOptions;
  using T = ConvTransposeOptions;
  const Conv c1 = conv1d, c2 = conv2d, c3 = conv3d;
  const Transpose t1 = conv_transpose1d, t2 = conv_transpose2d, t3 = conv_transpose3d;
  return {
      convolution_row(),
      input_grad_row(),
      weight_grad_row(),
      public_row<O>(
          "conv1d", c1,
          {sample(with(c1, O{.stride = 2, .padding = 1, .dilation = 2}), {real({2, 2, 7}), real({3, 2, 3}), real({3})}),
           sample(with(c1, O{.padding = "same", .groups = 3}), {real({3, 6}), real({3, 1, 4}), real({3})}),
           sample(with(c1, O{.padding = "valid"}), {real({0, 2, 4}), real({1, 2, 2})})},
          sample(with(c1, O{}), {real({3, 4, 9000}), real({5, 4, 7}, -0.2, 0.2)}), {1, 2, 5}, {2, 2, 3}),
      public_row<O>("conv2d", c2,
                    {sample(with(c2, O{.groups = 4}), {real({1, 4, 3, 4}), real({4, 1, 2, 3}), real({4})}),
                     sample(with(c2, O{.stride = 3, .padding = {2, 1}}), {real({1, 1, 3, 5}), real({3, 1, 3, 2})}),
                     sample(with(c2, O{}), {real({2, 1, 2, 2}), real({0, 1, 2, 2})})},
                    sample(with(c2, O{.padding = 1, .groups = 16}), {real({2, 16, 40, 40}), real({16, 1, 3, 3})}),
                    {1, 2, 5, 5}, {2, 2, 3, 3}),
      public_row<O>("conv3d", c3,
                    {sample(with(c3, O{.stride = {1, 2, 1}, .padding = {1, 0, 1}}),
                            {real({1, 2, 2, 3, 2}), real({1, 2, 2, 2, 2}), real({1})}),
                     sample(with(c3, O{.padding = "same", .groups = 2}), {real({2, 2, 2, 2}), real({2, 1, 2, 1, 3})}),
                     sample(with(c3, O{}), {real({0, 2, 2, 2, 2}), real({1, 2, 2, 2, 2})})},
                    sample(with(c3, O{}), {real({4, 3, 8, 12, 14}), real({4, 3, 2, 3, 3}, -0.2, 0.2)}), {1, 2, 3, 3, 3},
                    {2, 2, 2, 2, 2}),
      public_row<T>("conv_transpose1d", t1,
                    {sample(with(t1, T{.stride = 3, .padding = 1, .output_padding = 2}),
                            {real({2, 2, 3}), real({2, 3, 4}), real({3})}),
                     sample(with(t1, T{.groups = 2, .dilation = 2}), {real({2, 4}), real({2, 1, 2})}),
                     sample(with(t1, T{}), {real({0, 2, 3}), real({2, 1, 2})})},
                    sample(with(t1, T{.stride = 2}), {real({3, 4, 4500}), real({4, 3, 4}, -0.2, 0.2)}), {1, 2, 5},
                    {2, 2, 3}),
      public_row<T>("conv_transpose2d", t2,
                    {sample(with(t2, T{.stride = 2, .output_padding = 1}), {real({2, 2, 2}), real({2, 2, 2, 2})}),
                     sample(with(t2, T{.dilation = {2, 1}}), {real({1, 1, 2, 3}), real({1, 2, 2, 2}), real({2})}),
                     sample(with(t2, T{}), {real({1, 0, 2, 2}), real({0, 2, 2, 2}), real({2})})},
                    sample(with(t2, T{.groups = 16}), {real({2, 16, 40, 40}), real({16, 1, 3, 3})}), {1, 2, 5, 5},
                    {2, 2, 3, 3}),
      public_row<T>("conv_transpose3d", t3,
                    {sample(with(t3, T{.stride = {1, 2, 1}, .padding = {1, 0, 0}}),
                            {real({1, 2, 2, 2, 2}), real({2, 1, 2, 2, 2}), real({1})}),
                     sample(with(t3, T{}), {real({1, 1, 2, 1}), real({1, 2, 2, 1, 2})}),
                     sample(with(t3, T{}), {real({0, 1, 2, 1, 1}), real({1, 2, 2, 1, 2})})},
                    sample(with(t3, T{}), {real({4, 4, 7, 10, 12}), real({4, 3, 2, 3, 3}, -0.2, 0.2)}), {1, 2, 3, 3, 3},
                    {2, 2, 2, 2, 2}),
  };
}

}  // namespace descent::testing
