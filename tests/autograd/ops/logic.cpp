// Tests of each element, logic, and mixed pointwise ops.
#include <cmath>

#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

/// A test of each element: booleans.
template <class F>
Row tests(const char* name, F f) {
  Row row{name,
          {},
          {undefined_input(f), no_graph(f, real({2, 3}))},
          sample(f, {real({3, 40001})}),
          {.differentiable = false}};
  for (const Shape& shape : {Shape{3, 4}, Shape{}, Shape{0, 3}}) row.samples.push_back(sample(f, {real(shape)}));
  row.samples.push_back(sample(f, {index_below({2, 3}, 3)}));
  row.samples.push_back(sample(f, {mask({4})}));
  const auto of_infinities = [f](const Tensor& a) { return f(a / 0.0); };
  row.samples.push_back(sample(of_infinities, {index_below({2, 3}, 2)}));
  return row;
}

template <class F>
Row joins(const char* name, F f) {
  const std::string prefix = std::string(name) + ": ";
  Row row{name, {}, {undefined_input(f, 2), shapes(prefix, {2, 3}, {2, 4}, f)}, {}, {.differentiable = false}};
  row.large = sample(f, {index_below({3, 40001}, 3), mask({40001})});
  row.samples = {sample(f, {mask({3, 4}), mask({3, 4})}), sample(f, {index_below({2, 1, 3}, 2), real({2, 1})}),
                 sample(f, {mask({}), mask({})}), sample(f, {mask({0, 3}), mask({3})})};
  return row;
}

/// A function of three tensors with gradients for each.
template <class F>
Row mixes(const char* name, F f, Arg (*maker)(const Shape&)) {
  const auto three = [](const Shape& a, const Shape& b, const Shape& c) {
    return [=] { return List{ones(a), ones(b), ones(c)}; };
  };
  Row row{name, {}, {undefined_input(f, 3)}, sample(f, {real({3, 40001}), maker({40001}), maker({3, 1})})};
  row.samples = {sample(f, {real({3, 4}), real({3, 4}), maker({3, 4})}),
                 sample(f, {real({2, 1, 3}), real({2, 1}), maker({})}), sample(f, {real({}), real({}), maker({})}),
                 sample(f, {real({0, 3}), real({3}), maker({1, 1})}),
                 sample(f, {constant(real({2, 3})), real({2, 3}), constant(maker({3}))})};
  row.refusals.push_back(refuses(Type::Shape, "[2, 4]", f, three({2, 3}, {2, 4}, {3})));
  row.refusals.push_back(refuses(Type::Shape, std::string(name) + ": ", f, three({2, 3}, {3}, {4})));
  return row;
}

Arg anywhere(const Shape& shape) { return real(shape); }

Row clamps() {
  const auto both = [](const Tensor& a, const Tensor& lo, const Tensor& hi) { return clamp(a, lo, hi); };
  const auto low = [](const Tensor& a, const Tensor& lo) { return clamp(a, lo); };
  const auto high = [](const Tensor& a, const Tensor& hi) { return clamp(a, Tensor(), hi); };
  Row row{"clamp.tensor", {}, {}, sample(both, {real({3, 40001}), constant(real({40001}, -1, 0)), real({3, 1}, 0, 1)})};
  const auto lower = [](const Shape& s) { return real(s, -1, -0.2); };
  const auto upper = [](const Shape& s) { return real(s, 0.2, 1); };
  row.samples = {sample(both, {away({3, 4}), lower({3, 4}), upper({3, 4})}),
                 sample(both, {away({2, 3}), lower({3}), upper({2, 1})}),
                 sample(both, {away({2, 3}), upper({2, 3}), lower({2, 3})}),  // crossed: the upper bound wins
                 sample(both, {real({}), lower({}), upper({})}),
                 sample(both, {real({0, 3}), lower({3}), upper({})}),
                 sample(low, {away({3, 4}), lower({4})}),
                 sample(high, {away({3, 4}), upper({4})})};
  const auto none = [](const Tensor& a) { return clamp(a, Tensor(), Tensor()); };
  row.refusals = {undefined_input(low, 2), one(Type::Argument, "clamp: at least one", {2}, none),
                  shapes("clamp: ", {2, 3}, {4}, low), refuses(Type::DType, "clamp: ", low, [] {
                    return List{ones({2}, {.dtype = boolean}), eq(ones({2}), 1)};
                  })};
  return row;
}

template <class F, class G>
Row clamps_one_side(const char* name, F number, G tensor) {
  Row row{name, {}, {undefined_input(number), undefined_input(tensor, 2)}, sample(number, {away({3, 40001})})};
  for (const Shape& shape : {Shape{3, 4}, Shape{}, Shape{0, 3}}) {
    row.samples.push_back(sample(number, {away(shape)}));
    row.samples.push_back(sample(tensor, {away(shape), real({}, 0.1, 0.2)}));
  }
  return row;
}

}  // namespace

