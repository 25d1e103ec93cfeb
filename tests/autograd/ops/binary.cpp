// Functions of two tensors that broadcast; where.
#include "refusals.h"

namespace descent::testing {
namespace {

using Maker = Arg (*)(const Shape&);
Arg anywhere(const Shape& shape) { return real(shape); }

const std::vector<std::pair<Shape, Shape>>& shape_pairs() {
  static const std::vector<std::pair<Shape, Shape>> pairs = {{{3, 4}, {3, 4}}, {{2, 3}, {3}}, {{4, 1, 3}, {2, 1}},
                                                             {{}, {2, 3}},     {{2, 2}, {}},  {{}, {}},
                                                             {{0, 3}, {3}},    {{1}, {0}}};
  return pairs;
}

template <class F>
Row binary(const char* name, F f, Maker left, Maker right, Traits traits = {}) {
  const std::string prefix = std::string(name) + ": ";
  Row row{name, {}, {}, sample(f, {left({3, 40001}), right({40001})}), traits};
  for (const auto& [a, b] : shape_pairs()) row.samples.push_back(sample(f, {left(a), right(b)}));
  row.refusals = {shapes(prefix, {2, 3}, {2, 4}, f), shapes("[4, 3]", {2, 3}, {4, 3}, f), undefined_input(f, 2)};
  return row;
}

/// Values of the two sides never meet: k/2 + 0.05 … 0.45 against −k/2 …, away from ties.
Arg lower(const Shape& shape) { return {shape, -2, -0.6, Arg::Kind::Away}; }
Arg quarter(const Shape& shape) { return {shape, -0.5, 0.5, Arg::Kind::Away}; }

}  // namespace

std::vector<Row> binary_rows() {
  std::vector<Row> rows = {
      binary(
          "add", [](const Tensor& a, const Tensor& b) { return add(a, b); }, anywhere, anywhere),
      binary(
          "sub", [](const Tensor& a, const Tensor& b) { return sub(a, b); }, anywhere, anywhere),
      binary(
          "mul", [](const Tensor& a, const Tensor& b) { return mul(a, b); }, anywhere, anywhere),
      binary(
          "div", [](const Tensor& a, const Tensor& b) { return div(a, b); }, anywhere, positive),
      binary(
          "pow", [](const Tensor& a, const Tensor& b) { return pow(a, b); }, positive, anywhere),
      binary(
          "maximum", [](const Tensor& a, const Tensor& b) { return maximum(a, b + 0.013); }, away, distinct),
      binary(
          "minimum", [](const Tensor& a, const Tensor& b) { return minimum(a, b); }, lower, quarter),
      binary(
          "max.tensors", [](const Tensor& a, const Tensor& b) { return max(a, b); }, quarter, lower),
      binary(
          "min.tensors", [](const Tensor& a, const Tensor& b) { return min(a, b); }, quarter, lower),
  };
  for (Row& row : rows) {  // these are maximum and minimum by another name, and say so
    if (row.name == "max.tensors") row.refusals[0].part = "maximum: ";
    if (row.name == "min.tensors") row.refusals[0].part = "minimum: ";
    if (row.name == "sub") {
      row.refusals.push_back(refuses(
          Refusal::Type::DType, "sub: ", [](const Tensor& a, const Tensor& b) { return a - b; },
          [] { return List(2, ones({2}, {.dtype = boolean})); }));
    }
  }

  const auto choose = [](const List& in) { return where(in[0], in[1], in[2]); };
  Row chosen{"where", {}, {}, sample(choose, {mask({3, 40001}), real({40001}), real({3, 1})})};
  const std::vector<std::array<Shape, 3>> triples = {{Shape{3, 4}, {3, 4}, {3, 4}}, {Shape{3}, {2, 3}, {2, 1}},
                                                     {Shape{2, 1}, {}, {3}},        {Shape{}, {}, {}},
                                                     {Shape{0, 3}, {3}, {}},        {Shape{}, {2, 2}, {2}}};
  for (const auto& [c, a, b] : triples) chosen.samples.push_back(sample(choose, {mask(c), real(a), real(b)}));
  chosen.samples.push_back(
      sample([](const Tensor& c, const Tensor& a) { return where(c, a, 0.5); }, {mask({2, 3}), real({2, 3})}));
  chosen.samples.push_back(
      sample([](const Tensor& c, const Tensor& a) { return where(c, -1.5, a); }, {mask({3}), real({2, 3})}));
  chosen.refusals = {
      refuses(Refusal::Type::DType, "where: ", choose, [] { return List(3, ones({2})); }),
      refuses(Refusal::Type::Shape, "where: ", choose,
              [] {
                return List{ones({2}, {.dtype = boolean}), ones({3}), ones({3})};
              }),
      refuses(Refusal::Type::Shape, "[4]", choose,
              [] {
                return List{ones({2}, {.dtype = boolean}), ones({2}), ones({4})};
              }),
  };
  rows.push_back(chosen);
  return rows;
}

}  // namespace descent::testing
