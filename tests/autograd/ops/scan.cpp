// Running sums, products and log-sum-exps along a dim.
#include "autograd/ops/scan-inl.h"
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

template <class F>
Row along_a_dim(const char* name, F f, Arg (*arg)(const Shape&)) {
  const auto over = [f](int64_t dim) {
    return [f, dim](const Tensor& a) { return autograd::detail::as_list(f(a, dim)); };
  };
  const std::string prefix = std::string(name) + ": ";
  Row row{name, {}, {}, sample(over(1), {arg({301, 400})})};
  row.samples = {sample(over(1), {arg({3, 4})}),  sample(over(0), {arg({3, 4})}), sample(over(-2), {arg({2, 3, 2})}),
                 sample(over(0), {arg({7})}),     sample(over(0), {arg({})}),     sample(over(1), {arg({0, 3})}),
                 sample(over(-1), {arg({2, 0})}), sample(over(1), {arg({2, 1})})};
  row.refusals = {one(Type::Index, prefix, {2, 3}, over(2)), one(Type::Index, "-3", {2, 3}, over(-3)),
                  undefined_input(over(0))};
  return row;
}

Arg plain(const Shape& shape) { return real(shape); }
Arg near_one(const Shape& shape) { return real(shape, 0.6, 1.4); }
Arg zero(const Shape& shape) { return real(shape, 0, 0); }

List pair_of(const ValuesAndIndices& both) { return {both.values, both.indices}; }

}  // namespace

std::vector<Row> scan_rows() {
  std::vector<Row> rows = {
      along_a_dim(
          "cumsum", [](const Tensor& a, int64_t d) { return cumsum(a, d); }, plain),
      along_a_dim(
          "cumprod", [](const Tensor& a, int64_t d) { return cumprod(a, d); }, near_one),
      along_a_dim(
          "logcumsumexp", [](const Tensor& a, int64_t d) { return logcumsumexp(a, d); }, plain),
      along_a_dim(
          "cummax", [](const Tensor& a, int64_t d) { return pair_of(cummax(a, d)); }, distinct),
      along_a_dim(
          "cummin", [](const Tensor& a, int64_t d) { return pair_of(cummin(a, d)); }, distinct),
  };
  const auto with_zeros = [](const List& in) { return cumprod(cat(in, 1), 1); };
  rows[1].samples.push_back(sample(with_zeros, {real({2, 2}), zero({2, 1}), real({2, 2})}));
  rows[1].samples.push_back(sample(with_zeros, {zero({1, 1}), real({1, 2}), zero({1, 1}), real({1, 1}), zero({1, 1})}));
  rows[2].samples.push_back(sample([](const Tensor& a) { return logcumsumexp(a, 0); }, {real({5, 2}, -40, 40)}));
  rows[2].traits.tolerance32 = 3e-5;  // arguments up to 40
  rows[2].refusals.push_back(one(
      Type::DType, "logcumsumexp: ", {2}, [](const Tensor& a) { return logcumsumexp(a, 0); }, int64));

  const auto linear = [](int dim, bool reverse) {
    return [=](const Tensor& w, const Tensor& u) { return autograd::linear_scan(w, u, dim, reverse); };
  };
  Row row{"linear_scan", {}, {}, sample(linear(1, false), {real({301, 400}, -0.9, 0.9), real({301, 400})})};
  row.samples = {sample(linear(0, false), {real({3, 4}), real({3, 4})}),
                 sample(linear(1, true), {real({2, 4}), real({2, 4})}),
                 sample(linear(1, false), {real({2, 3, 2}), real({2, 3, 2})}),
                 sample(linear(0, false), {real({}), real({})}), sample(linear(1, true), {real({0, 3}), real({0, 3})})};
  row.refusals = {shapes("linear_scan: ", {2, 3}, {3}, linear(0, false)),
                  shapes("[2, 4]", {2, 3}, {2, 4}, linear(1, true)), undefined_input(linear(0, false), 2)};
  rows.push_back(row);
  return rows;
}

}  // namespace descent::testing
