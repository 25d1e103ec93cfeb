// Statistics and scans against PyTorch's (tests/reference/statistics.py): ties, NaN, infinities, zeros in products.
#include <cmath>
#include <map>

#include "reference.h"

namespace descent::testing {
namespace {

using Dims = std::function<Tensor(const Tensor&, const Shape&, bool)>;
using Dim = std::function<Tensor(const Tensor&, int64_t, bool)>;

/// f over all, rows or dims, by what follows the op's name.
Call over_dims(const std::string& how, Dims f) {
  if (how == "_rows") return [f](const List& in) { return f(in[0], {1}, false); };
  if (how == "_keep") return [f](const List& in) { return f(in[0], {0, -1}, true); };
  return [f](const List& in) { return f(in[0], {}, false); };
}

Call along_dim(const std::string& how, int64_t dim, Dim f) {
  return [=](const List& in) { return f(in[0], dim, how == "_keep"); };
}

const std::map<std::string, Dims>& reductions() {
  static const std::map<std::string, Dims> all_of_them = {
      {"amax", [](const Tensor& a, const Shape& d, bool keep) { return amax(a, d, keep); }},
      {"amin", [](const Tensor& a, const Shape& d, bool keep) { return amin(a, d, keep); }},
      {"logsumexp", [](const Tensor& a, const Shape& d, bool keep) { return logsumexp(a, d, keep); }},
      {"all", [](const Tensor& a, const Shape& d, bool keep) { return all(a, d, keep).to(int64); }},
      {"any", [](const Tensor& a, const Shape& d, bool keep) { return any(a, d, keep).to(int64); }},
      {"count_nonzero", [](const Tensor& a, const Shape& d, bool) { return count_nonzero(a, d); }},
      {"nansum", [](const Tensor& a, const Shape& d, bool keep) { return nansum(a, d, keep); }},
      {"nanmean", [](const Tensor& a, const Shape& d, bool keep) { return nanmean(a, d, keep); }},
  };
  return all_of_them;
}

const std::map<std::string, Dim>& along() {
  static const std::map<std::string, Dim> all_of_them = {
      {"prod", [](const Tensor& a, int64_t d, bool keep) { return prod(a, d, keep); }},
      {"median", [](const Tensor& a, int64_t d, bool keep) { return median(a, d, keep).values; }},
      {"nanmedian", [](const Tensor& a, int64_t d, bool keep) { return nanmedian(a, d, keep).values; }},
      {"cumsum", [](const Tensor& a, int64_t d, bool) { return cumsum(a, d); }},
      {"cumprod", [](const Tensor& a, int64_t d, bool) { return cumprod(a, d); }},
      {"logcumsumexp", [](const Tensor& a, int64_t d, bool) { return logcumsumexp(a, d); }},
      {"cummax", [](const Tensor& a, int64_t d, bool) { return cummax(a, d).values; }},
      {"cummin", [](const Tensor& a, int64_t d, bool) { return cummin(a, d).values; }},
  };
  return all_of_them;
}

/// Cases are `op`, `op_dim`, `op_rows`, `op_keep` or `op_indices`, then `/`, a number where there is one, and words.
Call call_for(const std::string& name) {
  if (name.starts_with("value_")) {
    return [f = call_for(name.substr(6))](const List& in) { return f(in).detach(); };
  }
  const std::size_t slash = name.find('/');
  std::string op = name.substr(0, slash), how;
  const std::string variant = name.substr(slash + 1);
  for (const char* ending : {"_dim", "_rows", "_keep", "_indices", "_mean"}) {
    if (op.ends_with(ending)) how = ending, op.resize(op.size() - how.size());
  }
  if (op == "var" || op == "std") {
    const auto f = op == "var" ? [](const Tensor& a, const Shape& d, const VarOptions& o) { return var(a, d, o); }
                               : [](const Tensor& a, const Shape& d, const VarOptions& o) { return a.std(d, o); };
    if (how == "_mean") {
      return [op](const List& in) {
        const auto [spread, mean] = op == "var" ? var_mean(in[0], {1}) : std_mean(in[0], {1});
        return spread * 2 + mean;
      };
    }
    const double correction = how.empty() ? 1 : std::stod(variant);
    return over_dims(how, [=](const Tensor& a, const Shape& d, bool keep) {
      return f(a, d, {.correction = correction, .keepdim = keep});
    });
  }
  if (op == "norm") {
    const double p = std::stod(variant);
    return over_dims(how, [p](const Tensor& a, const Shape& d, bool keep) { return norm(a, p, d, keep); });
  }
  if (const auto found = reductions().find(op); found != reductions().end()) return over_dims(how, found->second);
  if (how == "_indices") {
    const int64_t dim = std::stoll(variant);
    if (op == "median") return [dim](const List& in) { return median(in[0], dim).indices; };
    if (op == "nanmedian") return [dim](const List& in) { return nanmedian(in[0], dim).indices; };
    if (op == "cummax") return [dim](const List& in) { return cummax(in[0], dim).indices; };
    return [dim](const List& in) { return cummin(in[0], dim).indices; };
  }
  if (how.empty() && op == "prod") return [](const List& in) { return prod(in[0]); };
  if (how.empty() && op == "median") return [](const List& in) { return median(in[0]); };
  if (how.empty() && op == "nanmedian") return [](const List& in) { return nanmedian(in[0]); };
  if (const auto found = along().find(op); found != along().end()) {
    return along_dim(how, std::stoll(variant), found->second);
  }
  BOOST_FAIL("no op for the reference case " << name);
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference_statistics)

BOOST_AUTO_TEST_CASE(statistics) { check_table("ops/statistics.txt", call_for); }
BOOST_AUTO_TEST_CASE(scans) { check_table("ops/scan.txt", call_for); }

// H = (p − 1)/n·(diag(rᵖ⁻²) − φ·φᵀ) with r = |x|/n, φ = sign(x)·rᵖ⁻¹: finite at 0 for p > 2.
BOOST_AUTO_TEST_CASE(second_order_of_a_norm_with_a_zero) {
  const std::vector<double> values{1, -2, 0, 4}, direction{0.3, 1, -0.7, 0.2};
  for (const double p : {2.25, 2.5, 3.0, 3.5, 4.0}) {
    const Tensor x = from_vector(values).requires_grad_();
    const Tensor slope = descent::autograd::grad({norm(x, p)}, {x}, {.create_graph = true})[0];
    const Tensor found = descent::autograd::grad({(slope * from_vector(direction)).sum()}, {x})[0];
    double n = 0, along = 0;
    for (const double v : values) n += std::pow(std::abs(v), p);
    n = std::pow(n, 1 / p);
    const auto phi = [&](double v) { return std::copysign(std::pow(std::abs(v) / n, p - 1), v); };
    for (std::size_t i = 0; i < values.size(); ++i) along += phi(values[i]) * direction[i];
    std::vector<double> expected;
    for (std::size_t i = 0; i < values.size(); ++i) {
      expected.push_back((p - 1) / n *
                         (std::pow(std::abs(values[i]) / n, p - 2) * direction[i] - phi(values[i]) * along));
    }
    BOOST_TEST(max_relative_error(found, expected) <= 1e-14, "p = " << p << " gives " << found);
  }
}

// Braces with names are options, plain ones are dims: some compilers would take the first for a Shape.
BOOST_AUTO_TEST_CASE(every_form_of_a_call) {
  const Tensor x = tensor({{1.0, 3.0, 8.0}, {2.0, 2.0, 5.0}}, {.dtype = float64});
  const std::vector<double> sample{33.5 / 5}, whole{33.5 / 6}, rows{13, 3}, rows_whole{26.0 / 3, 2},
      columns{0.5, 0.5, 4.5};
  const auto is = [](const Tensor& found, const std::vector<double>& expected, const Shape& shape) {
    BOOST_TEST((found.shape() == shape), found.shape() << " instead of " << shape);
    BOOST_TEST(max_relative_error(found.reshape({-1}), expected) <= 1e-14);
  };
  is(var(x), sample, {});
  is(x.var(), sample, {});
  is(var(x, {}), sample, {});
  is(var(x, {.correction = 0}), whole, {});
  is(x.var({.correction = 0}), whole, {});
  is(var(x, {.keepdim = true}), sample, {1, 1});
  is(var(x, {.correction = 0, .keepdim = true}), whole, {1, 1});
  is(x.var({.correction = 0, .keepdim = true}), whole, {1, 1});
  is(var(x, {1}), rows, {2});
  is(x.var({1}), rows, {2});
  is(x.var(1), rows, {2});
  is(x.var({0}), columns, {3});
  is(x.var({0, 1}), sample, {});
  is(x.var(std::vector<int64_t>{-1}), rows, {2});
  is(var(x, {1}, {.correction = 0}), rows_whole, {2});
  is(x.var({1}, {.correction = 0, .keepdim = true}), rows_whole, {2, 1});
  VarOptions options;
  options.correction = 0;
  is(x.var(options), whole, {});
  is(x.std({1}, {.correction = 0}).square(), rows_whole, {2});
  is(x.std({.correction = 0}).square(), whole, {});
  is(descent::std(x, {1}).square(), rows, {2});
  is(descent::std(x).square(), sample, {});
  const auto [v, mean] = var_mean(x, {.correction = 0});
  is(v, whole, {});
  is(mean, {3.5}, {});
  const auto [s, means] = std_mean(x, {1}, {.keepdim = true});
  is(s.square(), rows, {2, 1});
  is(means, {4, 3}, {2, 1});
  is(norm(x, 1), {21}, {});
  is(x.norm("fro", {1}).square(), {74, 33}, {2});
  is(norm(x, 0), {6}, {});
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent::testing
