// Sorting, searching and counting.
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

List both(const ValuesAndIndices& found) { return {found.values, found.indices}; }

template <class F>
std::vector<Refusal> dim_refusals(const std::string& prefix, F f) {  // f(a, dim)
  const auto at = [f](int64_t dim) { return [f, dim](const Tensor& a) { return f(a, dim); }; };
  return {one(Type::Index, prefix, {2, 3}, at(2)), one(Type::Index, "-3", {2, 3}, at(-3)), undefined_input(at(0))};
}

Arg digits(const Shape& shape) { return {shape, -3, 4, Arg::Kind::Index, false}; }

Row sort_row() {
  const auto f = [](int64_t dim, bool descending) {
    return [=](const Tensor& a) { return both(sort(a, dim, {.descending = descending})); };
  };
  Row row{"sort", {}, {}, sample(f(0, true), {real({130000})})};
  row.samples = {sample(f(-1, false), {distinct({3, 4})}),  sample(f(0, true), {distinct({5, 2})}),
                 sample(f(1, true), {distinct({2, 4, 3})}), sample(f(0, false), {real({})}),
                 sample(f(1, false), {real({2, 0})}),       sample(f(0, false), {real({0, 3})}),
                 sample(f(0, true), {digits({30})})};
  row.refusals = dim_refusals("sort: ", [](const Tensor& a, int64_t dim) { return both(a.sort(dim)); });
  return row;
}

Row argsort_row() {
  const auto f = [](int64_t dim, bool descending) {
    return [=](const Tensor& a) { return argsort(a, dim, {.descending = descending, .stable = true}); };
  };
  Row row{"argsort", {}, {}, sample(f(0, false), {real({401, 301})}), {.differentiable = false}};
  row.samples = {sample(f(-1, false), {real({3, 4})}),  sample(f(0, true), {digits({5, 2})}),
                 sample(f(0, false), {real({})}),       sample(f(1, false), {real({2, 0})}),
                 sample(f(0, false), {mask({600})}),    sample(f(0, false), {real({700, 2})}),
                 sample(f(-1, true), {real({2, 2500})})};
  row.refusals = dim_refusals("argsort: ", [](const Tensor& a, int64_t dim) { return a.argsort(dim); });
  return row;
}

Row topk_row() {
  const auto f = [](int64_t k, int64_t dim, bool largest) {
    return [=](const Tensor& a) { return both(topk(a, k, dim, {.largest = largest})); };
  };
  Row row{"topk", {}, {}, sample(f(5, 1, true), {real({401, 301})})};
  row.samples = {sample(f(2, -1, true), {distinct({3, 4})}),    sample(f(4, 0, false), {distinct({5, 2})}),
                 sample(f(3, 1, true), {distinct({2, 14, 2})}), sample(f(1, 0, true), {real({})}),
                 sample(f(0, 1, true), {real({2, 3})}),         sample(f(2, 1, false), {real({0, 3})}),
                 sample(f(7, 0, true), {digits({40})})};
  row.refusals = dim_refusals("topk: ", [](const Tensor& a, int64_t dim) { return both(a.topk(1, dim)); });
  row.refusals.push_back(one(Type::Argument, "topk: k must be in [0, 3]", {2, 3}, f(4, 1, true)));
  row.refusals.push_back(one(Type::Argument, "-1", {2, 3}, f(-1, 1, true)));
  return row;
}

Row kthvalue_row() {
  const auto f = [](int64_t k, int64_t dim, bool keepdim) {
    return [=](const Tensor& a) { return both(kthvalue(a, k, dim, keepdim)); };
  };
  Row row{"kthvalue", {}, {}, sample(f(150, 1, false), {real({401, 301})})};
  row.samples = {sample(f(2, -1, false), {distinct({3, 4})}), sample(f(4, 0, true), {distinct({5, 2})}),
                 sample(f(1, 0, false), {real({})}), sample(f(2, 1, true), {real({0, 3})}),
                 sample(f(7, 0, false), {digits({40})})};
  row.refusals = dim_refusals("kthvalue: ", [](const Tensor& a, int64_t dim) { return both(a.kthvalue(1, dim)); });
  row.refusals.push_back(one(Type::Argument, "kthvalue: k must be in [1, 3]", {2, 3}, f(0, 1, true)));
  return row;
}

