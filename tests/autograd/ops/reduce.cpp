// Sums, means, extremes and their positions.
#include "refusals.h"

namespace descent::testing {
namespace {

/// f(a, dims, keepdim) over lists of dims, and f(a) over all.
template <class All, class Dims>
Row over_dims(const char* name, All all, Dims dims) {
  const std::string prefix = std::string(name) + ": ";
  const auto along = [dims](const Shape& d, bool keepdim) {
    return [dims, d, keepdim](const Tensor& a) { return dims(a, d, keepdim); };
  };
  Row row{name, {}, {}, sample(along({1}, false), {real({5, 40001})})};
  row.samples = {
      sample(all, {real({3, 4})}),
      sample(all, {real({})}),
      sample(along({0}, false), {real({3, 4})}),
      sample(along({1}, true), {real({3, 4})}),
      sample(along({0, 2}, false), {real({2, 3, 4})}),
      sample(along({-1, 0}, true), {real({2, 3, 4})}),
      sample(along({1}, false), {real({2, 3, 2, 2})}),
      sample(along({}, false), {real({2, 3})}),
      sample(along({1}, false), {real({0, 3})}),
      sample(along({0}, false), {real({2, 0, 3})}),
      sample(along({0}, false), {real({})}),
      sample(along({0}, false), {real({257, 3})}),
      sample(along({-1}, false), {real({3, 300})}),
  };
  row.refusals = {
      one(Refusal::Type::Index, prefix, {2, 3}, along({2}, false)),
      one(Refusal::Type::Index, "-3", {2, 3}, along({-3}, false)),
      one(Refusal::Type::Shape, prefix, {2, 3}, along({0, -2}, false)),
      undefined_input(all),
  };
  return row;
}

/// Values of max and min over everything, then along dims.
template <class All, class Along>
Row extreme(const char* name, const char* says, All all, Along along, bool whole, Traits traits) {
  const std::string prefix = std::string(says) + ": ";
  const auto over = [along](int64_t dim, bool keepdim) {
    return [along, dim, keepdim](const Tensor& a) { return along(a, dim, keepdim); };
  };
  Row row{name, {}, {}, {}, traits};
  if (whole) {
    row.samples = {sample(all, {distinct({3, 4})}), sample(all, {distinct({})}), sample(all, {distinct({2, 1, 5})})};
    row.large = sample(all, {distinct({3, 40001})});
    row.refusals = {one(Refusal::Type::Shape, prefix, {0}, all), one(Refusal::Type::Shape, prefix, {2, 0, 3}, all)};
  } else {
    row.samples = {
        sample(over(0, false), {distinct({3, 4})}),     sample(over(1, true), {distinct({3, 4})}),
        sample(over(-2, false), {distinct({2, 3, 4})}), sample(over(0, false), {distinct({})}),
        sample(over(-1, true), {distinct({0, 3})}),     sample(over(1, false), {distinct({2, 1, 2})}),
        sample(over(0, false), {distinct({2, 0, 3})}),
    };
    row.large = sample(over(1, false), {distinct({5, 40001})});
    row.refusals = {
        one(Refusal::Type::Index, prefix, {2, 3}, over(2, false)),
        one(Refusal::Type::Index, "-3", {2, 3}, over(-3, true)),
        one(Refusal::Type::Index, prefix, {2, 0}, over(1, false)),  // PyTorch's IndexError: an empty dim
    };
  }
  row.refusals.push_back(undefined_input(all));
  return row;
}

List pair_of(const ValuesAndIndices& both) { return {both.values, both.indices}; }

}  // namespace

std::vector<Row> reduce_rows() {
  std::vector<Row> rows = {
      over_dims(
          "sum", [](const Tensor& a) { return sum(a); },
          [](const Tensor& a, const Shape& d, bool keep) { return sum(a, d, keep); }),
      over_dims(
          "mean", [](const Tensor& a) { return mean(a); },
          [](const Tensor& a, const Shape& d, bool keep) { return mean(a, d, keep); }),
  };
  for (Row& row : rows) {
    if (row.name == "sum") {  // the mean over nothing is NaN and has no derivative
      row.samples.push_back(sample([](const Tensor& a) { return sum(a, {0}, true); }, {real({0, 3})}));
      continue;
    }
    row.refusals.push_back(one(
        Refusal::Type::DType, "mean: ", {2}, [](const Tensor& a) { return mean(a); }, int64));
  }
  const auto largest = [](const Tensor& a) { return max(a); };
  const auto smallest = [](const Tensor& a) { return min(a); };
  const auto max_along = [](const Tensor& a, int64_t d, bool keep) { return pair_of(max(a, d, keep)); };
  const auto min_along = [](const Tensor& a, int64_t d, bool keep) { return pair_of(min(a, d, keep)); };
  rows.push_back(extreme("max", "max", largest, max_along, true, {.empty = false}));
  rows.push_back(extreme("min", "min", smallest, min_along, true, {.empty = false}));
  rows.push_back(extreme("max.dim", "max", largest, max_along, false, {}));
  rows.push_back(extreme("min.dim", "min", smallest, min_along, false, {}));
  const Traits where_is{.differentiable = false, .empty = false}, where_along{.differentiable = false};
  const auto argmax_all = [](const Tensor& a) { return argmax(a); };
  const auto argmin_all = [](const Tensor& a) { return argmin(a); };
  const auto argmax_along = [](const Tensor& a, int64_t d, bool keep) { return argmax(a, d, keep); };
  const auto argmin_along = [](const Tensor& a, int64_t d, bool keep) { return argmin(a, d, keep); };
  rows.push_back(extreme("argmax", "argmax", argmax_all, argmax_along, true, where_is));
  rows.push_back(extreme("argmin", "argmin", argmin_all, argmin_along, true, where_is));
  rows.push_back(extreme("argmax.dim", "argmax", argmax_all, argmax_along, false, where_along));
  rows.push_back(extreme("argmin.dim", "argmin", argmin_all, argmin_along, false, where_along));

  const auto to_shape = [](const Shape& shape) { return [shape](const Tensor& a) { return sum_to(a, shape); }; };
  Row reduced{"sum_to", {}, {}, sample(to_shape({40001}), {real({5, 40001})})};
  reduced.samples = {sample(to_shape({3}), {real({2, 3})}),    sample(to_shape({2, 1}), {real({2, 3})}),
                     sample(to_shape({}), {real({2, 3})}),     sample(to_shape({}), {real({})}),
                     sample(to_shape({1, 3}), {real({0, 3})}), sample(to_shape({3, 1}), {real({2, 3, 4})})};
  reduced.refusals = {one(Refusal::Type::Shape, "sum_to: ", {2, 3}, to_shape({2})),
                      one(Refusal::Type::Shape, "[4, 2, 3]", {2, 3}, to_shape({4, 2, 3})),
                      undefined_input(to_shape({1}))};
  rows.push_back(reduced);
  return rows;
}

}  // namespace descent::testing
