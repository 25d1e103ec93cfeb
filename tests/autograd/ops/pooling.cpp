// Pooling and resampling.
#include <cmath>

#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

/// f(x, kernel, options) as a function of x.
template <class F, class Options>
auto with(F f, const Extent& kernel, const Options& options) {
  return [=](const Tensor& x) { return f(x, kernel, options); };
}

using MaxPool = Tensor (*)(const Tensor&, const Extent&, const MaxPoolOptions&);
using AvgPool = Tensor (*)(const Tensor&, const Extent&, const AvgPoolOptions&);
using Adaptive = Tensor (*)(const Tensor&, const PooledSize&);

/// What every pool with a sliding window refuses; `shape` is an input of 4 … 6 elements a dim that it takes.
template <class Options, class F>
std::vector<Refusal> sliding_refusals(F f, const Shape& shape) {
  const auto plain = with(f, 2, Options{});
  Shape empty = shape;
  empty[empty.size() - 1] = 0;
  std::vector<Refusal> all = {
      undefined_input(plain),
      one(Type::DType, "int64", shape, plain, int64),
      one(Type::Shape, "takes an input of", {4}, plain),
      one(Type::Shape, "must not be empty", empty, plain),
      one(Type::Shape, "kernel_size", shape, with(f, {1, 1, 1, 1}, Options{})),
      one(Type::Argument, "kernel_size", shape, with(f, 0, Options{})),
      one(Type::Argument, "stride", shape, with(f, 2, Options{.stride = 0})),
      one(Type::Shape, "the output would be empty", shape, with(f, 9, Options{})),
      foreign_cotangent(plain, distinct(shape)),
  };
  return all;
}

/// What those with padding refuse as well.
template <class Options, class F>
std::vector<Refusal> padded_refusals(F f, const Shape& shape) {
  std::vector<Refusal> all = sliding_refusals<Options>(f, shape);
  all.push_back(one(Type::Argument, "padding", shape, with(f, 2, Options{.padding = -1})));
  all.push_back(one(Type::Argument, "half", shape, with(f, 3, Options{.padding = 2})));
  return all;
}

Row finished(Row row) {
  row.traits.scalar = false;
  return row;
}

std::vector<Row> max_rows() {
  using O = MaxPoolOptions;
  const MaxPool p1 = max_pool1d, p2 = max_pool2d, p3 = max_pool3d;
  const auto at = [](const Tensor& x) { return max_pool2d(x, {2, 3}, {.stride = 1, .padding = {1, 0}}); };
  std::vector<Row> rows;
  rows.push_back({"max_pool",
                  {sample(with(p2, 2, O{}), {distinct({1, 2, 4, 5})}),
                   sample(with(p2, {3, 2}, O{.stride = {1, 2}, .padding = {1, 0}}), {distinct({2, 4, 5})}),
                   sample(with(p2, 2, O{.dilation = {2, 1}, .ceil_mode = true}), {distinct({2, 1, 4, 5})}),
                   sample([](const Tensor& x) { return max_pool2d_with_indices(x, 2, {.stride = 1}).values; },
                          {distinct({1, 3, 3})}),
                   sample(with(p2, 2, O{}), {distinct({0, 2, 4, 5})})},
                  padded_refusals<O>(p2, {1, 4, 4}),
                  sample(with(p2, 2, O{}), {real({5, 8, 60, 50})})});
  rows.back().refusals.push_back(one(Type::Argument, "dilation", {1, 4, 4}, with(p2, 2, O{.dilation = 0})));
  rows.push_back({"max_pool_grad",
                  {gradient_sample(at, {distinct({1, 2, 3, 4})}, real({1, 2, 4, 2})),
                   gradient_sample(with(p1, 2, O{}), {distinct({2, 2, 5})}, real({2, 2, 2})),
                   gradient_sample(at, {distinct({2, 0, 3, 4})}, real({2, 0, 4, 2}))},
                  {foreign_cotangent(at, distinct({1, 3, 4})), undefined_input(at)},
                  gradient_sample(with(p2, 2, O{}), {real({5, 8, 60, 50})}, real({5, 8, 30, 25}))});
  rows.push_back(
      {"max_pool1d",
       {sample(with(p1, 3, O{.stride = 2, .padding = 1}), {distinct({2, 2, 6})}),
        sample(with(p1, 2, O{.ceil_mode = true}), {distinct({2, 5})}), sample(with(p1, 2, O{}), {distinct({0, 3, 4})})},
       padded_refusals<O>(p1, {2, 4}),
       sample(with(p1, 3, O{}), {real({5, 8, 3000})})});
  rows.push_back({"max_pool3d",
                  {sample(with(p3, 2, O{.stride = {1, 2, 1}}), {distinct({1, 1, 3, 2, 3})}),
                   sample(with(p3, {1, 2, 2}, O{.padding = {0, 1, 0}}), {distinct({2, 2, 2, 3})}),
                   sample(with(p3, 2, O{}), {distinct({0, 3, 4, 4, 4})})},
                  padded_refusals<O>(p3, {2, 4, 4, 4}),
                  sample(with(p3, 2, O{}), {real({3, 5, 10, 24, 34})})});
  for (Row& row : rows) row = finished(row);
  for (Row& row : rows) row.traits.zero_second = true;  // linear between the kinks
  return rows;
}

