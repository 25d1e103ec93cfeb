// Ops that rearrange elements.
#include "refusals.h"

namespace descent::testing {

std::vector<Row> dims_rows();

namespace {

/// One function of a tensor; `shapes` are the samples' inputs.
template <class F>
Row rearranges(const char* name, const Shape& large, F f, const std::vector<Shape>& inputs, Traits traits = {}) {
  Row row{name, {}, {undefined_input(f)}, sample(f, {real(large)}), traits};
  for (const Shape& shape : inputs) row.samples.push_back(sample(f, {real(shape)}));
  return row;
}

template <class F>
void also(Row& row, F f, const Shape& shape) {
  row.samples.push_back(sample(f, {real(shape)}));
}

using Type = Refusal::Type;

Row reshape_row() {
  const auto to = [](const Shape& s) { return [s](const Tensor& a) { return reshape(a, s); }; };
  Row row = rearranges("reshape", {3, 40001}, to({-1}), {{3, 4}, {}, {0, 3}, {2, 3, 2}});
  also(row, to({4, 3}), {3, 4});
  also(row, to({2, -1, 1}), {2, 3});
  also(row, to({}), {1, 1});
  also(row, to({0, 2}), {0});
  row.refusals.push_back(one(Type::Shape, "reshape: ", {2, 3}, to({4, 2})));
  row.refusals.push_back(one(Type::Shape, "reshape: ", {2, 3}, to({-1, -1})));
  row.refusals.push_back(one(Type::Shape, "[-1, 4]", {2, 3}, to({-1, 4})));
  row.refusals.push_back(one(Type::Shape, "reshape: ", {0, 3}, to({-1, 0})));
  row.refusals.push_back(one(Type::Shape, "-2", {2, 3}, to({-2, 3})));
  return row;
}

Row flatten_row() {
  const auto f = [](int64_t from, int64_t to) { return [from, to](const Tensor& a) { return flatten(a, from, to); }; };
  Row row = rearranges("flatten", {3, 40001, 1}, f(0, -1), {{3, 4}, {}, {0, 3}, {2, 3, 2}});
  also(row, f(1, -1), {2, 3, 2});
  also(row, f(0, 1), {2, 3, 2});
  row.refusals.push_back(one(Type::Index, "flatten: ", {2, 3}, f(2, -1)));
  row.refusals.push_back(one(Type::Index, "flatten: ", {2, 3}, f(0, -3)));
  row.refusals.push_back(one(Type::Shape, "flatten: ", {2, 3}, f(1, 0)));
  return row;
}

Row view_row() {
  const auto to = [](const Shape& s) { return [s](const Tensor& a) { return view(a.contiguous(), s); }; };
  Row row = rearranges("view", {3, 40001}, to({-1}), {{3, 4}, {}, {0, 3}});
  also(row, to({4, 3}), {3, 4});
  row.refusals.push_back(one(Type::Shape, "view: ", {2, 3}, to({4, 2})));
  row.refusals.push_back(one(Type::Shape, "view: ", {2, 3}, [](const Tensor& a) { return view(a.t(), {6}); }));
  return row;
}

Row transpose_row() {
  const auto f = [](int64_t x, int64_t y) { return [x, y](const Tensor& a) { return transpose(a, x, y); }; };
  Row row = rearranges("transpose", {3, 40001}, f(0, -1), {{3, 4}, {}, {0, 3}, {2, 3, 2}});
  also(row, f(1, 2), {2, 3, 2});
  also(row, f(-1, -3), {2, 3, 2});
  also(row, [](const Tensor& a) { return t(a); }, {2, 3});
  row.refusals.push_back(one(Type::Index, "transpose: ", {2, 3}, f(0, 2)));
  row.refusals.push_back(one(Type::Index, "-3", {2, 3}, f(-3, 0)));
  row.refusals.push_back(one(Type::Shape, "t: ", {2, 3, 4}, [](const Tensor& a) { return t(a); }));
  return row;
}

Row permute_row() {
  const auto f = [](const Shape& d) { return [d](const Tensor& a) { return permute(a, d); }; };
  Row row = rearranges("permute", {2, 40001, 2}, f({2, 0, 1}), {{2, 3, 4}, {0, 3, 1}});
  also(row, f({1, 0}), {3, 4});
  also(row, f({}), {});
  also(row, f({-1, 0, -2}), {2, 3, 2});
  row.refusals.push_back(one(Type::Shape, "permute: ", {2, 3}, f({0})));
  row.refusals.push_back(one(Type::Shape, "permute: ", {2, 3}, f({1, -1})));
  row.refusals.push_back(one(Type::Index, "permute: ", {2, 3}, f({0, 2})));
  return row;
}

Row squeeze_row() {
  const auto f = [](int64_t d) { return [d](const Tensor& a) { return squeeze(a, d); }; };
  Row row = rearranges("squeeze", {1, 80003, 1}, [](const Tensor& a) { return squeeze(a); },
                       {{1, 3, 1}, {}, {0, 1}, {2, 3}, {1, 1}});
  also(row, f(0), {1, 3});
  also(row, f(-1), {2, 1});
  also(row, f(1), {2, 3});
  row.refusals.push_back(one(Type::Index, "squeeze: ", {2, 3}, f(2)));
  row.refusals.push_back(one(Type::Index, "-3", {2, 3}, f(-3)));
  return row;
}

Row unsqueeze_row() {
  const auto f = [](int64_t d) { return [d](const Tensor& a) { return unsqueeze(a, d); }; };
  Row row = rearranges("unsqueeze", {3, 40001}, f(1), {{3, 4}, {0, 3}});
  also(row, f(-1), {});
  also(row, f(2), {2, 3});
  also(row, f(-3), {2, 3});
  row.refusals.push_back(one(Type::Index, "unsqueeze: ", {2, 3}, f(3)));
  row.refusals.push_back(one(Type::Index, "-4", {2, 3}, f(-4)));
  return row;
}

Row expand_row() {
  const auto f = [](const Shape& s) { return [s](const Tensor& a) { return expand(a, s); }; };
  Row row = rearranges("expand", {40001}, f({3, 40001}), {});
  also(row, f({2, 3, 4}), {3, 1});
  also(row, f({3, -1}), {1, 4});
  also(row, f({2, 2}), {});
  also(row, f({0, 3}), {1, 3});
  also(row, f({0, 3}), {0, 3});
  also(row, [](const Tensor& a) { return broadcast_to(a, {2, 3}); }, {3});
  row.refusals.push_back(one(Type::Shape, "expand: ", {2, 3}, f({2, 4})));
  row.refusals.push_back(one(Type::Shape, "expand: ", {2, 3}, f({3})));
  row.refusals.push_back(one(Type::Shape, "expand: ", {2}, f({-1, 2})));
  return row;
}

Row slice_row() {
  const auto f = [](int64_t dim, int64_t start, int64_t end, int64_t step = 1) {
    return [=](const Tensor& a) { return slice(a, dim, start, end, step); };
  };
  Row row = rearranges("slice", {3, 40001}, f(1, 1, 40000), {}, {.scalar = false});
  also(row, f(0, 1, 3), {4, 3});
  also(row, f(1, 0, 4, 2), {3, 4});
  also(row, f(-1, -3, -1), {2, 5});
  also(row, f(0, 1, 7, 3), {7});
  also(row, f(0, 2, 2), {4, 2});
  also(row, f(0, -100, 100), {3});
  also(row, f(1, 1, 2), {0, 3});
  row.refusals.push_back(one(Type::Index, "slice: ", {2, 3}, f(2, 0, 1)));
  row.refusals.push_back(one(Type::Argument, "slice: ", {2, 3}, f(0, 0, 2, 0)));
  row.refusals.push_back(one(Type::Argument, "-1", {2, 3}, f(0, 0, 2, -1)));
  return row;
}

Row narrow_row() {
  const auto f = [](int64_t dim, int64_t start, int64_t length) {
    return [=](const Tensor& a) { return narrow(a, dim, start, length); };
  };
  Row row = rearranges("narrow", {3, 40001}, f(1, 1, 40000), {}, {.scalar = false});
  also(row, f(0, 1, 2), {4, 3});
  also(row, f(-1, 2, 3), {2, 5});
  also(row, f(1, 0, 0), {2, 3});
  also(row, f(1, 1, 1), {0, 3});
  row.refusals.push_back(one(Type::Index, "narrow: ", {2, 3}, f(0, 1, 2)));
  row.refusals.push_back(one(Type::Index, "narrow: ", {2, 3}, f(2, 0, 1)));
  row.refusals.push_back(one(Type::Index, "narrow: ", {2, 3}, f(0, 0, -1)));
  return row;
}

Row select_row() {
  const auto f = [](int64_t dim, int64_t i) { return [=](const Tensor& a) { return select(a, dim, i); }; };
  Row row = rearranges("select", {40001, 3}, f(1, 1), {}, {.scalar = false});
  also(row, f(0, 1), {4, 3});
  also(row, f(1, -1), {3, 4});
  also(row, f(-2, 0), {2, 3, 2});
  also(row, f(0, 2), {3});
  also(row, f(1, 2), {0, 3});
  also(row, [](const Tensor& a) { return a[1]; }, {3, 2});
  row.refusals.push_back(one(Type::Index, "select: ", {2, 3}, f(1, 3)));
  row.refusals.push_back(one(Type::Index, "-4", {2, 3}, f(1, -4)));
  row.refusals.push_back(one(Type::Index, "select: ", {2, 3}, f(2, 0)));
  return row;
}

Row cat_row() {
  const auto f = [](int64_t dim) { return [dim](const List& in) { return cat(in, dim); }; };
  Row row{"cat", {}, {}, sample(f(0), {real({3, 20001}), real({2, 20001})}), {.scalar = false}};
  row.samples = {
      sample(f(0), {real({2, 3}), real({1, 3})}),       sample(f(1), {real({2, 1}), real({2, 3}), real({2, 2})}),
      sample(f(-1), {real({2, 0}), real({2, 2})}),      sample(f(0), {real({3})}),
      sample(f(1), {real({2, 2, 2}), real({2, 1, 2})}), sample(f(0), {real({0}), real({2, 3})}),
  };
  row.refusals = {
      refuses(Type::Shape, "cat: ", f(0),
              [] {
                return List{ones({2, 3}), ones({2, 4})};
              }),
      refuses(Type::Shape, "cat: ", f(0),
              [] {
                return List{ones({2, 3}), ones({2})};
              }),
      refuses(Type::Index, "cat: ", f(2),
              [] {
                return List{ones({2, 3}), ones({2, 3})};
              }),
      refuses(Type::Argument, "cat: ", f(0), [] { return List{}; }),
      refuses(Type::Shape, "cat: ", f(0),
              [] {
                return List{ones({}), ones({})};
              }),
  };
  return row;
}

Row stack_row() {
  const auto f = [](int64_t dim) { return [dim](const List& in) { return stack(in, dim); }; };
  Row row{"stack", {}, {}, sample(f(0), {real({3, 20001}), real({3, 20001})})};
  row.samples = {sample(f(0), {real({2, 3}), real({2, 3})}), sample(f(-1), {real({2}), real({2}), real({2})}),
                 sample(f(0), {real({}), real({})}), sample(f(1), {real({0, 3}), real({0, 3})}),
                 sample(f(1), {real({2, 2})})};
  row.refusals = {
      refuses(Type::Shape, "stack: ", f(0),
              [] {
                return List{ones({2, 3}), ones({2, 4})};
              }),
      refuses(Type::Index, "stack: ", f(3),
              [] {
                return List{ones({2, 3}), ones({2, 3})};
              }),
      refuses(Type::Argument, "stack: ", f(0), [] { return List{}; }),
  };
  return row;
}

Row to_row() {
  // Through float32 a gradient is only as precise as float32, so that way counts for nothing here.
  const auto f = [](const Tensor& a) { return a.to(float32).to(a.dtype()) * 0.0 + a.to(float64).to(a.dtype()); };
  Row row = rearranges("to", {3, 40001}, f, {{3, 4}, {}, {0, 3}});
  row.refusals.push_back(no_graph([](const Tensor& a) { return a.to(int64); }, real({2, 3})));
  return row;
}

Row slice_grad_row() {
  const auto f = [](const Tensor& a) { return a.slice(1, 1, 4, 2); };
  Row row{"slice_grad", {}, {foreign_cotangent(f, real({2, 5})), undefined_input(f)}, {}, {.scalar = false}};
  for (const int64_t n : {3, 1, 0}) row.samples.push_back(gradient_sample(f, {real({n, 5})}, real({n, 2})));
  row.large =
      gradient_sample([](const Tensor& a) { return a.slice(1, 1, 40000); }, {real({3, 40001})}, real({3, 39999}));
  return row;
}

/// The new values get the gradient, the old ones none.
Row copy_row() {
  const auto f = [](const Tensor& old, const Tensor& source) {
    Tensor target = old * 2.0;
    target.copy_(source);
    return target;
  };
  Row row{"copy_", {}, {undefined_input(f, 2)}, sample(f, {real({3, 40001}), real({40001})})};
  row.samples = {sample(f, {real({3, 4}), real({3, 4})}), sample(f, {real({2, 3}), real({2, 1})}),
                 sample(f, {real({}), real({})}), sample(f, {real({0, 3}), real({3})}),
                 sample(f, {real({2, 2}), real({})})};
  row.refusals.push_back(shapes("copy_: ", {3}, {2, 3}, f));
  row.refusals.push_back(shapes("[2, 4]", {2, 3}, {2, 4}, f));
  return row;
}

}  // namespace

std::vector<Row> shape_rows() {
  std::vector<Row> rows = {reshape_row(), flatten_row(),    view_row(),      transpose_row(),
                           permute_row(), squeeze_row(),    unsqueeze_row(), expand_row(),
                           slice_row(),   narrow_row(),     select_row(),    cat_row(),
                           copy_row(),    slice_grad_row(), stack_row(),     to_row()};
  for (Row& row : dims_rows()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace descent::testing
