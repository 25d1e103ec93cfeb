// Products of vectors and matrices with an addend, and einsum.
#include <cmath>

#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

template <class F>
Refusal floats_only(std::string part, F f, const Shape& a, const Shape& b, DType x, DType y) {
  return refuses(Type::DType, std::move(part), f, [=] { return List{ones(a, {.dtype = x}), ones(b, {.dtype = y})}; });
}

std::vector<Row> vector_rows() {
  const auto f = [](const Tensor& a, const Tensor& b) { return mv(a, b); };
  Row product{"mv", {}, {}, sample(f, {real({301, 400}), real({400})}), {.scalar = false}};
  product.samples = {sample(f, {real({3, 4}), real({4})}), sample(f, {real({2, 0}), real({0})}),
                     sample(f, {real({0, 2}), real({2})}), sample(f, {real({1, 1}), real({1})})};
  product.refusals = {
      shapes("mv: inner sizes must match, got [2, 3] x [2]", {2, 3}, {2}, f),
      shapes("mv: takes 2 and 1 dims", {3}, {3}, f),
      floats_only("mv: operands must be of one type, got float32 and float64", f, {2, 2}, {2}, float32, float64),
      floats_only("mv: takes floats, got int64", f, {2, 2}, {2}, int64, int64), undefined_input(f, 2)};

  const auto d = [](const Tensor& a, const Tensor& b) { return a.dot(b); };
  Row inner{"dot", {}, {}, sample(d, {real({120001}), real({120001})}), {.scalar = false}};
  inner.samples = {sample(d, {real({4}), real({4})}), sample(d, {real({1}), real({1})}),
                   sample(d, {real({0}), real({0})}), sample([](const Tensor& a) { return dot(a, a); }, {real({3})})};
  const auto plain = [](const Tensor& a, const Tensor& b) { return dot(a, b); };
  inner.refusals = {shapes("dot: inner sizes must match, got [2] x [3]", {2}, {3}, plain),
                    shapes("dot: takes 1 and 1 dims", {2, 2}, {2}, plain), undefined_input(plain, 2)};

  const auto o = [](const Tensor& a, const Tensor& b) { return outer(a, b); };
  Row table{"outer", {}, {}, sample(o, {real({301}), real({400})}), {.scalar = false}};
  table.samples = {sample(o, {real({3}), real({4})}), sample(o, {real({0}), real({2})}),
                   sample([](const Tensor& a) { return a.outer(a); }, {real({3})})};
  table.refusals = {shapes("outer: takes two vectors, got [2, 2] x [2]", {2, 2}, {2}, o), shapes("outer: ", {}, {2}, o),
                    undefined_input(o, 2)};
  return {product, inner, table};
}

Function with_options(Tensor (*f)(const Tensor&, const Tensor&, const Tensor&, const AddmmOptions&),
                      const AddmmOptions& options) {
  return [=](const List& in) { return List{f(in[0], in[1], in[2], options)}; };
}

Row addend_row(const char* name, Tensor (*f)(const Tensor&, const Tensor&, const Tensor&, const AddmmOptions&),
               const Shape& input, const Shape& a, const Shape& b, const Shape& big_a, const Shape& big_b) {
  const auto in = [&](const AddmmOptions& options, const Shape& addend) {
    return Sample{with_options(f, options), {real(addend), real(a), real(b)}};
  };
  Row row{name, {}, {}, {with_options(f, {.alpha = 0.5}), {real({1}), real(big_a), real(big_b)}}};
  const Sample ignored{[f](const List& t) { return List{f(t[0] * std::nan(""), t[1], t[2], {.beta = 0, .alpha = 3})}; },
                       {constant(real(input)), real(a), real(b)}};
  Shape empty = a;
  empty[0] = 0;
  Shape other = b;
  if (b.dim() == 3) other[0] = 0;
  row.samples = {in({}, input),
                 in({.beta = 0.5, .alpha = -2}, input),
                 in({.beta = 2}, {}),
                 in({.alpha = 0}, {1}),
                 ignored,
                 Sample{with_options(f, {}), {real({1}), real(empty), real(other)}}};
  const std::string prefix = std::string(name) + ": ";
  const auto refused = [&](std::string part, const Shape& x, const Shape& y, const Shape& z, DType dtype = float32) {
    return refuses(dtype == float32 ? Type::Shape : Type::DType, prefix + part, with_options(f, {}), [=] {
      return List{ones(x, {.dtype = dtype}), ones(y), ones(z)};
    });
  };
  Shape wrong = a;
  wrong[a.size() - 1] = 7;
  row.refusals = {refused("inner sizes must match", input, wrong, b),
                  refused("input must broadcast to", {5, 5, 5, 5}, a, b), refused("input must broadcast to", {9}, a, b),
                  refused("takes", input, {2}, {2}), refused("operands must be of one type", input, a, b, float64)};
  row.traits.layout_tolerance = 1e-14;
  return row;
}