std::vector<Row> avg_rows() {
  using O = AvgPoolOptions;
  const AvgPool p1 = avg_pool1d, p2 = avg_pool2d, p3 = avg_pool3d;
  const auto at = with(p2, {2, 3}, O{.stride = 1, .padding = {1, 0}, .count_include_pad = false});
  std::vector<Row> rows;
  rows.push_back({"avg_pool",
                  {sample(with(p2, 2, O{}), {real({1, 2, 4, 5})}),
                   sample(with(p2, {3, 2}, O{.stride = {1, 2}, .padding = {1, 0}}), {real({2, 4, 5})}),
                   sample(at, {real({1, 2, 3, 4})}), sample(with(p2, 2, O{.ceil_mode = true}), {real({2, 1, 3, 5})}),
                   sample(with(p2, 2, O{.divisor_override = -3}), {real({1, 4, 4})}),
                   sample(with(p2, 2, O{}), {real({0, 2, 4, 5})})},
                  padded_refusals<O>(p2, {1, 4, 4}),
                  sample(with(p2, 2, O{}), {real({5, 8, 60, 50})})});
  rows.back().refusals.push_back(
      one(Type::Argument, "divisor_override", {1, 4, 4}, with(p2, 2, O{.divisor_override = 0})));
  rows.push_back({"avg_pool_grad",
                  {gradient_sample(at, {real({1, 2, 3, 4})}, real({1, 2, 4, 2})),
                   gradient_sample(with(p1, 2, O{}), {real({2, 2, 5})}, real({2, 2, 2})),
                   gradient_sample(at, {real({2, 0, 3, 4})}, real({2, 0, 4, 2}))},
                  {foreign_cotangent(at, real({1, 3, 4})), undefined_input(at)},
                  gradient_sample(with(p2, 2, O{}), {real({5, 8, 60, 50})}, real({5, 8, 30, 25}))});
  rows.push_back(
      {"avg_pool1d",
       {sample(with(p1, 3, O{.stride = 2, .padding = 1}), {real({2, 2, 6})}),
        sample(with(p1, 2, O{.ceil_mode = true}), {real({2, 5})}), sample(with(p1, 2, O{}), {real({0, 3, 4})})},
       padded_refusals<O>(p1, {2, 4}),
       sample(with(p1, 3, O{}), {real({5, 8, 3000})})});
  rows.push_back({"avg_pool3d",
                  {sample(with(p3, 2, O{.stride = {1, 2, 1}}), {real({1, 1, 3, 2, 3})}),
                   sample(with(p3, {1, 2, 2}, O{.padding = {0, 1, 0}}), {real({2, 2, 2, 3})}),
                   sample(with(p3, 2, O{}), {real({0, 3, 4, 4, 4})})},
                  padded_refusals<O>(p3, {2, 4, 4, 4}),
                  sample(with(p3, 2, O{}), {real({3, 5, 10, 24, 34})})});
  for (Row& row : rows) {
    row = finished(row);
    row.traits.zero_second = true;  // linear
  }
  using L = LpPoolOptions;
  const auto lp = [](auto f, double p) {
    return [f, p](const Tensor& x, const Extent& kernel, const L& options) { return f(x, p, kernel, options); };
  };
  const auto l1 = [](const Tensor& x, double p, const Extent& k, const L& o) { return lp_pool1d(x, p, k, o); };
  const auto l2 = [](const Tensor& x, double p, const Extent& k, const L& o) { return lp_pool2d(x, p, k, o); };
  rows.push_back(finished({"lp_pool1d",
                           {sample(with(lp(l1, 2), 2, L{}), {positive({2, 2, 5})}),
                            sample(with(lp(l1, 3), 3, L{.stride = 1, .ceil_mode = true}), {positive({2, 4})}),
                            sample(with(lp(l1, 2), 2, L{}), {positive({0, 2, 5})})},
                           sliding_refusals<L>(lp(l1, 2), {2, 4}),
                           sample(with(lp(l1, 2), 2, L{}), {positive({5, 8, 3000})})}));
  rows.push_back(finished({"lp_pool2d",
                           {sample(with(lp(l2, 2), {2, 1}, L{}), {positive({1, 1, 3, 4})}),
                            sample(with(lp(l2, 1), 2, L{.stride = 1}), {positive({1, 3, 3})}),
                            sample(with(lp(l2, 2.5), 2, L{}), {positive({0, 2, 5, 5})})},
                           sliding_refusals<L>(lp(l2, 2), {2, 4, 4}),
                           sample(with(lp(l2, 2), 2, L{}), {positive({5, 8, 60, 50})})}));
  for (std::size_t i = rows.size() - 2; i < rows.size(); ++i)
    rows[i].refusals.push_back(one(Type::Argument, "norm_type", i + 2 == rows.size() ? Shape{2, 4} : Shape{2, 4, 4},
                                   [=, last = i + 1 == rows.size()](const Tensor& x) {
                                     return last ? lp_pool2d(x, 0, 2) : lp_pool1d(x, std::nan(""), 2);
                                   }));
  return rows;
}