List all_of(const UniqueResult& r) {
  List list = {r.output};
  for (const Tensor& t : {r.inverse_indices, r.counts}) {
    if (t.defined()) list.push_back(t);
  }
  return list;
}

template <class Options, class F>
Row unique_row(const char* name, F f) {
  using Dim = std::optional<int64_t>;
  const auto with = [f](Dim dim, bool more) {
    return [=](const Tensor& a) {
      Options options;
      options.return_inverse = options.return_counts = more;
      options.dim = dim;
      return all_of(f(a, options));
    };
  };
  Row row{name, {}, {}, sample(with({}, true), {digits({401, 301})}), {.differentiable = false}};
  row.samples = {sample(with({}, true), {digits({5, 4})}),
                 sample(with({}, false), {real({7})}),
                 sample(with(0, true), {mask({9, 3})}),
                 sample(with(-1, true), {digits({1, 2, 20})}),
                 sample(with({}, true), {real({})}),
                 sample(with({}, true), {real({0, 3})}),
                 sample(with(0, true), {constant(real({0, 3}))})};
  row.refusals = {one(Type::Index, std::string(name) + ": ", {2, 3}, with(2, false)), undefined_input(with({}, false)),
                  one(Type::Shape, "[0, 3]", {0, 3}, with(1, false))};
  return row;
}

Row searchsorted_row() {
  const auto f = [](bool right) {
    return [=](const Tensor& s, const Tensor& v) { return searchsorted(sort(s).values, v, {.right = right}); };
  };
  const auto sorter = [](const Tensor& s, const Tensor& v) {
    return searchsorted(s, v, {.side = "right", .sorter = argsort(s)});
  };
  Row row{"searchsorted", {}, {}, sample(f(false), {real({301}), real({401, 301})}), {.differentiable = false}};
  row.samples = {sample(f(false), {real({9}), real({3, 4})}),      sample(f(true), {digits({9}), digits({7})}),
                 sample(f(false), {digits({2, 5}), real({2, 3})}), sample(sorter, {real({2, 5}), real({2, 3})}),
                 sample(f(false), {real({0}), real({3})}),         sample(f(false), {real({4}), real({})})};
  const auto plain = [](const Tensor& s, const Tensor& v) { return searchsorted(s, v); };
  row.refusals = {shapes("searchsorted: ", {2, 3}, {3, 2}, plain),
                  shapes("searchsorted: ", {}, {2}, plain),
                  undefined_input(plain, 2),
                  shapes("sorter", {3}, {2},
                         [](const Tensor& s, const Tensor& v) {
                           return searchsorted(s, v, {.sorter = zeros({2}, {.dtype = int64})});
                         }),
                  refuses(
                      Type::Index, "3",
                      [](const Tensor& s, const Tensor& v) { return searchsorted(s, v, {.sorter = full({3}, 3)}); },
                      [] {
                        return List{ones({3}), ones({2})};
                      }),
                  refuses(
                      Type::Argument, "middle",
                      [](const Tensor& s, const Tensor& v) { return searchsorted(s, v, {.side = "middle"}); },
                      [] {
                        return List{ones({3}), ones({2})};
                      })};
  return row;
}

