// Reductions beyond sums: products, variances, norms, medians, extremes over several dims, logical reductions.
#include <cmath>
#include <limits>

#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

constexpr double kInf = std::numeric_limits<double>::infinity();

Arg plain(const Shape& shape) { return real(shape); }
Arg near_one(const Shape& shape) { return real(shape, 0.6, 1.4); }
Arg zero(const Shape& shape) { return real(shape, 0, 0); }

/// Results as a list.
template <class T>
List listed(const T& result) {
  if constexpr (std::is_same_v<T, std::pair<Tensor, Tensor>>)
    return {result.first, result.second};
  else
    return autograd::detail::as_list(result);
}

template <class F>
auto over(F f, const Shape& dims, bool keepdim) {
  return [=](const Tensor& a) { return listed(f(a, dims, keepdim)); };
}

/// f(a, dims, keepdim) over lists of dims, empty for all. One element has a constant result if `flat`.
template <class F>
Row over_dims(const char* name, F f, Arg (*arg)(const Shape&), bool flat = false, Traits traits = {}) {
  const std::string prefix = std::string(name) + ": ";
  Row row{name, {}, {}, sample(over(f, {1}, false), {arg({301, 400})}), traits};
  row.samples = {
      sample(over(f, {}, false), {arg({3, 4})}),
      sample(over(f, {}, false), {arg({})}),
      sample(over(f, {0}, true), {arg({})}),
      sample(over(f, {0}, false), {arg({3, 4})}),
      sample(over(f, {1}, true), {arg({3, 4})}),
      sample(over(f, {0, 2}, false), {arg({2, 3, 2})}),
      sample(over(f, {-1, 0}, true), {arg({2, 3, 2})}),
      sample(over(f, {1}, false), {arg({0, 3})}),
      sample(over(f, {0}, false), {arg({2, 0, 3})}),
      sample(over(f, {-1}, true), {arg({2, 19})}),
  };
  row.samples[1].constant = row.samples[2].constant = flat;
  row.refusals = {one(Type::Index, prefix, {2, 3}, over(f, {2}, false)),
                  one(Type::Index, "-3", {2, 3}, over(f, {-3}, false)),
                  one(Type::Shape, prefix, {2, 3}, over(f, {0, -2}, false)), undefined_input(over(f, {}, false))};
  return row;
}

/// Also refuses integers.
template <class F>
Row of_floats(const char* name, F f, Arg (*arg)(const Shape&), bool flat = false) {
  Row row = over_dims(name, f, arg, flat);
  row.refusals.push_back(one(Type::DType, std::string(name) + ": ", {2}, over(f, {}, false), int64));
  return row;
}

Row product() {
  const auto along = [](int64_t dim, bool keepdim) { return [=](const Tensor& a) { return prod(a, dim, keepdim); }; };
  const auto joined = [](const List& in) { return prod(cat(in, 1), 1); };
  const auto joined_all = [](const List& in) { return prod(cat(in, 0)); };
  Row row{"prod", {}, {}, sample(along(1, false), {near_one({301, 400})})};
  row.samples = {sample([](const Tensor& a) { return prod(a); }, {real({2, 3})}),
                 sample([](const Tensor& a) { return prod(a); }, {real({})}),
                 sample(along(0, true), {real({})}),
                 sample(along(0, false), {real({3, 2})}),
                 sample(along(-1, true), {real({2, 2, 3})}),
                 sample(along(1, false), {real({0, 3})}),
                 sample(along(0, false), {real({0, 3})}),
                 sample(joined, {real({2, 2}), zero({2, 1}), real({2, 1})}),
                 sample(joined, {zero({1, 1}), real({1, 2}), zero({1, 1})}),
                 sample(joined_all, {real({2}), zero({2}), real({1})})};
  row.samples[8].constant = row.samples[9].constant = true;  // two zeros: the first order is zero
  row.refusals = {one(Type::Index, "prod: ", {2, 3}, along(2, false)), one(Type::Index, "-3", {2, 3}, along(-3, true)),
                  undefined_input(along(0, false))};
  return row;
}

/// var, std and with their means, with correction 0 so that one element has one.
template <class F>
Row spread(const char* name, F f, bool flat) {
  Row row = of_floats(
      name,
      [f](const Tensor& a, const Shape& d, bool keep) { return f(a, d, VarOptions{.correction = 0, .keepdim = keep}); },
      plain, flat);
  const auto corrected = [f](double correction) {
    return [f, correction](const Tensor& a) { return listed(f(a, Shape{0}, VarOptions{.correction = correction})); };
  };
  row.samples.push_back(sample(corrected(1), {real({4, 2})}));
  row.samples.push_back(sample(corrected(2.5), {real({5})}));
  row.refusals.push_back(one(Type::Argument, "correction", {3}, corrected(std::nan(""))));
  return row;
}