Row unpool_row() {
  using O = MaxUnpoolOptions;
  const auto back = [](const Extent& kernel, const MaxPoolOptions& pool, const O& unpool) {
    return [=](const Tensor& x) {
      const auto [values, indices] = max_pool2d_with_indices(x, kernel, pool);
      return max_unpool2d(values, indices, kernel, unpool);
    };
  };
  const auto at = [](std::vector<int64_t> places, const Shape& shape, const O& options = {}) {
    return [=](const Tensor& x) { return max_unpool2d(x, from_vector(places, shape), 2, options); };
  };
  Row row{"max_unpool2d",
          {sample(back(2, {}, {}), {distinct({1, 2, 4, 4})}),
           sample(back(2, {.padding = {1, 0}}, {.padding = {1, 0}, .output_size = {4, 5}}), {distinct({2, 4, 5})}),
           sample(back(2, {}, {}), {distinct({0, 2, 4, 4})}),
           sample(
               [](const Tensor& x) {
                 return max_unpool1d(x, tensor({{1, 2}, {0, 3}}), 2);
               },
               {real({2, 2})}),
           sample(
               [](const Tensor& x) {
                 return max_unpool3d(x, tensor({{{{5}}}, {{{2}}}}), 2);
               },
               {real({2, 1, 1, 1})})},
          {undefined_input(at({0}, {1, 1, 1})), one(Type::DType, "int64", {1, 1, 1}, at({0}, {1, 1, 1}), int64),
           one(Type::Index, "max_unpool2d: place 4", {1, 1, 1}, at({4}, {1, 1, 1})),
           one(Type::Index, "-1", {1, 1, 1}, at({-1}, {1, 1, 1})),
           one(Type::Shape, "shaped like", {1, 1, 1}, at({0, 1}, {1, 1, 2})),
           one(Type::Argument, "output_size", {1, 1, 1}, at({0}, {1, 1, 1}, {.output_size = 4})),
           one(Type::Shape, "the output would be", {1, 1, 1}, at({0}, {1, 1, 1}, {.padding = 1})),
           one(Type::DType, "indices", {1, 1, 1}, [](const Tensor& x) { return max_unpool2d(x, x, 2); })},
          sample(back(2, {}, {}), {real({5, 8, 60, 50})})};
  row.traits.zero_second = true;
  return finished(row);
}

