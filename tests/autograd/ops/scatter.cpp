// Ops that write or read at indices: scatter, index_put, take_along_dim, indexing by tensors.
#include "refusals.h"

namespace descent::testing {

std::vector<Row> indexing_rows();

namespace {

using Type = Refusal::Type;

/// Refuses f(ones [2, 3], index, ones of `source`).
template <class F>
Refusal bad(Type type, std::string part, F f, Tensor (*make_index)(), const Shape& source = {1, 3}) {
  return refuses(type, std::move(part), f, [=] { return List{ones({2, 3}), make_index(), ones(source)}; });
}

Tensor outside() { return tensor({{0, 2, 0}}); }
Tensor negative() { return tensor({{0, -1, 0}}); }
Tensor fitting() { return tensor({{0, 1, 0}}); }
Tensor one_dim() { return tensor({0, 1}); }
Tensor floats() { return zeros({1, 3}); }

/// Samples and refusals that all ops of scatter's kind share. Repeated indices are among them.
template <class F>
Row scatter_row(const char* name, const char* prefix, F f, Arg (*values)(const Shape&)) {
  Row row{name, {}, {}, sample(f(1), {real({301, 401}), index_below({301, 100}, 401), real({301, 100})})};
  row.samples = {
      sample(f(0), {values({4, 3}), index_below({5, 3}, 4), values({5, 3})}),
      sample(f(1), {values({3, 4}), index_below({2, 6}, 4), values({3, 7})}),
      sample(f(-1), {values({2, 3, 4}), index_below({1, 2, 5}, 4), values({1, 2, 5})}),
      sample(f(0), {values({5}), index_below({7}, 5), values({7})}),
      sample(f(1), {values({2, 3}), index_below({2, 0}, 3), values({2, 2})}),
      sample(f(0), {real({}), index_below({}, 1), real({}, 3, 4)}),
  };
  row.refusals = {bad(Type::Index, prefix, f(0), outside),         bad(Type::Index, "-1", f(0), negative),
                  bad(Type::Shape, prefix, f(0), fitting, {1, 2}), bad(Type::Shape, prefix, f(0), one_dim, {2}),
                  bad(Type::DType, prefix, f(0), floats),          bad(Type::Index, prefix, f(2), fitting)};
  return row;
}

Arg reals(const Shape& shape) { return real(shape); }

auto reducing(const char* reduce, bool include_self = true) {
  return [=](int64_t dim) {
    return [=](const Tensor& a, const Tensor& i, const Tensor& source) {
      return scatter_reduce(a, dim, i, source, reduce, {.include_self = include_self});
    };
  };
}

Row plain_scatter_row() {
  const auto f = [](int64_t dim) {
    return [dim](const Tensor& a, const Tensor& i, const Tensor& source) { return scatter(a, dim, i, source); };
  };
  Row row = scatter_row("scatter", "scatter: ", f, reals);
  const auto number = [](const Tensor& a, const Tensor& i) { return a.scatter(0, i, 2.5); };
  const auto reduce = [](const char* kind) {
    return [=](const Tensor& a, const Tensor& i, const Tensor& source) {
      return scatter(a, 0, i, source, {.reduce = kind});
    };
  };
  row.samples.push_back(sample(number, {real({4, 3}), index_below({2, 3}, 4)}));
  row.samples.push_back(sample(reduce("add"), {real({4, 3}), index_below({5, 3}, 4), real({5, 3})}));
  // in place, on a copy that the tape knows
  row.samples.push_back(sample(
      [](const Tensor& a, const Tensor& i, const Tensor& source) {
        Tensor copy = a * 2;
        copy.scatter_(0, i, source).scatter_add_(0, i, source * source);
        return copy;
      },
      {real({4, 3}), index_below({5, 3}, 4), real({5, 3})}));
  row.samples.push_back(sample(reduce("multiply"), {away({4, 3}), index_below({5, 3}, 4), away({5, 3})}));
  row.refusals.push_back(bad(Type::Argument, "mean", reduce("mean"), fitting));
  return row;
}

Row sum_and_mean_row() {
  Row row = scatter_row("scatter_reduce", "scatter_reduce: ", reducing("mean"), reals);
  for (const bool self : {true, false}) {
    for (const char* kind : {"sum", "prod", "mean", "amax", "amin"}) {
      row.samples.push_back(sample(reducing(kind, self)(0), {distinct({4, 3}), index_below({5, 3}, 4), away({5, 3})}));
    }
  }
  row.refusals.push_back(bad(Type::Argument, "median", reducing("median")(0), fitting));
  return row;
}

/// Products with a zero, and with two at one place.
Row prod_row() {
  Row row = scatter_row("scatter_prod", "scatter_reduce: ", reducing("prod"), away);
  const auto joined = [](const List& in) {
    return scatter_reduce(in[0], 0, in[1], cat({in[2], in[3], in[4]}, 0), "prod");
  };
  const Arg zero = real({1, 6}, 0, 0);
  row.samples.push_back(sample(joined, {away({2, 6}), index_below({6, 6}, 2), zero, zero, away({4, 6})}));
  return row;
}

template <class F>
Row row_wise(const char* name, const char* prefix, F f) {
  Row row{name, {}, {}, sample(f(0), {real({401, 301}), index_below({300}, 401), real({300, 301})})};
  row.samples = {
      sample(f(0), {real({4, 3}), index_below({6}, 4), real({6, 3})}),
      sample(f(1), {real({3, 4}), index_below({2}, 4), real({3, 2})}),
      sample(f(-2), {real({2, 3, 2}), index_below({5}, 3), real({2, 5, 2})}),
      sample(f(0), {real({4, 3}), index_below({0}, 4), real({0, 3})}),
      sample(f(0), {real({5}), index_below({3}, 5), real({3})}),
      sample(f(0), {real({}), index_below({1}, 1), real({1})}),
  };
  row.refusals = {bad(Type::Index, prefix, f(0), [] { return tensor({5}); }), bad(Type::Shape, prefix, f(0), fitting),
                  bad(Type::Index, prefix, f(-3), one_dim), bad(Type::DType, prefix, f(0), [] { return zeros({1}); })};
  return row;
}

Row index_copy_row() {
  const auto f = [](int64_t dim) {
    return [dim](const Tensor& a, const Tensor& i, const Tensor& source) { return index_copy(a, dim, i, source); };
  };
  Row row = row_wise("index_copy", "index_copy: ", f);
  row.refusals.push_back(bad(Type::Index, "-1", f(0), [] { return tensor({-1}); }));
  row.refusals.push_back(bad(Type::Shape, "[2, 3]", f(0), one_dim, {2, 2}));
  return row;
}

Row index_fill_row() {
  const auto f = [](int64_t dim) {
    return [dim](const Tensor& a, const Tensor& i, const Tensor& v) { return index_fill(a, dim, i - 1, v.sum()); };
  };
  Row row = row_wise("index_fill", "index_fill: ", f);
  row.samples[3].constant = true;
  row.samples.push_back(sample([](const Tensor& a, const Tensor& i) { return a.index_fill(1, i, 2); },
                               {real({2, 3}), index_below({2}, 3)}));
  row.refusals.erase(row.refusals.begin() + 3);  // its index would become a float only by f's arithmetic
  row.refusals.push_back(refuses(
      Type::Shape, "[2]", [](const List& in) { return index_fill(in[0], 0, in[1], in[2]); },
      [] {
        return List{ones({2, 3}), tensor({0}), ones({2})};
      }));
  return row;
}

Row take_row() {
  const auto f = [](const Tensor& a, const Tensor& i) { return take(a, i - a.numel()); };
  Row row{"take", {}, {}, sample(f, {real({401, 301}), index_below({400, 300}, 401 * 301)})};
  row.samples = {sample(f, {real({3, 4}), index_below({2, 5}, 12)}), sample(f, {real({5}), index_below({}, 5)}),
                 sample(f, {real({}), index_below({3}, 1)}), sample(f, {real({2, 3}), index_below({0}, 6)})};
  const auto plain = [](const Tensor& a, const Tensor& i) { return take(a, i); };
  row.refusals = {
      bad(
          Type::Index, "6", [=](const List& in) { return plain(in[0], in[1]); },
          [] {
            return tensor({0, 6});
          }),
      bad(
          Type::Index, "-7", [=](const List& in) { return plain(in[0], in[1]); }, [] { return tensor({-7}); }),
      bad(
          Type::DType, "float32", [=](const List& in) { return plain(in[0], in[1]); }, floats)};
  return row;
}

Row take_along_dim_row() {
  const auto f = [](std::optional<int64_t> dim) {
    return [dim](const Tensor& a, const Tensor& i) { return take_along_dim(a, i, dim); };
  };
  Row row{"take_along_dim", {}, {}, sample(f(1), {real({401, 301}), index_below({1, 300}, 301)})};
  row.samples = {sample(f(1), {real({3, 4}), index_below({1, 5}, 4)}),
                 sample(f(0), {real({3, 1}), index_below({2, 4}, 3)}),
                 sample(f(-2), {real({2, 3, 1}), index_below({1, 2, 3}, 3)}),
                 sample(f(std::nullopt), {real({2, 3}), index_below({2, 2}, 6)}),
                 sample(f(0), {real({}), index_below({}, 1)}),
                 sample(f(1), {real({2, 3}), index_below({2, 0}, 3)})};
  const auto along = [](const List& in) { return take_along_dim(in[0], in[1], 0); };
  row.refusals = {bad(Type::Index, "take_along_dim: ", along, outside), bad(Type::Index, "-1", along, negative),
                  bad(Type::Shape, "take_along_dim: ", along, one_dim), bad(Type::DType, "float32", along, floats),
                  bad(Type::Shape, "[1, 2]", along, [] {
                    return tensor({{0, 0}});
                  })};
  return row;
}

}  // namespace

std::vector<Row> scatter_rows() {
  std::vector<Row> rows = {
      plain_scatter_row(),
      scatter_row("scatter_amax", "scatter_reduce: ", reducing("amax"), distinct),
      scatter_row("scatter_amin", "scatter_reduce: ", reducing("amin"), distinct),
      prod_row(),
      sum_and_mean_row(),
      index_copy_row(),
      index_fill_row(),
      take_row(),
      take_along_dim_row(),
  };
  for (Row& row : indexing_rows()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace descent::testing
