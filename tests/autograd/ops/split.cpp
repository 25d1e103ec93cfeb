// Ops with several results: one sample uses all of them, another only some.
#include "refusals.h"

namespace descent::testing {

std::vector<Row> split_rows();

namespace {

using Type = Refusal::Type;

/// Only the pieces with an odd number take part.
template <class F>
auto odd_ones(F f) {
  return [f](const Tensor& a) {
    const List all = f(a);
    List some;
    for (std::size_t i = 1; i < all.size(); i += 2) some.push_back(all[i] * 2.0);
    return some;
  };
}

Row split_row() {
  const auto f = [](int64_t size, int64_t dim) { return [=](const Tensor& a) { return split(a, size, dim); }; };
  const auto by = [](std::vector<int64_t> sizes, int64_t dim) {
    return [=](const Tensor& a) { return split(a, sizes, dim); };
  };
  Row row{"split", {}, {undefined_input(f(1, 0))}, sample(f(7001, 1), {real({3, 40001})}), {.scalar = false}};
  row.samples = {sample(f(2, 0), {real({5, 2})}),          sample(f(3, -1), {real({2, 3})}),
                 sample(f(100, 0), {real({3})}),           sample(odd_ones(f(1, 1)), {real({2, 4})}),
                 sample(f(2, 0), {real({0, 3})}),          sample(f(0, 0), {real({0, 3})}),
                 sample(by({1, 0, 3}, 1), {real({2, 4})}), sample(odd_ones(by({1, 2, 1}, 0)), {real({4, 2})}),
                 sample(by({3}, -1), {real({2, 3})})};
  row.refusals.push_back(one(Type::Argument, "split: ", {2, 3}, f(0, 0)));
  row.refusals.push_back(one(Type::Argument, "-1", {2, 3}, f(-1, 0)));
  row.refusals.push_back(one(Type::Index, "split: ", {2, 3}, f(1, 2)));
  row.refusals.push_back(one(Type::Index, "0-dim", {}, f(1, 0)));
  row.refusals.push_back(one(Type::Shape, "[1, 1]", {2, 3}, by({1, 1}, 1)));
  row.refusals.push_back(one(Type::Shape, "split: ", {2, 3}, by({4, -1}, 1)));
  return row;
}

Row chunk_row() {
  const auto f = [](int64_t n, int64_t dim) { return [=](const Tensor& a) { return chunk(a, n, dim); }; };
  Row row{"chunk", {}, {undefined_input(f(1, 0))}, sample(f(4, 1), {real({3, 40001})}), {.scalar = false}};
  row.samples = {sample(f(2, 0), {real({5, 2})}), sample(f(4, 1), {real({2, 6})}),
                 sample(f(7, 0), {real({3})}),    sample(f(1, -1), {real({2, 3})}),
                 sample(f(3, 0), {real({0, 2})}), sample(odd_ones(f(3, 0)), {real({3, 2})})};
  row.refusals.push_back(one(Type::Argument, "chunk: ", {2, 3}, f(0, 0)));
  row.refusals.push_back(one(Type::Index, "chunk: ", {2, 3}, f(1, -3)));
  return row;
}

Row unbind_row() {
  const auto f = [](int64_t dim) { return [=](const Tensor& a) { return unbind(a, dim); }; };
  Row row{"unbind", {}, {undefined_input(f(0))}, sample(f(0), {real({3, 40001})}), {.scalar = false}};
  row.samples = {sample(f(0), {real({3, 2})}), sample(f(-1), {real({2, 3})}), sample(f(1), {real({2, 2, 2})}),
                 sample(f(0), {real({3})}),    sample(f(1), {real({0, 2})}),  sample(odd_ones(f(0)), {real({4, 2})})};
  row.refusals.push_back(one(Type::Index, "unbind: ", {2, 3}, f(2)));
  row.refusals.push_back(one(Type::Index, "0-dim", {}, f(0)));
  return row;
}

Row meshgrid_row() {
  const auto f = [](const char* indexing) {
    return [indexing](const List& in) { return stack(meshgrid(in, {.indexing = indexing})); };
  };
  Row row{"meshgrid", {}, {undefined_input(f("ij"), 2)}, sample(f("xy"), {real({301}), real({400})})};
  row.samples = {sample(f("ij"), {real({3}), real({2})}), sample(f("xy"), {real({3}), real({2}), real({2})}),
                 sample(f("xy"), {real({3})}), sample(f("ij"), {real({}), real({2})}),
                 sample(f("ij"), {real({0}), real({2})})};
  row.refusals.push_back(refuses(Type::Argument, "meshgrid: ", f("ij"), [] { return List{}; }));
  row.refusals.push_back(refuses(Type::Argument, "indexing", f("yx"), [] { return List{ones({2})}; }));
  row.refusals.push_back(shapes("[2, 2]", {2}, {2, 2}, [](const List& in) { return meshgrid(in); }));
  row.refusals.push_back(refuses(Type::DType, "meshgrid: ", f("ij"), [] { return List{ones({2}), tensor({1, 2})}; }));
  return row;
}

}  // namespace

std::vector<Row> split_rows() { return {split_row(), chunk_row(), unbind_row(), meshgrid_row()}; }

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(splitting)

BOOST_AUTO_TEST_CASE(more_pieces_than_a_node_counts) {
  const Tensor a = zeros({70000}, {.requires_grad = true});
  const List pieces = a.unbind();
  BOOST_TEST(pieces.size() == 70000u);
  (pieces[69999] * 3.0).backward();
  BOOST_TEST(a.grad().sum().item<double>() == 3);
  BOOST_TEST(a.grad()[69999].item<double>() == 3);
}

BOOST_AUTO_TEST_CASE(pieces_are_views) {
  const Tensor a = zeros({4, 3});
  for (const Tensor& one : {a.split(2)[1], a.chunk(2)[1], a.unbind(1)[2], a.split({1, 3})[1], a.unfold(0, 2, 2)}) {
    BOOST_TEST(one.data<float>() >= a.data<float>());
    BOOST_TEST(one.data<float>() < a.data<float>() + 12);
  }
  BOOST_TEST(ones({0, 3}).unbind().empty());
  BOOST_TEST(a.chunk(3).size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent::testing
