// Dims cut, moved, dropped and matched; tensors joined.
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

Row unflatten_row() {
  const auto f = [](int64_t dim, const Shape& sizes) {
    return [=](const Tensor& a) { return unflatten(a, dim, sizes); };
  };
  Row row{"unflatten", {}, {undefined_input(f(0, {1}))}, sample(f(1, {3, -1}), {real({2, 60003})}), {.scalar = false}};
  row.samples = {sample(f(0, {2, 3}), {real({6})}),           sample(f(-1, {2, -1}), {real({2, 4})}),
                 sample(f(1, {-1, 1, 3}), {real({2, 3, 2})}), sample(f(0, {0, 2}), {real({0, 3})}),
                 sample(f(0, {2, -1}), {real({0, 3})}),       sample(f(0, {5}), {real({5})})};
  row.refusals.push_back(one(Type::Shape, "unflatten: ", {6, 2}, f(0, {4, 2})));
  row.refusals.push_back(one(Type::Shape, "[-1, -1]", {6, 2}, f(0, {-1, -1})));
  row.refusals.push_back(one(Type::Shape, "unflatten: ", {6, 2}, f(0, {4, -1})));
  row.refusals.push_back(one(Type::Shape, "unflatten: ", {0, 2}, f(0, {0, -1})));
  row.refusals.push_back(one(Type::Shape, "unflatten: ", {6, 2}, f(0, {})));
  row.refusals.push_back(one(Type::Index, "unflatten: ", {6, 2}, f(2, {2})));
  row.refusals.push_back(one(Type::Index, "0-dim", {}, f(0, {1})));
  return row;
}

Row movedim_row() {
  const auto f = [](const Shape& from, const Shape& to) {
    return [=](const Tensor& a) { return movedim(a, from, to); };
  };
  Row row{"movedim", {}, {undefined_input(f(0, 1))}, sample(f(0, -1), {real({3, 40001})})};
  row.samples = {sample(f(0, 2), {real({2, 3, 4})}), sample(f({0, -1}, {1, 0}), {real({2, 3, 4})}),
                 sample(f(1, 1), {real({0, 3})}),    sample(f(0, 0), {real({})}),
                 sample(f({}, {}), {real({2, 3})}),  sample(f({-1, -2, -3}, {0, 1, 2}), {real({2, 3, 2})})};
  row.refusals.push_back(one(Type::Index, "movedim: ", {2, 3}, f(0, 2)));
  row.refusals.push_back(one(Type::Index, "-3", {2, 3}, f(-3, 0)));
  row.refusals.push_back(one(Type::Shape, "twice", {2, 3}, f({0, 0}, {0, 1})));
  row.refusals.push_back(one(Type::Shape, "twice", {2, 3}, f({0, 1}, {1, -1})));
  row.refusals.push_back(one(Type::Shape, "movedim: ", {2, 3}, f({0, 1}, 1)));
  return row;
}

Row squeeze_dims_row() {
  const auto f = [](const Shape& dims) { return [=](const Tensor& a) { return a.squeeze(dims) * 1.0; }; };
  Row row{"squeeze_dims", {}, {undefined_input(f({0}))}, sample(f({0, 2}), {real({1, 80003, 1})})};
  row.samples = {sample(f({0, -1}), {real({1, 3, 1})}), sample(f({0, 1}), {real({1, 3})}), sample(f({0}), {real({})}),
                 sample(f({1, 0}), {real({0, 1})})};
  row.refusals.push_back(one(Type::Index, "squeeze: ", {1, 1}, f({0, 2})));
  row.refusals.push_back(one(Type::Shape, "twice", {1, 1}, f({0, -2})));
  return row;
}

Row expand_as_row() {
  const auto f = [](const Tensor& a, const Tensor& b) { return expand_as(a, b) * b; };
  Row row{"expand_as", {}, {undefined_input(f, 2)}, sample(f, {real({40001}), real({3, 40001})})};
  row.samples = {sample(f, {real({3, 1}), real({2, 3, 2})}), sample(f, {real({}), real({2})}),
                 sample(f, {real({1, 3}), real({0, 3})}), sample(f, {real({}), real({})})};
  row.refusals.push_back(shapes("expand: ", {2, 3}, {2, 4}, f));
  row.refusals.push_back(shapes("[3]", {2, 3}, {3}, f));
  return row;
}

/// hstack, vstack or dstack.
Row joins(const char* name, Tensor (*f)(const List&), const Shape& misfit) {
  const std::string prefix = std::string(name) + ": ";
  const auto call = [f](const List& in) { return f(in); };
  Row row{name, {}, {}, sample(call, {real({40001, 1}), real({40001, 1}), real({40001, 1})})};
  row.samples = {sample(call, {real({2, 3}), real({2, 3})}), sample(call, {real({3}), real({3}), real({3})}),
                 sample(call, {real({}), real({})}), sample(call, {real({0, 3}), real({0, 3})}),
                 sample(call, {real({2, 1, 2}), real({2, 1, 2})})};
  row.refusals = {undefined_input(call, 2), refuses(Type::Argument, prefix, call, [] { return List{}; }),
                  refuses(Type::Shape, prefix, call, [misfit] {
                    return List{ones({2, 3}), ones(misfit)};
                  })};
  return row;
}

}  // namespace

std::vector<Row> dims_rows() {
  return {unflatten_row(),
          movedim_row(),
          squeeze_dims_row(),
          expand_as_row(),
          joins("hstack", hstack, {3, 3}),
          joins("vstack", vstack, {2, 4}),
          joins("dstack", dstack, {2, 4})};
}

}  // namespace descent::testing
