// Matrix products.
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

template <class F>
Refusal types(std::string part, DType a, DType b, F f) {
  return refuses(Type::DType, std::move(part), f, [a, b] {
    return List{ones({2, 2}, {.dtype = a}), ones({2, 2}, {.dtype = b})};
  });
}

}  // namespace

std::vector<Row> matmul_rows() {
  const auto product = [](const Tensor& a, const Tensor& b) { return matmul(a, b); };
  Row general{"matmul", {}, {}, sample(product, {real({130, 300}), real({300, 257})}), {.scalar = false}};
  const std::vector<std::pair<Shape, Shape>> pairs = {{{2, 3}, {3, 4}},
                                                      {{3}, {3}},
                                                      {{3}, {3, 2}},
                                                      {{2, 3}, {3}},
                                                      {{2, 2, 3}, {3, 2}},
                                                      {{2, 3}, {4, 3, 1}},
                                                      {{2, 1, 2, 3}, {3, 3, 2}},
                                                      {{3}, {2, 3, 2}},
                                                      {{2, 2, 3}, {3}},
                                                      {{0, 3}, {3, 2}},
                                                      {{2, 0}, {0, 3}},
                                                      {{0}, {0}},
                                                      {{2, 0, 3}, {2, 3, 1}},
                                                      {{5, 17}, {17, 9}}};
  for (const auto& [a, b] : pairs) general.samples.push_back(sample(product, {real(a), real(b)}));
  general.samples.push_back(sample([](const Tensor& a) { return matmul(a, a); }, {real({3, 3})}));
  general.samples.push_back(sample([](const Tensor& a) { return matmul(a, a.t()); }, {real({2, 3})}));
  general.refusals = {
      shapes("matmul: inner sizes must match, got [2, 3] x [4, 5]", {2, 3}, {4, 5}, product),
      shapes("matmul: ", {2}, {3}, product),
      shapes("matmul: ", {}, {3}, product),
      shapes("matmul: ", {2, 2, 3}, {3, 3, 2}, product),
      types("matmul: ", float32, float64, product),
      types("matmul: ", int64, int64, product),
      undefined_input(product, 2),
  };

  const auto two = [](const Tensor& a, const Tensor& b) { return mm(a, b); };
  Row plain{"mm", {}, {}, sample(two, {real({130, 300}), real({300, 257})}), {.scalar = false}};
  plain.samples = {sample(two, {real({2, 3}), real({3, 4})}), sample(two, {real({1, 1}), real({1, 1})}),
                   sample(two, {real({2, 0}), real({0, 2})}), sample(two, {real({4, 3}), real({3, 1})})};
  plain.refusals = {shapes("mm: ", {2, 3}, {2, 3}, two), shapes("mm: ", {3}, {3, 2}, two),
                    shapes("[1, 2, 3]", {1, 2, 3}, {3, 2}, two)};

  const auto batch = [](const Tensor& a, const Tensor& b) { return bmm(a, b); };
  Row batched{"bmm", {}, {}, sample(batch, {real({7, 60, 80}), real({7, 80, 50})}), {.scalar = false}};
  batched.samples = {
      sample(batch, {real({2, 2, 3}), real({2, 3, 1})}), sample(batch, {real({3, 1, 1}), real({3, 1, 2})}),
      sample(batch, {real({0, 2, 3}), real({0, 3, 2})}), sample(batch, {real({1, 2, 0}), real({1, 0, 2})})};
  batched.refusals = {shapes("bmm: ", {2, 2, 3}, {3, 3, 1}, batch), shapes("bmm: ", {2, 3}, {3, 2}, batch),
                      shapes("[2, 2, 3]", {2, 2, 3}, {2, 2, 3}, batch)};

  const auto affine = [](const List& in) { return linear(in[0], in[1], in.size() > 2 ? in[2] : Tensor()); };
  Row layer{"linear", {}, {}, sample(affine, {real({130, 300}), real({257, 300}), real({257})}), {.scalar = false}};
  layer.samples = {
      sample(affine, {real({2, 3}), real({4, 3}), real({4})}),
      sample(affine, {real({2, 3}), real({4, 3})}),
      sample(affine, {real({2, 2, 3}), real({1, 3}), real({1})}),
      sample(affine, {real({3}), real({2, 3}), real({2})}),
      sample(affine, {real({0, 3}), real({2, 3}), real({2})}),
      sample(affine, {real({2, 0}), real({3, 0}), real({3})}),
      sample(affine, {real({3}), real({2, 3})}),
      sample(affine, {real({2, 1, 2, 3}), real({4, 3})}),
  };
  layer.refusals = {
      refuses(Type::Shape, "linear: ", affine,
              [] {
                return List{ones({2, 3}), ones({4, 2})};
              }),
      refuses(Type::Shape, "linear: ", affine,
              [] {
                return List{ones({2, 3}), ones({4, 3}), ones({3})};
              }),
      refuses(Type::Shape, "linear: ", affine,
              [] {
                return List{ones({2, 3}), ones({3})};
              }),
      refuses(Type::Shape, "linear: ", affine,
              [] {
                return List{ones({}), ones({4, 3})};
              }),
      refuses(Type::DType, "linear: ", affine,
              [] {
                return List{ones({2, 3}), ones({4, 3}, {.dtype = float64})};
              }),
  };
  std::vector<Row> rows = {general, plain, batched, layer};
  for (Row& row : rows) row.traits.layout_tolerance = 1e-14;  // a transposed operand is summed in another order
  return rows;
}

}  // namespace descent::testing
