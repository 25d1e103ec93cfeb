// Ops that follow int64 indices; repeated ones add up.
#include <limits>

#include "autograd/ops/keyword_forms.h"
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

Refusal bad_index(const char* part, Tensor (*make_index)(), std::function<Tensor(const Tensor&, const Tensor&)> f,
                  Type type = Type::Index) {
  return refuses(
      type, part, [f](const Tensor& a, const Tensor& i) { return f(a, i); },
      [make_index] {
        return List{ones({2, 3}), make_index()};
      });
}

Row index_select_row() {
  const auto f = [](int64_t dim) {
    return [dim](const Tensor& a, const Tensor& i) { return index_select(a, dim, i); };
  };
  Row row{"index_select", {}, {}, sample(f(0), {real({401, 301}), index_below({900}, 401)})};
  row.samples = {
      sample(f(0), {real({4, 3}), index_below({6}, 4)}),     sample(f(1), {real({3, 4}), index_below({2}, 4)}),
      sample(f(-2), {real({2, 3, 2}), index_below({5}, 3)}), sample(f(0), {real({5}), index_below({}, 5)}),
      sample(f(0), {real({4, 3}), index_below({0}, 4)}),     sample(f(1), {real({0, 3}), index_below({2}, 3)}),
  };
  const auto rows = f(0);
  row.refusals = {
      bad_index(
          "index_select: ",
          [] {
            return Tensor(tensor({0, 2}));
          },
          rows),
      bad_index(
          "-1",
          [] {
            return Tensor(tensor({0, -1}));
          },
          rows),
      bad_index(
          "index_select: ", [] { return tensor({std::numeric_limits<int64_t>::min()}); }, rows),
      bad_index(
          "index_select: ", [] { return tensor({std::numeric_limits<int64_t>::max()}); }, rows),
      bad_index(
          "float32", [] { return ones({2}); }, rows, Type::DType),
      bad_index(
          "index_select: ",
          [] {
            return Tensor(tensor({{0, 1}}));
          },
          rows, Type::Shape),
      bad_index(
          "index_select: ", [] { return tensor({0}); }, f(2)),
  };
  return row;
}

Row gather_row() {
  const auto f = [](int64_t dim) { return [dim](const Tensor& a, const Tensor& i) { return gather(a, dim, i); }; };
  Row row{"gather", {}, {}, sample(f(1), {real({401, 301}), index_below({401, 250}, 301)})};
  row.samples = {
      sample(f(0), {real({4, 3}), index_below({5, 3}, 4)}),
      sample(f(1), {real({3, 4}), index_below({3, 6}, 4)}),
      sample(f(-1), {real({2, 3, 4}), index_below({1, 2, 5}, 4)}),
      sample(f(0), {real({5}), index_below({7}, 5)}),
      sample(f(0), {real({}), index_below({}, 1)}),
      sample(f(1), {real({2, 3}), index_below({2, 0}, 3)}),
  };
  const auto rows = f(0);
  row.refusals = {
      bad_index(
          "gather: ",
          [] {
            return Tensor(tensor({{0, 2, 0}}));
          },
          rows),
      bad_index(
          "-3",
          [] {
            return Tensor(tensor({{0, -3, 0}}));
          },
          rows),
      bad_index(
          "gather: ",
          [] {
            return Tensor(tensor({0, 1}));
          },
          rows, Type::Shape),
      bad_index(
          "[1, 4]",
          [] {
            return Tensor(tensor({{0, 0, 0, 0}}));
          },
          rows, Type::Shape),
      bad_index(
          "float32",
          [] {
            return Tensor(zeros({1, 3}));
          },
          rows, Type::DType),
      bad_index(
          "gather: ", [] { return tensor({{0}}); }, f(2)),
  };
  return row;
}