std::vector<Row> logic_rows() {
  std::vector<Row> rows = {
      tests("isnan", [](const Tensor& a) { return isnan(a); }),
      tests("isinf", [](const Tensor& a) { return isinf(a); }),
      tests("isfinite", [](const Tensor& a) { return isfinite(a); }),
      tests("isposinf", [](const Tensor& a) { return isposinf(a); }),
      tests("isneginf", [](const Tensor& a) { return isneginf(a); }),
      tests("logical_not", [](const Tensor& a) { return logical_not(a); }),
      joins("logical_and", [](const Tensor& a, const Tensor& b) { return logical_and(a, b); }),
      joins("logical_or", [](const Tensor& a, const Tensor& b) { return logical_or(a, b); }),
      joins("logical_xor", [](const Tensor& a, const Tensor& b) { return logical_xor(a, b); }),
      joins("isclose", [](const Tensor& a, const Tensor& b) { return isclose(a, b, {.atol = 0.5}); }),
      clamps(),
      clamps_one_side(
          "clamp_min", [](const Tensor& a) { return clamp_min(a, 0.0); },
          [](const Tensor& a, const Tensor& b) { return clamp_min(a, b); }),
      clamps_one_side(
          "clamp_max", [](const Tensor& a) { return clamp_max(a, 1.5); },
          [](const Tensor& a, const Tensor& b) { return clamp_max(a, b); }),
  };
  const auto tolerance = [](double rtol, double atol) {
    return [=](const Tensor& a) { return isclose(a, a, {.rtol = rtol, .atol = atol}); };
  };
  rows[9].refusals.push_back(one(Type::Argument, "isclose: rtol", {2}, tolerance(-1, 0)));
  rows[9].refusals.push_back(one(Type::Argument, "isclose: atol", {2}, tolerance(0, std::nan(""))));

  Row operators{"boolean_operators", {}, {}, {}, {.differentiable = false}};
  const auto combined = [](const Tensor& a, const Tensor& b) { return (a & b) | (!a ^ ~b); };
  operators.large = sample(combined, {mask({3, 40001}), mask({40001})});
  operators.samples = {sample(combined, {mask({3, 4}), mask({4})}), sample(combined, {mask({}), mask({})}),
                       sample(combined, {mask({0, 3}), mask({3})})};
  operators.refusals = {one(
                            Type::DType, "operator !: ", {2}, [](const Tensor& a) { return !a; }, int64),
                        one(
                            Type::DType, "operator &: ", {2}, [](const Tensor& a) { return a & a; }, uint8),
                        one(Type::DType, "operator |: ", {2}, [](const Tensor& a) { return a | (a == 1); }),
                        one(Type::DType, "operator ^: ", {2}, [](const Tensor& a) { return (a == 1) ^ a; })};
  rows.push_back(operators);

  const auto replace = [](const Tensor& a) { return nan_to_num(a, {.nan = 2, .posinf = 3}); };
  const auto replace_inside = [](const Tensor& a) { return nan_to_num(where(a.detach() > 0.5, std::nan(""), a * 2)); };
  Row numbers{"nan_to_num",
              {},
              {undefined_input(replace), foreign_cotangent(replace, real({2, 3}))},
              sample(replace, {real({3, 40001})})};
  for (const Shape& shape : {Shape{3, 4}, Shape{}, Shape{0, 3}})
    numbers.samples.push_back(sample(replace, {real(shape)}));
  numbers.samples.push_back(sample(replace_inside, {away({3, 4})}));
  rows.push_back(numbers);

  Row between = mixes(
      "lerp", [](const Tensor& a, const Tensor& b, const Tensor& c) { return lerp(a, b, c); }, away);
  const auto part = [](const Tensor& a, const Tensor& b) { return lerp(a, b, 0.3); };
  between.samples.push_back(sample(part, {real({3, 4}), real({4})}));
  between.refusals.push_back(one(
      Type::DType, "lerp: ", {2}, [](const Tensor& a) { return lerp(a, a, 0.5); }, int64));
  rows.push_back(between);

  Row product = mixes(
      "addcmul", [](const Tensor& a, const Tensor& b, const Tensor& c) { return addcmul(a, b, c, {.value = -1.5}); },
      anywhere);
  product.refusals.push_back(one(
      Type::Argument, "addcmul: value", {2}, [](const Tensor& a) { return addcmul(a, a, a, {.value = 0.5}); }, int64));
  product.refusals.push_back(one(
      Type::DType, "addcmul: ", {2}, [](const Tensor& a) { return addcmul(a, a, a); }, boolean));
  rows.push_back(product);
  Row quotient = mixes(
      "addcdiv", [](const Tensor& a, const Tensor& b, const Tensor& c) { return addcdiv(a, b, c, {.value = 0.7}); },
      positive);
  quotient.refusals.push_back(one(
      Type::DType, "addcdiv: ", {2}, [](const Tensor& a) { return addcdiv(a, a, a); }, int64));
  quotient.traits.tolerance32 = 3e-5;  // the denominator may be small
  rows.push_back(quotient);
  return rows;
}

}  // namespace descent::testing