Row adaptive_row(const char* name, Adaptive f, int dims, bool maximum) {
  const auto to = [f](const PooledSize& size) { return [=](const Tensor& x) { return f(x, size); }; };
  const PooledSize uneven = dims == 1 ? PooledSize(3) : dims == 2 ? PooledSize{3, 2} : PooledSize{1, 2, 1};
  const PooledSize kept = dims == 1   ? PooledSize{std::nullopt}
                          : dims == 2 ? PooledSize{2, std::nullopt}
                                      : PooledSize{std::nullopt, 1, std::nullopt};
  const auto input = [&](Shape lead, int64_t size) {
    for (int i = 0; i < dims; ++i) lead.push_back(size - i);
    return maximum ? distinct(lead) : real(lead);
  };
  Shape empty{1, 2}, large{2, 3};
  for (int i = 0; i < dims; ++i) empty.push_back(0), large.push_back(dims == 1 ? 24000 : dims == 2 ? 150 : 30);
  Row row{name,
          {sample(to(uneven), {input({1, 2}, dims == 3 ? 3 : 5)}), sample(to(1), {input({2}, 3)}),
           sample(to(4), {input({1, 1}, 3)}), sample(to(2), {input({0, 2}, 4)}), sample(to(0), {input({2, 1}, 3)}),
           sample(to(kept), {input({2, 1}, 4)})},
          {undefined_input(to(2)), one(Type::Shape, "takes an input of", {3}, to(2)),
           one(Type::DType, "int64", input({2}, 4).shape, to(2), int64),
           one(Type::Shape, "must not be empty", empty, to(2)),
           one(Type::Argument, "output_size", input({2}, 4).shape, to(-1)),
           one(Type::Shape, "output_size", input({2}, 4).shape, to({1, 1, 1, 1})),
           one(Type::Shape, "output_size", input({2}, 4).shape, to(Extent()))},
          sample(to(7), {real(large)})};
  row.traits.zero_second = true;
  return finished(row);
}