Row index_add_row() {
  const auto f = [](int64_t dim) {
    return [dim](const Tensor& a, const Tensor& i, const Tensor& source) { return index_add(a, dim, i, source); };
  };
  Row row{"index_add", {}, {}, sample(f(0), {real({401, 301}), index_below({900}, 401), real({900, 301})})};
  row.samples = {
      sample(f(0), {real({4, 3}), index_below({6}, 4), real({6, 3})}),
      sample(f(1), {real({3, 4}), index_below({2}, 4), real({3, 2})}),
      sample(f(-2), {real({2, 3, 2}), index_below({5}, 3), real({2, 5, 2})}),
      sample(f(0), {real({4, 3}), index_below({0}, 4), real({0, 3})}),
      sample(f(0), {real({5}), index_below({3}, 5), real({3})}),
      sample([](const Tensor& a, const Tensor& i,
                const Tensor& source) { return index_add(a, 1, i, source, {.alpha = -1.5}); },
             {real({3, 4}), index_below({5}, 4), real({3, 5})}),
  };
  const auto with = [](Tensor (*i)(), const Shape& source) {
    return [i, source] { return List{ones({2, 3}), i(), ones(source)}; };
  };
  row.refusals = {
      refuses(
          Type::Argument, "index_add: alpha",
          [](const Tensor& a, const Tensor& i) { return index_add(a, 0, i, a, {.alpha = 0.5}); },
          [] {
            return List{arange(3), tensor({0, 1, 2})};
          }),
      refuses(Type::Index, "index_add: ", f(0),
              with(
                  [] {
                    return tensor({0, 2});
                  },
                  {2, 3})),
      refuses(Type::Index, "-1", f(0),
              with(
                  [] {
                    return tensor({0, -1});
                  },
                  {2, 3})),
      refuses(Type::Shape, "index_add: ", f(0),
              with(
                  [] {
                    return tensor({0, 1});
                  },
                  {3, 3})),
      refuses(Type::Shape, "index_add: ", f(0),
              with(
                  [] {
                    return tensor({0, 1});
                  },
                  {2, 2})),
      refuses(Type::DType, "index_add: ", f(0), with([] { return zeros({2}); }, {2, 3})),
  };
  row.traits.scalar = false;
  return row;
}

Row scatter_add_row() {
  const auto f = [](int64_t dim) {
    return [dim](const Tensor& a, const Tensor& i, const Tensor& source) { return scatter_add(a, dim, i, source); };
  };
  Row row{"scatter_add", {}, {}, sample(f(1), {real({401, 301}), index_below({401, 250}, 301), real({401, 250})})};
  row.samples = {
      sample(f(0), {real({4, 3}), index_below({5, 3}, 4), real({5, 3})}),
      sample(f(1), {real({3, 4}), index_below({2, 6}, 4), real({3, 7})}),
      sample(f(-1), {real({2, 3, 4}), index_below({1, 2, 5}, 4), real({1, 2, 5})}),
      sample(f(0), {real({5}), index_below({7}, 5), real({7})}),
      sample(f(1), {real({2, 3}), index_below({2, 0}, 3), real({2, 2})}),
      sample(f(0), {real({}), index_below({}, 1), real({})}),
  };
  const auto with = [](Tensor (*i)(), const Shape& source) {
    return [i, source] { return List{ones({2, 3}), i(), ones(source)}; };
  };
  row.refusals = {
      refuses(Type::Index, "scatter_add: ", f(0),
              with(
                  [] {
                    return tensor({{0, 2, 0}});
                  },
                  {1, 3})),
      refuses(Type::Index, "-3", f(0),
              with(
                  [] {
                    return tensor({{0, -3, 0}});
                  },
                  {1, 3})),
      refuses(Type::Shape, "scatter_add: ", f(0),
              with(
                  [] {
                    return tensor({{0, 0, 0}});
                  },
                  {1, 2})),
      refuses(Type::Shape, "scatter_add: ", f(0),
              with(
                  [] {
                    return tensor({0, 1});
                  },
                  {2, 3})),
      refuses(Type::DType, "scatter_add: ", f(0),
              with(
                  [] {
                    return zeros({1, 3});
                  },
                  {1, 3})),
  };
  return row;
}

}  // namespace

std::vector<Row> index_rows() { return {index_select_row(), gather_row(), index_add_row(), scatter_add_row()}; }

}  // namespace descent::testing
