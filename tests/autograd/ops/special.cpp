// Exponentials, logarithms, trigonometry and special functions of each element.
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;
using Maker = Arg (*)(const Shape&);
Arg anywhere(const Shape& shape) { return real(shape); }
Arg inside(const Shape& shape) { return real(shape, -0.85, 0.85); }
Arg above_minus_one(const Shape& shape) { return real(shape, -0.6, 2); }
Arg above_one(const Shape& shape) { return real(shape, 1.4, 3); }
Arg from_one(const Shape& shape) { return real(shape, 0.9, 4); }

template <class F>
Row unary(const char* name, F f, Maker maker) {
  Row row{name, {}, {undefined_input(f), foreign_cotangent(f, maker({2, 3}))}, sample(f, {maker({3, 40001})})};
  for (const Shape& shape : {Shape{3, 4}, Shape{2, 1, 3}, Shape{17}, Shape{}, Shape{0, 3}}) {
    row.samples.push_back(sample(f, {maker(shape)}));
  }
  return row;
}

template <class F>
Row binary(const char* name, F f, Maker left, Maker right) {
  const std::string prefix = std::string(name) + ": ";
  Row row{name, {}, {}, sample(f, {left({3, 40001}), right({40001})})};
  const std::vector<std::pair<Shape, Shape>> pairs = {
      {{3, 4}, {3, 4}}, {{2, 3}, {3}}, {{4, 1, 3}, {2, 1}}, {{}, {2, 3}}, {{2, 2}, {}}, {{}, {}}, {{0, 3}, {3}}};
  for (const auto& [a, b] : pairs) row.samples.push_back(sample(f, {left(a), right(b)}));
  row.refusals = {shapes(prefix, {2, 3}, {2, 4}, f), shapes("[4, 3]", {2, 3}, {4, 3}, f), undefined_input(f, 2)};
  return row;
}

}  // namespace

std::vector<Row> special_rows() {
  std::vector<Row> rows = {
      unary(
          "exp2", [](const Tensor& a) { return exp2(a); }, anywhere),
      unary(
          "expm1", [](const Tensor& a) { return expm1(a); }, anywhere),
      unary(
          "log2", [](const Tensor& a) { return log2(a); }, positive),
      unary(
          "log10", [](const Tensor& a) { return log10(a); }, positive),
      unary(
          "log1p", [](const Tensor& a) { return log1p(a); }, above_minus_one),
      unary(
          "rsqrt", [](const Tensor& a) { return rsqrt(a); }, positive),
      unary(
          "reciprocal", [](const Tensor& a) { return reciprocal(a); }, positive),
      unary(
          "tan", [](const Tensor& a) { return tan(a); }, inside),
      unary(
          "asin", [](const Tensor& a) { return asin(a); }, inside),
      unary(
          "acos", [](const Tensor& a) { return acos(a); }, inside),
      unary(
          "atan", [](const Tensor& a) { return atan(a); }, anywhere),
      unary(
          "sinh", [](const Tensor& a) { return sinh(a); }, anywhere),
      unary(
          "cosh", [](const Tensor& a) { return cosh(a); }, anywhere),
      unary(
          "asinh", [](const Tensor& a) { return asinh(a); }, anywhere),
      unary(
          "acosh", [](const Tensor& a) { return acosh(a); }, above_one),
      unary(
          "atanh", [](const Tensor& a) { return atanh(a); }, inside),
      unary(
          "erf", [](const Tensor& a) { return erf(a); }, anywhere),
      unary(
          "erfc", [](const Tensor& a) { return erfc(a); }, anywhere),
      unary(
          "logsigmoid", [](const Tensor& a) { return logsigmoid(a); }, anywhere),
      unary(
          "lgamma", [](const Tensor& a) { return lgamma(a); }, from_one),
      unary(
          "digamma", [](const Tensor& a) { return digamma(a); }, from_one),
      binary(
          "atan2", [](const Tensor& a, const Tensor& b) { return atan2(a, b); }, anywhere, positive),
      binary(
          "hypot", [](const Tensor& a, const Tensor& b) { return hypot(a, b); }, anywhere, positive),
  };
  for (Row& row : rows) {  // every quadrant
    if (row.name != "atan2") continue;
    row.samples.push_back(sample([](const Tensor& a, const Tensor& b) { return atan2(b, a) * atan2(a, -b); },
                                 {away({3, 4}), positive({4})}));
  }

  const auto poly = [](std::int64_t n) { return [n](const Tensor& a) { return polygamma(n, a); }; };
  Row row = unary("polygamma", poly(1), from_one);
  for (const std::int64_t n : {0, 2, 3}) row.samples.push_back(sample(poly(n), {from_one({2, 3})}));
  row.samples.push_back(sample(poly(1), {real({4}, -1.7, -1.3)}));
  row.samples.push_back(sample(poly(2), {real({4}, -1.8, -1.6)}));
  row.refusals.push_back(one(Type::Argument, "polygamma: n must be >= 0, got -1", {2}, poly(-1)));
  rows.push_back(row);
  return rows;
}

}  // namespace descent::testing