Row bucketize_row() {
  const auto f = [](bool right) {
    return [=](const Tensor& v, const Tensor& s) { return bucketize(v, sort(s).values, {.right = right}); };
  };
  Row row{"bucketize", {}, {}, sample(f(false), {real({401, 301}), real({301})}), {.differentiable = false}};
  row.samples = {sample(f(false), {real({3, 4}), real({9})}), sample(f(true), {digits({7}), digits({9})}),
                 sample(f(true), {real({}), real({3})}), sample(f(true), {real({0, 2}), real({3})})};
  row.refusals = {shapes("bucketize: ", {2, 3}, {3, 2}, f(false)), undefined_input(f(false), 2)};
  return row;
}

Row bincount_row() {
  const auto f = [](int64_t minlength) {
    return [=](const Tensor& a) { return bincount(a, {.minlength = minlength}); };
  };
  const auto weighted = [](const Tensor& a, const Tensor& w) { return bincount(a, {.weights = w}); };
  Row row{"bincount", {}, {}, sample(weighted, {index_below({130000}, 50), real({130000})}), {.differentiable = false}};
  row.traits.scalar = false;
  row.samples = {sample(f(0), {index_below({40}, 9)}), sample(f(20), {index_below({40}, 9)}),
                 sample(weighted, {index_below({40}, 9), real({40})}), sample(f(3), {index_below({0}, 9)}),
                 sample(f(0), {index_below({0}, 9)})};
  row.refusals = {one(Type::DType, "bincount: ", {3}, f(0)), one(Type::Shape, "[2, 3]", {2, 3}, f(0), int64),
                  one(Type::Argument, "-1", {3}, f(-1), int64),
                  refuses(Type::Index, "-2", f(0),
                          [] {
                            return List{tensor({1, -2})};
                          }),
                  refuses(Type::Shape, "[3]", weighted, [] {
                    return List{tensor({1, 2}), ones({3})};
                  })};
  return row;
}

Row histc_row() {
  const auto f = [](int64_t bins, double min, double max) {
    return [=](const Tensor& a) { return histc(a, {.bins = bins, .min = min, .max = max}); };
  };
  Row row{"histc", {}, {}, sample(f(10, 0, 0), {real({401, 301})}), {.differentiable = false}};
  row.samples = {sample(f(5, -1, 1), {away({6, 7})}), sample(f(4, 0, 0), {away({9})}), sample(f(3, 0, 0), {real({})}),
                 sample(f(3, 0, 1), {real({0, 2})})};
  row.refusals = {one(Type::Argument, "bins", {3}, f(0, 0, 1)), one(Type::Argument, "range", {3}, f(4, 1, 0)),
                  one(Type::DType, "int64", {3}, f(4, 0, 1), int64)};
  return row;
}

Row isin_row() {
  const auto f = [](bool invert) {
    return [=](const Tensor& a, const Tensor& b) { return isin(a, b, {.invert = invert}); };
  };
  Row row{"isin", {}, {}, sample(f(false), {digits({401, 301}), digits({4})}), {.differentiable = false}};
  row.samples = {sample(f(false), {digits({4, 5}), digits({2, 2})}), sample(f(true), {digits({9}), digits({3})}),
                 sample(f(true), {real({3}), digits({0})}), sample(f(false), {real({}), real({})}),
                 sample(f(false), {digits({0, 2}), real({3})})};
  row.refusals = {undefined_input(f(false), 2), refuses(Type::Plain, "isin", f(false), [] {
                    return List{ones({2}), Tensor()};
                  })};
  return row;
}

}  // namespace

std::vector<Row> sorting_rows() {
  return {sort_row(),
          argsort_row(),
          topk_row(),
          kthvalue_row(),
          unique_row<UniqueOptions>("unique", [](const Tensor& a, const UniqueOptions& o) { return unique(a, o); }),
          unique_row<UniqueConsecutiveOptions>(
              "unique_consecutive",
              [](const Tensor& a, const UniqueConsecutiveOptions& o) { return unique_consecutive(a, o); }),
          searchsorted_row(),
          bucketize_row(),
          bincount_row(),
          histc_row(),
          isin_row()};
}

}  // namespace descent::testing
