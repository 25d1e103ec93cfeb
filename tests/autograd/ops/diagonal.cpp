// Triangles and diagonals of matrices.
#include <limits>

#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

template <class F>
Row triangle(const char* name, F f) {
  const auto at = [f](int64_t k) { return [f, k](const Tensor& a) { return f(a, k); }; };
  Row row{name, {}, {}, sample(at(3), {real({301, 400})}), {.scalar = false}};
  row.samples = {
      sample(at(0), {real({3, 3})}),
      sample(at(1), {real({3, 4})}),
      sample(at(-1), {real({4, 3})}),
      sample(at(-2), {real({2, 3, 2})}),
      sample(at(0), {real({0, 3})}),
      sample(at(0), {real({2, 3, 0})}),
      sample([at](const Tensor& a) { return at(1)(a.t()) * a.t(); }, {real({4, 2})}),
  };
  for (const int64_t k : {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(), int64_t{7}}) {
    row.samples.push_back(sample(at(k), {real({2, 3})}));
    row.samples.back().constant = true;
  }
  const std::string prefix = std::string(name) + ": ";
  row.refusals = {one(Type::Shape, prefix + "needs at least 2 dims, got shape [3]", {3}, at(0)),
                  one(Type::Shape, prefix, {}, at(1)), undefined_input(at(0)), foreign_cotangent(at(0), real({2, 2}))};
  return row;
}

Row diagonal_row() {
  const auto f = [](DiagonalOptions options) { return [=](const Tensor& a) { return diagonal(a, options); }; };
  Row row{"diagonal", {}, {}, sample(f({.dim1 = 0, .dim2 = 2}), {real({40, 100, 40})}), {.scalar = false}};
  row.samples = {
      sample(f({}), {real({3, 3})}),
      sample(f({.offset = 1}), {real({3, 4})}),
      sample(f({.offset = -1}), {real({3, 4})}),
      sample(f({.offset = 1, .dim1 = -1, .dim2 = 0}), {real({3, 2, 4})}),
      sample(f({.dim1 = 2, .dim2 = 1}), {real({2, 3, 3})}),
      sample(f({}), {real({0, 3})}),
      sample(f({.offset = 9}), {real({2, 3})}),
      sample(f({.offset = std::numeric_limits<int64_t>::min()}), {real({2, 3})}),
      sample([](const Tensor& a) { return a.slice(0, 0, 4, 2).diagonal(1) * a.diagonal(-2).sum(); }, {real({3, 4})}),
  };
  row.refusals = {
      one(Type::Shape, "diagonal: needs at least 2 dims", {3}, f({})),
      one(Type::Shape, "diagonal: dim1 and dim2 must differ, got 1 and -1", {2, 3}, f({.dim1 = 1, .dim2 = -1})),
      one(Type::Index, "diagonal: ", {2, 3}, f({.dim1 = 0, .dim2 = 2})), undefined_input(f({}))};
  return row;
}

Row diagonal_grad_row() {
  const auto f = [](const Tensor& a) { return diagonal(a, {.offset = 1}); };
  Row row{"diagonal_grad", {}, {}, gradient_sample(f, {real({301, 400})}, real({301})), {.scalar = false}};
  row.samples = {gradient_sample(f, {real({3, 4})}, real({3})), gradient_sample(f, {real({2, 2})}, real({1})),
                 gradient_sample(f, {real({0, 2})}, real({0}))};
  row.refusals = {foreign_cotangent(f, real({3, 4})), foreign_cotangent(f, real({2, 2}))};
  return row;
}

Row diag_embed_row() {
  const auto f = [](DiagEmbedOptions options) { return [=](const Tensor& a) { return diag_embed(a, options); }; };
  Row row{"diag_embed", {}, {}, sample(f({}), {real({50, 60})}), {.scalar = false}};
  row.samples = {sample(f({}), {real({3})}),
                 sample(f({.offset = 1}), {real({2, 3})}),
                 sample(f({.offset = -2, .dim1 = 0, .dim2 = 2}), {real({2, 2})}),
                 sample(f({.offset = 1, .dim1 = -1, .dim2 = 0}), {real({2, 2})}),
                 sample(f({}), {real({0})}),
                 sample(f({.offset = 2}), {real({2, 0})})};
  row.refusals = {one(Type::Shape, "diag_embed: needs at least 1 dim", {}, f({})),
                  one(Type::Shape, "diag_embed: dim1 and dim2 must differ", {3}, f({.dim1 = 0, .dim2 = 0})),
                  one(Type::Shape, "diag_embed: offset", {3}, f({.offset = std::numeric_limits<int64_t>::min()})),
                  one(Type::Index, "diag_embed: ", {3}, f({.dim1 = 0, .dim2 = 2})), undefined_input(f({}))};
  return row;
}

Row diag_row() {
  const auto f = [](int64_t k) { return [k](const Tensor& a) { return k == 0 ? diag(a) : diag(a, {.diagonal = k}); }; };
  Row row{"diag", {}, {}, sample(f(0), {real({400})}), {.scalar = false}};
  row.samples = {sample(f(0), {real({3})}),    sample(f(-1), {real({2})}),    sample(f(0), {real({3, 3})}),
                 sample(f(1), {real({2, 3})}), sample(f(-1), {real({3, 2})}), sample(f(0), {real({0})}),
                 sample(f(0), {real({0, 2})})};
  row.refusals = {one(Type::Shape, "diag: takes a vector or a matrix, got shape [2, 2, 2]", {2, 2, 2}, f(0)),
                  one(Type::Shape, "diag: ", {}, f(0)), undefined_input(f(0))};
  return row;
}

Row trace_row() {
  const auto f = [](const Tensor& a) { return trace(a); };
  Row row{"trace", {}, {}, sample(f, {real({400, 301})}), {.scalar = false}};
  row.samples = {sample(f, {real({3, 3})}), sample(f, {real({2, 4})}), sample(f, {real({0, 0})}),
                 sample([](const Tensor& a) { return (a * a).trace(); }, {real({3, 2})})};
  row.refusals = {one(Type::Shape, "trace: takes a matrix, got shape [2]", {2}, f),
                  one(Type::Shape, "trace: ", {2, 2, 2}, f), undefined_input(f)};
  return row;
}

}  // namespace

std::vector<Row> diagonal_rows() {
  return {triangle("tril", [](const Tensor& a, int64_t k) { return tril(a, k); }),
          triangle("triu", [](const Tensor& a, int64_t k) { return triu(a, {.diagonal = k}); }),
          diagonal_row(),
          diagonal_grad_row(),
          diag_embed_row(),
          diag_row(),
          trace_row()};
}

}  // namespace descent::testing