Row einsum_row() {
  const auto f = [](const std::string& equation) {
    return [equation](const List& in) { return einsum(equation, in); };
  };
  Row row{"einsum", {}, {}, sample(f("bij,bjk->bki"), {real({7, 60, 80}), real({7, 80, 50})})};
  const auto add = [&](const char* equation, const std::vector<Shape>& list) {
    std::vector<Arg> args;
    for (const Shape& shape : list) args.push_back(real(shape));
    row.samples.push_back(sample(f(equation), args));
  };
  add("ij,jk->ik", {{2, 3}, {3, 4}});
  add("ij,jk", {{2, 3}, {3, 2}});
  add("ba,cb", {{2, 3}, {2, 2}});
  add("aB", {{2, 3}});
  add(" i j , j -> i ", {{2, 3}, {3}});
  add("ii", {{3, 3}});
  add("ii->i", {{3, 3}});
  add("iji,jk->ki", {{2, 3, 2}, {3, 2}});
  add("iii->i", {{2, 2, 2}});
  add("ij->ji", {{2, 3}});
  add("ij->", {{2, 3}});
  add("i,j->ij", {{2}, {3}});
  add("i,i->i", {{3}, {3}});
  add("i,i", {{3}, {3}});
  add("i,ij,j->", {{2}, {2, 3}, {3}});
  add("ij,jk,kl->il", {{2, 2}, {2, 3}, {3, 2}});
  add("bij,bjk->bik", {{2, 2, 3}, {2, 3, 1}});
  add("bij,bkj->bki", {{2, 1, 3}, {2, 2, 3}});
  add("...ij,...jk->...ik", {{2, 2, 3}, {3, 2}});
  add("...ij,...jk", {{2, 1, 2, 2}, {3, 2, 1}});
  add("i...,i...->...", {{2, 3}, {2, 1}});
  add("...i->i", {{2, 3, 2}});
  add("...,...", {{2, 3}, {3}});
  add("i...j->j...i", {{2, 3, 2}});
  add("ij,ij->i", {{2, 3}, {2, 1}});
  add("ij,jk->ik", {{2, 1}, {3, 2}});
  add("bij,bjk->bik", {{1, 2, 2}, {2, 2, 2}});
  add("ij,kl->", {{2, 2}, {1, 3}});
  add(",i->i", {{}, {3}});
  add("", {{}});
  add(",->", {{}, {}});
  add("ij,jk->ik", {{2, 0}, {0, 3}});
  add("bij,bjk->bik", {{0, 2, 2}, {0, 2, 2}});
  add("abcd,be->eacd", {{2, 2, 1, 2}, {2, 2}});
  const auto wrong = [&](Type type, const char* part, const char* equation, const std::vector<Shape>& list) {
    row.refusals.push_back(refuses(type, std::string("einsum: ") + part, f(equation), [list] {
      List in;
      for (const Shape& shape : list) in.push_back(ones(shape));
      return in;
    }));
  };
  wrong(Type::Argument, "output label 'k' is in no operand", "ij->ik", {{2, 2}});
  wrong(Type::Argument, "output label 'i' comes twice", "ij->ii", {{2, 2}});
  wrong(Type::Argument, "\"ij,jk\" is for 2 operands, got 1", "ij,jk", {{2, 2}});
  wrong(Type::Argument, "\"ij\" is for 1 operands, got 2", "ij", {{2, 2}, {2, 2}});
  wrong(Type::Argument, "needs at least one operand", "", {});
  wrong(Type::Argument, "labels are letters, got '1'", "i1", {{2, 2}});
  wrong(Type::Argument, "labels are letters, got '-'", "ij->i->j", {{2, 2}});
  wrong(Type::Argument, "a \".\" must belong to \"...\"", "..i", {{2, 2}});
  wrong(Type::Argument, "\"...\" comes twice", "...i...", {{2, 2}});
  wrong(Type::Shape, "label 'j' has size 4 in operand 1, but 3 before", "ij,jk->ik", {{2, 3}, {4, 2}});
  wrong(Type::Shape, "label 'i' comes twice in operand 0 with sizes 2 and 3", "ii", {{2, 3}});
  wrong(Type::Shape, "\"...\" has size 4 in operand 1", "...i,...i", {{3, 2}, {4, 2}});
  wrong(Type::Shape, "operand 0 of \"ijk\" has 3 labels for shape [2, 2]", "ijk", {{2, 2}});
  wrong(Type::Shape, "operand 0 of \"i\" has 1 labels for shape [2, 2]", "i", {{2, 2}});
  wrong(Type::Shape, "operand 0 of \"...ijk\"", "...ijk", {{2, 2}});
  row.refusals.push_back(
      refuses(Type::DType, "einsum: operands must be of one type, got float32 and float64", f("i,i"), [] {
        return List{ones({2}), ones({2}, {.dtype = float64})};
      }));
  row.refusals.push_back(undefined_input(f("ij")));
  row.traits.layout_tolerance = 1e-14;
  return row;
}