Row norms() {
  const auto of = [](double p) {
    return [p](const Tensor& a, const Shape& d, bool keep) { return norm(a, p, d, keep); };
  };
  Row row = of_floats("norm", of(2), plain);
  for (const double p : {1.0, 3.0, 1.5, 0.5, -1.0, -2.5, kInf, -kInf, 0.0}) {
    row.samples.push_back(sample(over(of(p), {1}, false), {p == 1 ? away({2, 3}) : real({2, 3}, 0.5, 2)}));
    row.samples.back().constant = p == 0;
    if (!std::isinf(p) && p != 0) row.samples.push_back(sample(over(of(p), {}, false), {away({4})}));
  }
  row.samples.push_back(sample([](const Tensor& a) { return norm(a, "fro", {0, 1}); }, {real({2, 3})}));
  row.refusals.push_back(one(Type::Argument, "nuclear", {2, 2}, [](const Tensor& a) { return norm(a, "nuclear"); }));
  row.refusals.push_back(one(Type::Argument, "nan", {2, 2}, [](const Tensor& a) { return norm(a, std::nan("")); }));
  row.refusals.push_back(one(Type::Shape, "inf", {2, 0}, [](const Tensor& a) { return norm(a, kInf, {1}); }));
  row.refusals.push_back(one(Type::Shape, "-1", {0}, [](const Tensor& a) { return norm(a, -1); }));
  return row;
}

template <class All, class Along>
std::vector<Row> medians(const std::string& name, All all, Along along) {
  const auto by = [along](int64_t dim, bool keepdim) {
    return [=](const Tensor& a) {
      const auto [values, indices] = along(a, dim, keepdim);
      return List{values, indices};
    };
  };
  Row whole{name, {}, {}, sample(all, {distinct({301, 400})})};
  whole.samples = {sample(all, {distinct({3, 4})}), sample(all, {distinct({})}), sample(all, {distinct({5})})};
  whole.samples.push_back(sample([all](const Tensor& a) { return all(a).reshape({1}).slice(0, 0, 0); }, {real({0})}));
  whole.refusals = {one(Type::DType, name + ": ", {2}, all, boolean), one(Type::Shape, name + ": ", {0}, all, int64),
                    undefined_input(all)};
  Row dim{name + ".dim", {}, {}, sample(by(1, false), {distinct({301, 400})})};
  dim.samples = {sample(by(0, false), {distinct({3, 4})}),     sample(by(1, true), {distinct({3, 4})}),
                 sample(by(-2, false), {distinct({2, 3, 4})}), sample(by(0, true), {distinct({})}),
                 sample(by(1, false), {distinct({0, 3})}),     sample(by(0, false), {distinct({2, 0, 3})})};
  dim.refusals = {one(Type::Index, name + ": ", {2, 3}, by(2, false)), one(Type::Index, "-3", {2, 3}, by(-3, false)),
                  one(Type::Index, "[2, 0]", {2, 0}, by(1, false)),
                  one(Type::DType, name + ": ", {2}, by(0, false), boolean), undefined_input(by(0, true))};
  return {whole, dim};
}

}  // namespace

std::vector<Row> statistics_rows() {
  std::vector<Row> rows = {product(), norms()};
  rows.push_back(spread(
      "var", [](const Tensor& a, const Shape& d, const VarOptions& o) { return var(a, d, o); }, true));
  rows.push_back(spread(
      "std", [](const Tensor& a, const Shape& d, const VarOptions& o) { return descent::std(a, d, o); }, true));
  rows.push_back(spread(
      "var_mean", [](const Tensor& a, const Shape& d, const VarOptions& o) { return var_mean(a, d, o); }, false));
  rows.push_back(spread(
      "std_mean", [](const Tensor& a, const Shape& d, const VarOptions& o) { return std_mean(a, d, o); }, false));

  const auto most = [](const Tensor& a, const Shape& d, bool keep) { return amax(a, d, keep); };
  const auto least = [](const Tensor& a, const Shape& d, bool keep) { return amin(a, d, keep); };
  rows.push_back(over_dims("amax", most, distinct));
  rows.push_back(over_dims("amin", least, distinct));
  for (Row* row : {&rows[rows.size() - 2], &rows.back()}) {
    const auto f = row->name == "amax" ? Function([most](const List& in) { return List{most(in[0], {0}, false)}; })
                                       : Function([least](const List& in) { return List{least(in[0], {0}, false)}; });
    row->refusals.push_back({Type::Index, row->name + ": ", [] { return List{ones({0, 3})}; }, f});
  }
  rows.push_back(over_dims(
      "logsumexp", [](const Tensor& a, const Shape& d, bool keep) { return logsumexp(a, d, keep); }, plain));
  rows.push_back(over_dims(
      "nansum", [](const Tensor& a, const Shape& d, bool keep) { return nansum(a, d, keep); }, plain));
  rows.push_back(of_floats(
      "nanmean", [](const Tensor& a, const Shape& d, bool keep) { return nanmean(a, d, keep); }, plain));

  const Traits logical{.differentiable = false};
  rows.push_back(over_dims(
      "all", [](const Tensor& a, const Shape& d, bool keep) { return all(a, d, keep); }, plain, false, logical));
  rows.push_back(over_dims(
      "any", [](const Tensor& a, const Shape& d, bool keep) { return any(a, d, keep); }, plain, false, logical));
  rows.push_back(over_dims(
      "count_nonzero", [](const Tensor& a, const Shape& d, bool) { return count_nonzero(a, d); }, plain, false,
      logical));

  for (const auto& more : {medians(
                               "median", [](const Tensor&a) { return median(a); },
                               [](const Tensor&a, int64_t d, bool keep) { return median(a, d, keep); }),
                           medians(
                               "nanmedian", [](const Tensor&a) { return nanmedian(a); },
                               [](const Tensor&a, int64_t d, bool keep) { return nanmedian(a, d, keep); })}) {
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

}  // namespace descent::testing
