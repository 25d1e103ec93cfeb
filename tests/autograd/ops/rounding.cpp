// Rounding and remainders of each element.
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;
using Maker = Arg (*)(const Shape&);
Arg anywhere(const Shape& shape) { return real(shape); }

template <class F>
Row unary(const char* name, F f, Maker maker, Traits traits = {}) {
  Row row{name, {}, {undefined_input(f), foreign_cotangent(f, maker({2, 3}))}, sample(f, {maker({3, 40001})}), traits};
  if (!traits.differentiable) row.refusals.back() = no_graph(f, maker({2, 3}));
  for (const Shape& shape : {Shape{3, 4}, Shape{2, 1, 3}, Shape{17}, Shape{}, Shape{0, 3}}) {
    row.samples.push_back(sample(f, {maker(shape)}));
  }
  row.refusals.push_back(one(Type::DType, "boolean", {2}, f, boolean));
  return row;
}

// Quotients of the two lie between 2.1 and 2.8, or −2.1 and −2.8.
Arg dividend(const Shape& shape) { return real(shape, 2.2, 2.8); }
Arg negative_dividend(const Shape& shape) { return real(shape, -2.8, -2.2); }
Arg divisor(const Shape& shape) { return real(shape, 1, 1.04); }

template <class F>
Row binary(const char* name, F f, Traits traits = {}) {
  const std::string prefix = std::string(name) + ": ";
  Row row{name, {}, {}, sample(f, {anywhere({3, 40001}), positive({40001})}), traits};
  const std::vector<std::pair<Shape, Shape>> pairs = {
      {{3, 4}, {3, 4}}, {{2, 3}, {3}}, {{4, 1, 3}, {2, 1}}, {{}, {2, 3}}, {{2, 2}, {}}, {{}, {}}, {{0, 3}, {3}}};
  for (const auto& [a, b] : pairs) {
    row.samples.push_back(sample(f, {dividend(a), divisor(b)}));
    row.samples.push_back(sample(f, {negative_dividend(a), divisor(b)}));
  }
  row.refusals = {shapes(prefix, {2, 3}, {2, 4}, f), undefined_input(f, 2),
                  refuses(Type::DType, prefix, f, [] { return List(2, ones({2}, {.dtype = boolean})); }),
                  refuses(Type::Plain, prefix + "integers cannot be divided by 0", f, [] {
                    return List{ones({2}, {.dtype = int64}), from_vector(std::vector<std::int64_t>{1, 0})};
                  })};
  return row;
}

template <class F>
Row with_number(const char* name, const char* prefix, F f, double number, Maker maker, Traits traits = {}) {
  const auto by = [f](auto b) { return [f, b](const Tensor& a) { return f(a, b); }; };
  Row row = unary(name, by(number), maker, traits);
  row.samples.push_back(sample(by(-number), {maker({2, 3})}));
  row.refusals.push_back(one(
      Type::Plain, std::string(prefix) + ": integers cannot be divided by 0", {2},
      [f](const Tensor& a) { return f(a - 1, std::int64_t{0}); }, int64));
  row.refusals.erase(row.refusals.begin() + 2);  // a boolean and a double make a float
  return row;
}

}  // namespace

std::vector<Row> rounding_rows() {
  const Traits flat = {.zero_gradient = true, .zero_second = true}, none = {.differentiable = false};
  std::vector<Row> rows = {
      unary(
          "floor", [](const Tensor& a) { return floor(a); }, away, flat),
      unary(
          "ceil", [](const Tensor& a) { return ceil(a); }, away, flat),
      unary(
          "trunc", [](const Tensor& a) { return trunc(a); }, away, flat),
      unary(
          "round", [](const Tensor& a) { return round(a); }, away, flat),
      unary(
          "frac", [](const Tensor& a) { return frac(a); }, away),
      binary("remainder", [](const Tensor& a, const Tensor& b) { return a % b; }),
      binary("fmod", [](const Tensor& a, const Tensor& b) { return fmod(a, b); }),
      binary(
          "floor_divide", [](const Tensor& a, const Tensor& b) { return floor_divide(a, b); }, none),
      with_number(
          "remainder.scalar", "remainder", [](const Tensor& a, Scalar b) { return a % b; }, 1.02, dividend),
      with_number(
          "rremainder.scalar", "remainder",
          [](const Tensor& a, Scalar b) { return b.is_floating_point() ? b % a : 1 % a; }, 2.5, divisor),
      with_number(
          "fmod.scalar", "fmod", [](const Tensor& a, Scalar b) { return fmod(a, b); }, 1.02, dividend),
      with_number(
          "floor_divide.scalar", "floor_divide", [](const Tensor& a, Scalar b) { return floor_divide(a, b); }, 1.02,
          dividend, none),
  };
  const auto to = [](std::int64_t n) { return [n](const Tensor& a) { return round(a, {.decimals = n}); }; };
  for (Row& row : rows) {
    if (row.name == "frac")
      row.refusals.push_back(one(
          Type::DType, "frac: ", {2}, [](const Tensor& a) { return frac(a); }, int64));
    if (row.name != "round") continue;
    row.samples.push_back(sample(to(1), {real({2, 3}, 0.06, 0.14)}));
    row.samples.push_back(sample(to(-1), {real({2, 3}, 6, 14)}));
    row.refusals.push_back(one(Type::DType, "round: decimals", {2}, to(2), int64));
  }
  return rows;
}

}  // namespace descent::testing