std::vector<Row> composed_rows() {
  const auto power = [](int64_t n) {
    return [n](const Tensor& a) { return matrix_power(a + 4 * eye(a.size(-1), {.dtype = a.dtype()}), n); };
  };
  const auto plain = [](const Tensor& a) { return matrix_power(a, -1); };
  Row powers{"matrix_power", {}, {}, sample(power(3), {real({30, 60, 60}, -0.1, 0.1)}), {.scalar = false}};
  powers.samples = {sample(power(1), {real({2, 2}, -1, 1)}),  sample(power(2), {real({3, 3}, -1, 1)}),
                    sample(power(5), {real({2, 2}, -1, 1)}),  sample(power(-1), {real({2, 2}, -1, 1)}),
                    sample(power(-3), {real({2, 2}, -1, 1)}), sample(power(3), {real({2, 2, 2}, -1, 1)}),
                    sample(power(2), {real({0, 0})}),         sample(power(0), {real({2, 2})})};
  powers.samples.back().constant = true;
  powers.refusals = {one(Type::Shape, "matrix_power: takes square matrices, got shape [2, 3]", {2, 3}, plain),
                     one(Type::Plain, "matrix_power: the matrix is singular", {2, 2}, plain),
                     one(Type::DType, "matrix_power: takes floats", {2, 2}, plain, int64), undefined_input(plain)};
  powers.traits.layout_tolerance = 1e-11;

  const auto k = [](const Tensor& a, const Tensor& b) { return kron(a, b); };
  Row blocks{"kron", {}, {}, sample(k, {real({20, 20}), real({18, 18})})};
  blocks.samples = {sample(k, {real({2, 3}), real({2, 2})}), sample(k, {real({2}), real({2, 3})}),
                    sample(k, {real({2, 1, 2}), real({3})}), sample(k, {real({}), real({2})}),
                    sample(k, {real({}), real({})}),         sample(k, {real({0, 2}), real({2, 2})})};
  blocks.refusals = {undefined_input(k, 2), shapes("kron: takes at most 6 dims", {1, 1, 1, 1, 1, 1, 1}, {2}, k)};

  const auto dims = [](int64_t n) { return [n](const Tensor& a, const Tensor& b) { return tensordot(a, b, n); }; };
  const auto pairs = [](const Shape& x, const Shape& y) {
    return [=](const Tensor& a, const Tensor& b) { return tensordot(a, b, x, y); };
  };
  Row sums{"tensordot", {}, {}, sample(dims(1), {real({60, 50, 40}), real({40, 30})})};
  sums.samples = {sample(dims(2), {real({2, 3, 2}), real({3, 2, 2})}),
                  sample(dims(0), {real({2}), real({3})}),
                  sample(dims(0), {real({}), real({2})}),
                  sample(pairs({0, -1}, {1, 0}), {real({2, 3, 2}), real({2, 2, 2})}),
                  sample(pairs({1}, {1}), {real({2, 3}), real({2, 3})}),
                  sample(dims(1), {real({2, 0}), real({0, 2})})};
  sums.refusals = {shapes("tensordot: summed sizes must match", {2, 3}, {2, 3}, dims(1)),
                   shapes("tensordot: cannot sum over 3 dims", {2, 3}, {2, 3}, dims(3)),
                   shapes("tensordot: cannot sum over -1 dims", {2, 3}, {2, 3}, dims(-1)),
                   shapes("tensordot: a dim comes twice", {2, 2}, {2, 2}, pairs({0, 0}, {0, 1})),
                   shapes("tensordot: needs as many dims", {2, 2}, {2, 2}, pairs({0}, {0, 1})),
                   undefined_input(dims(1), 2)};
  sums.traits.layout_tolerance = 1e-14;
  return {powers, blocks, sums};
}

}  // namespace

std::vector<Row> product_rows() {
  std::vector<Row> rows = vector_rows();
  for (Row& row : rows) row.traits.layout_tolerance = 1e-14;  // a strided operand is summed in another order
  rows.push_back(addend_row("addmm", addmm, {2, 2}, {2, 3}, {3, 2}, {130, 300}, {300, 257}));
  rows.push_back(addend_row("addmv", addmv, {2}, {2, 3}, {3}, {301, 400}, {400}));
  rows.push_back(addend_row("baddbmm", baddbmm, {2, 1, 2}, {2, 2, 3}, {2, 3, 2}, {7, 60, 80}, {7, 80, 50}));
  rows.push_back(einsum_row());
  for (const Row& row : composed_rows()) rows.push_back(row);
  return rows;
}

}  // namespace descent::testing
