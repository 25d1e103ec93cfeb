// Indexing by tensors: index and index_put.
#include "refusals.h"

namespace descent::testing {

std::vector<Row> indexing_rows();

namespace {

using Type = Refusal::Type;

/// Calls `f` with the index tensors made from the arguments 1, 2, …
using Indices = std::vector<Tensor>;
struct Case {
  std::function<Indices(const List&)> indices;
  std::vector<Arg> args;  // of the tensor and the indices
  Shape values;           // of the result
};

std::vector<Case> cases() {
  const Arg four = real({4, 3}), cube = real({2, 3, 4}), box = real({2, 3, 2, 2});
  return {
      {[](const List& in) { return Indices{in[1]}; }, {four, index_below({5}, 4)}, {5, 3}},
      {[](const List& in) { return Indices{in[1] - 4}; }, {four, index_below({2, 2}, 4)}, {2, 2, 3}},
      {[](const List& in) {
         return Indices{Tensor(), in[1]};
       },
       {cube, index_below({2}, 3)},
       {2, 2, 4}},
      {[](const List& in) {
         return Indices{in[1], in[2]};
       },
       {four, index_below({3, 1}, 4), index_below({2}, 3)},
       {3, 2}},
      {[](const List& in) {
         return Indices{Tensor(), in[1], in[2]};
       },
       {cube, index_below({3}, 3), index_below({3}, 4)},
       {2, 3}},
      {[](const List& in) {
         return Indices{in[1], Tensor(), in[2]};
       },
       {cube, index_below({3}, 2), index_below({2, 1}, 4)},
       {2, 3, 3}},
      {[](const List& in) {
         return Indices{Tensor(), in[1], Tensor(), in[2]};
       },
       {box, index_below({2}, 3), index_below({}, 2)},
       {2, 2, 2}},
      {[](const List& in) { return Indices{in[1]}; }, {real({5}), index_below({}, 5)}, {}},
      {[](const List& in) { return Indices{in[1]}; }, {four, index_below({0}, 4)}, {0, 3}},
      {[](const List& in) { return Indices{in[1]}; }, {real({3, 0}), index_below({2}, 3)}, {2, 0}},
  };
}

List floats_and(Tensor (*index)()) { return {ones({2, 3}), index()}; }

template <class F>
std::vector<Refusal> refusals(const std::string& prefix, F f) {
  const auto bad = [&](Type type, std::string part, Tensor (*index)()) {
    return refuses(
        type, std::move(part), [f](const List& in) { return f(in[0], {in[1]}); },
        [index] { return floats_and(index); });
  };
  return {bad(Type::Index, prefix,
              [] {
                return tensor({0, 2});
              }),
          bad(Type::Index, "-3", [] { return tensor({-3}); }),
          bad(Type::DType, "float32", [] { return ones({2}); }),
          bad(Type::DType, "uint8", [] { return ones({2}, {.dtype = uint8}); }),
          bad(Type::Shape, prefix, [] { return ones({3}, {.dtype = boolean}); }),
          bad(Type::Index, prefix,
              [] {
                return ones({2, 3, 1}, {.dtype = boolean});
              }),
          bad(Type::Index, prefix, [] { return Tensor(); }),
          refuses(
              Type::Index, "too many",
              [f](const List& in) {
                return f(in[0], {in[1], in[1], in[1]});
              },
              [] { return floats_and([] { return tensor({0}); }); }),
          refuses(
              Type::Shape, prefix,
              [f](const List& in) {
                return f(in[0], {in[1], tensor({0, 0})});
              },
              [] { return floats_and([] {
                     return tensor({0, 0, 0});
                   }); }),
          refuses(
              Type::Shape, prefix, [f](const List& in) { return f(in[0], {}); },
              [] {
                return List{ones({2, 3})};
              })};
}

Row index_row() {
  const auto rows = [](const Tensor& a, const Tensor& i) { return a[i]; };
  Row row{"index", {}, {}, sample(rows, {real({401, 301}), index_below({400}, 401)})};
  for (const Case& one : cases()) {
    row.samples.push_back(
        sample([indices = one.indices](const List& in) { return index(in[0], indices(in)); }, one.args));
  }
  const auto masked = [](const Tensor& a, const Tensor& m) { return a[m]; };
  row.samples.push_back(sample(masked, {real({5, 2}), mask({5})}));
  row.samples.push_back(sample(masked, {real({2, 3, 2}), mask({2, 3})}));
  row.samples.push_back(sample(
      [](const Tensor& a, const Tensor& m) {
        return a.index({Tensor(), m});
      },
      {real({2, 3, 2}), mask({3, 2})}));
  row.samples.push_back(sample(
      [](const Tensor& a, const Tensor& m, const Tensor& i) {
        return a.index({m, Tensor(), i});
      },
      {real({3, 2, 4}), constant(mask({3})), index_below({1}, 4)}));
  row.samples.push_back(sample([](const Tensor& a, const Tensor& m) { return a[m == m]; }, {real({}), mask({})}));
  row.refusals = refusals("index: ", [](const Tensor& a, const Indices& i) { return index(a, i); });
  return row;
}

Row index_put_row() {
  const auto f = [](bool accumulate) {
    return [=](const Tensor& a, const Tensor& i, const Tensor& v) {
      return index_put(a, {i}, v, {.accumulate = accumulate});
    };
  };
  Row row{"index_put", {}, {}, sample(f(true), {real({401, 301}), index_below({300}, 401), real({300, 301})})};
  for (const Case& one : cases()) {
    for (const bool accumulate : {false, true}) {
      std::vector<Arg> args = one.args;
      args.push_back(real(one.values));
      row.samples.push_back(sample(
          [indices = one.indices, accumulate](const List& in) {
            return index_put(in[0], indices(in), in.back(), {.accumulate = accumulate});
          },
          args));
    }
  }
  row.samples.push_back(sample(f(false), {real({5, 2}), mask({5}), real({2})}));
  row.samples.push_back(sample(f(true), {real({3, 2}), mask({3, 2}), real({})}));
  row.samples.push_back(sample([](const Tensor& a, const Tensor& i) { return index_put(a, {i}, 3.0); },
                               {real({4, 2}), index_below({2}, 4)}));
  // in place, on a copy that the tape knows
  row.samples.push_back(sample(
      [](const Tensor& a, const Tensor& i, const Tensor& v) {
        Tensor copy = a * 2;
        copy.index_put_({Tensor(), i}, v, {.accumulate = true});
        return copy;
      },
      {real({2, 3}), index_below({4}, 3), real({2, 4})}));
  row.refusals = refusals("index_put: ", [](const Tensor& a, const Indices& i) { return index_put(a, i, 1.0); });
  row.refusals.push_back(refuses(Type::Shape, "[4]", f(false), [] {
    return List{ones({2, 3}), tensor({0}), ones({4})};
  }));
  row.refusals.push_back(refuses(Type::DType, "float64", f(false), [] {
    return List{ones({2, 3}), tensor({0}), ones({3}, {.dtype = float64})};
  }));
  row.refusals.push_back(refuses(Type::Shape, "broadcast", f(false), [] {
    return List{ones({2, 3}), tensor({0}), ones({1, 1, 3})};
  }));
  return row;
}

}  // namespace

std::vector<Row> indexing_rows() { return {index_row(), index_put_row()}; }

namespace {

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(indexing)

BOOST_AUTO_TEST_CASE(a_write_in_place_reaches_the_memory_it_was_given) {
  Tensor a = zeros({3, 4});
  Tensor column = a.select(1, 1);
  column.index_put_({tensor({0, 2})}, 5);
  a.index_put_({tensor({0, 0}), tensor({3, 3})}, tensor({1.0, 2.0}), {.accumulate = true});
  a.index_put_({tensor({-1})}, tensor({7.0, 8.0, 9.0, 10.0}));
  BOOST_TEST(same_bits(a, tensor({{0.0, 5.0, 0.0, 3.0}, {0.0, 0.0, 0.0, 0.0}, {7.0, 8.0, 9.0, 10.0}})));
  // nonadjacent dims and a permuted tensor: written through a copy
  Tensor cube = zeros({2, 2, 2});
  cube.permute({2, 0, 1}).index_put_({tensor({1}), Tensor(), tensor({0})}, tensor({{1.0, 2.0}}));
  BOOST_TEST(same_bits(cube, tensor({{{0.0, 1.0}, {0.0, 0.0}}, {{0.0, 2.0}, {0.0, 0.0}}})));
}

BOOST_AUTO_TEST_CASE(other_writes_in_place) {
  Tensor a = zeros({2, 3});
  a.scatter_(1, tensor({{2}, {0}}), 1);  // one hot
  BOOST_TEST(same_bits(a, tensor({{0.0, 0.0, 1.0}, {1.0, 0.0, 0.0}})));
  a.index_fill_(1, tensor({-1}), 4).index_add_(0, tensor({1, 1}), ones({2, 3}));
  BOOST_TEST(same_bits(a, tensor({{0.0, 0.0, 4.0}, {3.0, 2.0, 6.0}})));
  a.index_copy_(0, tensor({0}), a.slice(0, 1, 2)).scatter_add_(0, tensor({{1, 0, 0}}), ones({1, 3}));
  BOOST_TEST(same_bits(a, tensor({{3.0, 3.0, 7.0}, {4.0, 2.0, 6.0}})));
  Tensor leaf = zeros({2}, {.requires_grad = true});
  require_throws<AutogradError>([&] { leaf.scatter_(0, tensor({0}), 1); }, "leaf");
  require_throws<IndexError>([&] { a.scatter_(0, tensor({{5}}), 1); }, "5");
  BOOST_TEST(same_bits(a, tensor({{3.0, 3.0, 7.0}, {4.0, 2.0, 6.0}})));
}

BOOST_AUTO_TEST_CASE(a_tensor_may_index_itself) {
  Tensor a = tensor({2, 0, 1});
  a.index_put_({a}, a);
  BOOST_TEST(same_bits(a, tensor({0, 1, 2})));
  Tensor m = tensor({true, false, true});
  m.index_put_({m}, false);
  BOOST_TEST(same_bits(m, tensor({false, false, false})));
}

BOOST_AUTO_TEST_CASE(the_last_write_counts) {
  Tensor v = tensor({1.0, 2.0, 3.0}, {.requires_grad = true});
  const Tensor out = index_put(zeros({2}), {tensor({1, 1, 0})}, v);
  BOOST_TEST(same_bits(out.detach(), tensor({3.0, 2.0})));
  out.sum().backward();
  BOOST_TEST(same_bits(v.grad(), tensor({0.0, 1.0, 1.0})));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