std::vector<Row> interpolate_rows() {
  using O = InterpolateOptions;
  const auto by = [](const O& options) { return [options](const Tensor& x) { return interpolate(x, options); }; };
  Row row{"interpolate", {}, {}, sample(by({.scale_factor = 2, .mode = "bilinear"}), {real({2, 4, 50, 60})})};
  row.samples = {
      sample(by({.scale_factor = {2, 1.5}}), {real({1, 2, 2, 3})}),
      sample(by({.size = {4, 3}, .mode = "bilinear"}), {real({1, 2, 3, 4})}),
      sample(by({.scale_factor = 1.7, .mode = "bilinear", .align_corners = true}), {real({1, 1, 3, 2})}),
      sample(by({.size = 5, .mode = "linear"}), {real({2, 2, 3})}),
      sample(by({.size = 2}), {real({2, 1, 5})}),
      sample(by({.size = {5, 3}, .mode = "bicubic"}), {real({1, 1, 3, 4})}),
      sample(by({.size = 3, .mode = "trilinear"}), {real({1, 1, 2, 2, 2})}),
      sample(by({.size = 3, .mode = "nearest-exact"}), {real({1, 1, 2, 2, 5})}),
      sample(by({.size = 2, .mode = "area"}), {real({1, 1, 3, 4})}),
      sample(by({.size = {2, 3}, .mode = "bilinear", .antialias = true}), {real({1, 1, 5, 4})}),
      sample(by({.size = {4, 3}, .mode = "bilinear"}), {real({0, 2, 3, 4})}),
  };
  const Shape image{1, 2, 3, 4};
  row.refusals = {
      undefined_input(by({.size = 2})),
      one(Type::Shape, "3 to 5 dims", {3, 4}, by({.size = 2})),
      one(Type::Shape, "empty", {1, 2, 0, 4}, by({.size = 2})),
      one(Type::Argument, "neither", image, by({})),
      one(Type::Argument, "both", image, by({.size = 2, .scale_factor = 2})),
      one(Type::Argument, "size", image, by({.size = 0})),
      one(Type::Shape, "size", image, by({.size = {1, 2, 3}})),
      one(Type::Shape, "scale_factor", image, by({.scale_factor = {1, 2, 3}})),
      one(Type::Shape, "scale_factor", image, by({.scale_factor = 0.2})),
      one(Type::Argument, "scale_factor", image, by({.scale_factor = -1})),
      one(Type::Argument, "scale_factor", image, by({.scale_factor = std::nan("")})),
      one(Type::Argument, "\"linear\"", image, by({.size = 2, .mode = "linear"})),
      one(Type::Argument, "\"cubic\"", image, by({.size = 2, .mode = "cubic"})),
      one(Type::Argument, "align_corners", image, by({.size = 2, .align_corners = true})),
      one(Type::Argument, "antialias", image, by({.size = 2, .antialias = true})),
      one(Type::Argument, "recompute", image, by({.size = 2, .recompute_scale_factor = true})),
      one(Type::DType, "int64", image, by({.size = 2, .mode = "bilinear"}), int64),
      foreign_cotangent(by({.size = 2}), real(image)),
  };
  Row grad{"interpolate_grad", {}, {}, {}};
  const auto linear = by({.size = {4, 3}, .mode = "bilinear"});
  grad.samples = {gradient_sample(linear, {real({1, 2, 3, 4})}, real({1, 2, 4, 3})),
                  gradient_sample(by({.size = 5}), {real({1, 2, 3})}, real({1, 2, 5})),
                  gradient_sample(by({.size = 4, .mode = "bicubic"}), {real({1, 1, 3, 3})}, real({1, 1, 4, 4})),
                  gradient_sample(linear, {real({0, 2, 3, 4})}, real({0, 2, 4, 3}))};
  grad.large =
      gradient_sample(by({.scale_factor = 2, .mode = "bilinear"}), {real({2, 4, 50, 60})}, real({2, 4, 100, 120}));
  grad.refusals = {foreign_cotangent(linear, real({1, 1, 3, 3})), undefined_input(linear)};
  row.traits.zero_second = grad.traits.zero_second = true;  // linear
  return {finished(row), finished(grad)};
}

}  // namespace

std::vector<Row> pooling_rows() {
  std::vector<Row> rows = max_rows();
  for (const std::vector<Row>& more : {avg_rows(), interpolate_rows()})
    rows.insert(rows.end(), more.begin(), more.end());
  rows.push_back(unpool_row());
  rows.push_back(adaptive_row("adaptive_avg_pool1d", adaptive_avg_pool1d, 1, false));
  rows.push_back(adaptive_row("adaptive_avg_pool2d", adaptive_avg_pool2d, 2, false));
  rows.push_back(adaptive_row("adaptive_avg_pool3d", adaptive_avg_pool3d, 3, false));
  rows.push_back(adaptive_row("adaptive_max_pool1d", adaptive_max_pool1d, 1, true));
  rows.push_back(adaptive_row("adaptive_max_pool2d", adaptive_max_pool2d, 2, true));
  rows.push_back(adaptive_row("adaptive_max_pool3d", adaptive_max_pool3d, 3, true));
  return rows;
}

}  // namespace descent::testing
